"""ARC002: an archive without members."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.tar import AnomalyKind
from checker_archive._outer import folder_reason, is_read_to_end


class EmptyArchive(Check):
    """The archive has no members at all.

    What it means:
        The file has no bytes, or nothing but zeros, or it is a compressed stream of such.

    Why it matters:
        Every engine refuses to load it, but `docker import` and `podman import` take it without a
        word and make an image with nothing in it. It is what a failed `docker save > file` leaves.

    How to fix it:
        Look at the exit code and the error output of the command that wrote the file, and write it
        again. With a pipe, `set -o pipefail` shows such failures.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": an archive ends with two blocks of zeros
        - Docker, daemon/images/image_import.go: an import does not look at the content
    """

    id = "ARC002"
    name = "empty-archive"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder without files is not opened in the first place."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for anything at all."""
        tar = archive.tar
        odd = any(anomaly.kind is not AnomalyKind.MISSING_END for anomaly in tar.anomalies)
        if len(tar.entries) or odd or not is_read_to_end(archive):
            return
        yield self.finding(archive, f"the archive has no members: {_why(archive)}")


def _why(archive: Archive) -> str:
    if not archive.size:
        return "the file has 0 bytes"
    zeros = f"{archive.tar.size} bytes, all of them zero"
    if archive.compression.kind is CompressionKind.NONE:
        return f"the file has {zeros}"
    holds = zeros if archive.tar.size else "nothing"
    return f"its {archive.compression.kind} stream of {archive.size} bytes holds {holds}"
