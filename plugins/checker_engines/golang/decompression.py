"""The errors of the decompressors of Docker and containerd (package compression of both).

Both pass gzip to ``unpigz`` if it is installed, and Docker passes xz to ``xz``; for other
compressions they use Go packages.
"""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind, Part

PROGRAM = "exit status 1: "
"""What the error of a program that is run begins with."""
_UNPIGZ = f"{PROGRAM}unpigz: skipping: <stdin>"
_UNRECOGNIZED = " unrecognized format"
_XZ = f"{PROGRAM}xz: (stdin): "
_BZIP2_MAGIC = 2
"""Bytes that are read to see whether another bzip2 stream follows."""
_XZ_HEADER = 12
_XZ_WORD = 4
_LARGEST_WINDOW = 1 << 29
"""Bytes of the largest window that klauspost/compress accepts (zstd, framedec.go)."""
_TRAILING = {
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value in continuation file",
    CompressionKind.ZSTD: "invalid input: magic number mismatch",
}


def refused_header(compression: Compression) -> str | None:
    """The error of a decompressor that refuses the stream before it decompresses anything.

    ``unpigz`` refuses reserved flags (pigz.c, get_header), and klauspost/compress large windows.
    """
    if compression.kind is CompressionKind.GZIP and compression.reserved_flags:
        return _UNPIGZ + _UNRECOGNIZED
    if compression.kind is CompressionKind.ZSTD and compression.window > _LARGEST_WINDOW:
        return "window size exceeded"
    return None


def decompression_error(compression: Compression) -> str | None:
    """The decompressor's error: of ``unpigz`` or ``xz`` on the host, else of Go's package."""
    refused = refused_header(compression)
    error = compression.error
    if refused is not None or error is None:
        return refused
    if compression.kind is CompressionKind.GZIP:
        words = unpigz_words(compression)
        return None if words is None else _UNPIGZ + words
    if compression.kind is CompressionKind.XZ:
        cut = compression.truncated
        return _XZ + ("Unexpected end of input" if cut else "Compressed data is corrupt")
    if compression.truncated:
        return "unexpected EOF"
    if compression.kind is CompressionKind.ZSTD and "checksum" in error:
        return "CRC check failed"
    if compression.kind is CompressionKind.BZIP2:
        # Nearly always: a changed bit seldom makes the coding itself invalid.
        return "bzip2 data invalid: block checksum mismatch"
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
    if compression.kind is CompressionKind.BZIP2 and size - compression.trailing < _BZIP2_MAGIC:
        return "unexpected EOF"
    return _TRAILING.get(compression.kind)


def _trailing_xz_error(compression: Compression, length: int) -> str | None:
    if compression.trailing_zeros:
        return f"{_XZ}Compressed data is corrupt" if length % _XZ_WORD else None
    is_cut = length < _XZ_HEADER
    return _XZ + ("Unexpected end of input" if is_cut else "Compressed data is corrupt")


def unpigz_words(compression: Compression) -> str | None:
    """What ``unpigz`` prints after the name of its input; None if it exits 0.

    It ignores a later member with an invalid header.
    """
    error = compression.error
    if compression.reserved_flags:
        return _UNRECOGNIZED
    if error is None:
        return None
    match compression.part:
        case Part.HEADER:
            if compression.streams > 1:
                return None
            return " corrupt: header crc error" if "checksum" in error else _UNRECOGNIZED
        case Part.TRAILER:
            if compression.truncated:
                return ": corrupted -- missing trailer"
            return f": corrupted -- {'length' if 'length' in error else 'crc32'} mismatch"
    cut = compression.truncated
    return f": corrupted -- {'incomplete' if cut else 'invalid'} deflate data"
