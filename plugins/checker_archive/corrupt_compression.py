"""ARC007: an archive whose compressed stream is corrupt."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker_archive._outer import is_cut_by_limit


class CorruptCompression(Check):
    """The compressed stream is corrupt.

    What it means:
        The file begins like a gzip, bzip2, xz or zstd stream, but the decompressor gave up, or the
        checksum at the end of the stream is not that of the data. The message has its words.

    Why it matters:
        What cannot be inflated is lost. Engines differ: a wrong checksum at the very end goes
        unnoticed by some versions of Docker, while Podman and skopeo refuse the archive.

    How to fix it:
        Fetch or write the file again. Tools that convert line endings or character sets on the way
        (FTP in ASCII mode, PowerShell's `>`) destroy compressed files.

    References:
        - RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2
        - Docker, pkg/archive, DecompressStream; containers/image, pkg/compression
    """

    id = "ARC007"
    name = "corrupt-compression"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at what the decompressor said."""
        compression = archive.compression
        if compression.error is None or compression.truncated or is_cut_by_limit(archive):
            return
        given = compression.error_offset
        if archive.tar.size:
            came = f"{archive.tar.size} bytes came out of it before"
        else:
            came = "nothing can be inflated"
        yield self.finding(
            archive,
            f"the {compression.kind} stream is corrupt somewhere in its first {given} of "
            f"{archive.size} bytes: {compression.error}; {came}",
            at={"offset": given},
        )
