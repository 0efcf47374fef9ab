"""A stream that an engine unpacks: the whole archive, or a layer."""

from __future__ import annotations

from typing import NamedTuple

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Entries
from checker.model.tar import Tar
from checker_engines.golang.tar import stop_of, stop_of_other

_UNPIGZ = "exit status 1: unpigz: skipping: <stdin>: corrupted -- "
_XZ = "exit status 1: xz: (stdin): "
_XZ_HEADER = 12
_XZ_WORD = 4
_BEHIND = {
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.ZSTD: "invalid input: magic number mismatch",
}


class Stream(NamedTuple):
    """A stream.

    Attributes:
        name: Its name in messages.
        size: Bytes as stored.
        compression: How it is compressed.
        tar: Its entries; None for a JSON document.
        diff_id: Digest of the uncompressed bytes; None if they were not all read.
    """

    name: str
    size: int
    compression: Compression
    tar: Tar | None
    diff_id: str | None

    @property
    def entries(self) -> Entries:
        """Its entries, as far as it is a tar."""
        return Entries() if self.tar is None else self.tar.entries

    @property
    def stop(self) -> str | None:
        """Go's error that ends its reading as a tar, if any."""
        return stop_of_other(self.size) if self.tar is None else stop_of(self.tar)

    @property
    def is_ended(self) -> bool:
        """Whether it has an end marker, after which no extractor needs to read."""
        return self.tar is not None and self.tar.end is not None

    @property
    def damage(self) -> str | None:
        """The error of Docker's decompressor, if it is damaged or does not end correctly."""
        return damage_of(self.compression) or error_behind(self.compression, self.size)


def stream_of_archive(archive: Archive) -> Stream:
    """The whole archive."""
    return Stream("the archive", archive.size, archive.compression, archive.tar, None)


def stream_of_blob(blob: Blob) -> Stream:
    """A member."""
    diff_id = (blob.diff_id or blob.digest) if blob.whole else None
    return Stream(blob.path, blob.size, blob.compression, blob.tar, diff_id)


def as_stored(content: Stream) -> Stream:
    """The stream for an engine that does not know its compression and reads it as a tar."""
    return Stream(content.name, content.size, Compression(CompressionKind.NONE), None, None)


def damage_of(compression: Compression) -> str | None:
    """The decompressor's error: of ``unpigz`` or ``xz`` on the host, else of Go's package."""
    error = compression.error
    if error is None:
        return None
    if compression.kind is CompressionKind.GZIP:
        return _UNPIGZ + _gzip_words(error, truncated=compression.truncated)
    if compression.kind is CompressionKind.XZ:
        cut = compression.truncated
        return _XZ + ("Unexpected end of input" if cut else "Compressed data is corrupt")
    if compression.truncated:
        return "unexpected EOF"
    return f"{compression.kind} data invalid: {error}"


def error_behind(compression: Compression, size: int) -> str | None:
    """The decompressor's error for what follows the last stream, which it reads as another one.

    ``unpigz`` ignores what is not gzip, and ``xz`` ignores whole words of zeros.

    Args:
        compression: How the data is compressed.
        size: Bytes of it as stored.
    """
    if compression.trailing is None:
        return None
    if compression.kind is CompressionKind.XZ:
        return _error_behind_xz(compression, size - compression.trailing)
    return _BEHIND.get(compression.kind)


def _error_behind_xz(compression: Compression, length: int) -> str | None:
    if compression.trailing_zeros:
        return f"{_XZ}Compressed data is corrupt" if length % _XZ_WORD else None
    is_cut = length < _XZ_HEADER
    return _XZ + ("Unexpected end of input" if is_cut else "Compressed data is corrupt")


def _gzip_words(error: str, *, truncated: bool) -> str:
    if truncated:
        return "incomplete deflate data"
    if "checksum" in error:
        return "crc32 mismatch"
    if "length" in error:
        return "length mismatch"
    return "invalid deflate data"
