"""ARC007: an archive whose compressed stream is corrupt."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker_archive.outer_tar import is_cut_by_limit


class CorruptCompression(Check):
    """The compressed stream is corrupt.

    What it means:
        The file begins with the signature of a gzip, bzip2, xz or zstd stream, but decompression
        fails, or the checksum at the end of the stream does not match the data. The message quotes
        the decompressor's error.

    Why it matters:
        Data that cannot be decompressed is lost. Engines differ: some versions of Docker do not
        notice a wrong checksum at the very end, while Podman and skopeo reject the archive.

    How to fix it:
        Download or create the file again. Tools that convert line endings or character sets (FTP in
        ASCII mode, the `>` operator of PowerShell) corrupt compressed files.

    References:
        - RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2
        - Docker, pkg/archive, DecompressStream; containers/image, pkg/compression
    """

    id = "ARC007"
    name = "corrupt-compression"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the decompressor's error."""
        compression = archive.compression
        if compression.error is None or compression.truncated or is_cut_by_limit(archive):
            return
        read = compression.error_offset
        if archive.tar.size:
            result = f"{archive.tar.size} bytes were decompressed before the error"
        else:
            result = "nothing can be decompressed"
        yield self.finding(
            archive,
            f"the {compression.kind} stream is corrupt within the first {read} of "
            f"{archive.size} bytes: {compression.error}; {result}",
            at={"offset": read},
        )
