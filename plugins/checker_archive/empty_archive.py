"""ARC002: an archive without members."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, CompressionKind, Finding, Severity
from checker_archive.outer_tar import TarCheck, is_read_to_end


class EmptyArchive(TarCheck):
    """The archive has no members.

    What it means:
        The file is empty, contains only zeros, or is a compressed stream of zeros.

    Why it matters:
        Every engine refuses to load it, but `docker import` and `podman import` accept it silently
        and create an image without any files. A failed `docker save > file` leaves such a file.

    How to fix it:
        Check the exit code and the error output of the command that wrote the file, and create the
        file again. In a pipeline, `set -o pipefail` reports such failures:

            set -o pipefail
            docker save app:1 | gzip > image.tar.gz

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": an archive ends with two blocks of zeros
        - Docker, daemon/images/image_import.go: an import does not examine the content
    """

    id = "ARC002"
    name = "empty-archive"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for any member or data."""
        tar = archive.tar
        odd = any(anomaly.kind is not AnomalyKind.MISSING_END for anomaly in tar.anomalies)
        if len(tar.entries) or odd or not is_read_to_end(archive):
            return
        yield self.finding(archive, f"the archive has no members: {_why(archive)}")


def _why(archive: Archive) -> str:
    if not archive.size:
        return "the file has 0 bytes"
    zeros = f"{archive.tar.size} bytes, all zero"
    if archive.compression.kind is CompressionKind.NONE:
        return f"the file has {zeros}"
    content = zeros if archive.tar.size else "nothing"
    return f"the {archive.compression.kind} stream of {archive.size} bytes contains {content}"
