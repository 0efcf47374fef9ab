"""ARC002: an archive without members."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, CompressionKind, Finding, Severity
from checker_archive.outer_tar import TarCheck, has_no_members, is_read_to_end


class EmptyArchive(TarCheck):
    """The archive has no members.

    What it means:
        The file is empty, contains only zeros, or only extension headers without a member that they
        extend; or it is a compressed stream of this.

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
        if has_no_members(archive.tar) and is_read_to_end(archive):
            yield self.finding(archive, f"the archive has no members: {_why(archive)}")


def _why(archive: Archive) -> str:
    if not archive.size:
        return "the file has 0 bytes"
    tar = archive.tar
    only_zeros = not len(tar.entries) and not tar.of_kind(AnomalyKind.DANGLING_EXTENSION)
    what = "all zero" if only_zeros else "extension headers without a member"
    zeros = f"{tar.size} bytes, {what}"
    if archive.compression.kind is CompressionKind.NONE:
        return f"the file has {zeros}"
    content = zeros if archive.tar.size else "nothing"
    return f"the {archive.compression.kind} stream of {archive.size} bytes contains {content}"
