"""ARC001: a file that is not a tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, CompressionKind, Finding, Severity
from checker.checks.lookalike import looks_like
from checker_archive.outer_tar import TarCheck, is_read_to_end

_BLOCK = 512


class NotATar(TarCheck):
    """The file is neither a tar nor a compressed tar.

    What it means:
        A container archive is a tar, uncompressed or compressed with gzip, bzip2, xz or zstd. Here
        the first 512 bytes, after decompression, are not a tar header. The message names the format
        that the bytes resemble, if their signature is known.

    Why it matters:
        All engines reject the file. Often it is not the intended file: the error page of a server
        that was saved as a download, a zip file that contains the archive, a Git LFS pointer.

    How to fix it:
        Check the format that the message names, and download, unpack or create the archive again.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format"
        - Go archive/tar, reader.go, Next: "invalid tar header"
    """

    id = "ARC001"
    name = "not-a-tar"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the first header."""
        if archive.inside is not None:
            # An archive that is compressed twice is reported by another rule.
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.NOT_A_TAR):
            if archive.tar.size < _BLOCK and not is_read_to_end(archive):
                # The decompressor failed before the end of the first header.
                return
            yield self.finding(
                archive,
                f"{_what(archive)}: {anomaly.detail}{_resemblance(archive)}",
                at={"offset": anomaly.offset},
            )


def _what(archive: Archive) -> str:
    kind = archive.compression.kind
    if kind is CompressionKind.NONE:
        return "the file is not a tar, nor compressed in a format that engines support"
    return f"the content of the {kind} stream is not a tar"


def _resemblance(archive: Archive) -> str:
    words = looks_like(archive.tar.head)
    return f"; it looks like {words}" if words else ""
