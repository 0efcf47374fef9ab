"""The errors of the decompressors of Docker and containerd (package compression of both).

Both pass gzip to ``unpigz`` if it is installed, and Docker passes xz to ``xz``; for other
compressions they use Go packages.
"""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind
from checker_engines.golang.programs import unpigz_error, unpigz_header_error
from checker_engines.golang.tar import UNEXPECTED_EOF
from checker_engines.golang.zstd import zstd_data_error, zstd_window_error

_UNPIGZ = "exit status 1: unpigz: skipping: <stdin>"
_XZ = "exit status 1: xz: (stdin): "
_XZ_HEADER = 12
_XZ_WORD = 4
_TRAILING = {
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.ZSTD: "invalid input: magic number mismatch",
}


def opening_error(compression: Compression) -> str | None:
    """The decompressor's error before it has written anything, from the header alone."""
    words = unpigz_header_error(compression)
    return zstd_window_error(compression) if words is None else _UNPIGZ + words


def decompression_error(compression: Compression) -> str | None:
    """The decompressor's error: of ``unpigz`` or ``xz`` on the host, else of Go's package."""
    error = opening_error(compression)
    if error is not None or compression.error is None:
        return error
    if compression.kind is CompressionKind.GZIP:
        return _UNPIGZ + (unpigz_error(compression) or "")
    if compression.kind is CompressionKind.XZ:
        cut = compression.truncated
        return _XZ + ("Unexpected end of input" if cut else "Compressed data is corrupt")
    if compression.truncated:
        return UNEXPECTED_EOF
    if compression.kind is CompressionKind.ZSTD:
        return zstd_data_error(compression.error)
    return f"{compression.kind} data invalid: {compression.error}"


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
