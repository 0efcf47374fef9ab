"""The errors of the decompressors of Docker and containerd (package compression of both).

Both pass gzip to ``unpigz`` if it is installed, and Docker passes xz to ``xz``; for other
compressions they use Go packages.
"""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind

_UNPIGZ = "exit status 1: unpigz: skipping: <stdin>: corrupted -- "
_XZ = "exit status 1: xz: (stdin): "
_XZ_HEADER = 12
_XZ_WORD = 4
_TRAILING = {
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.ZSTD: "invalid input: magic number mismatch",
}


def decompression_error(compression: Compression) -> str | None:
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


def trailing_error(compression: Compression, size: int) -> str | None:
    """The decompressor's error for what follows the last stream, which it reads as another one.

    ``unpigz`` ignores what is not gzip, and ``xz`` ignores whole words of zeros.

    Args:
        compression: How the data is compressed.
        size: Bytes of it as stored.
    """
    if compression.trailing is None:
        return None
    if compression.kind is CompressionKind.XZ:
        return _trailing_xz_error(compression, size - compression.trailing)
    return _TRAILING.get(compression.kind)


def _trailing_xz_error(compression: Compression, length: int) -> str | None:
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
