"""Zstandard as Go decompresses it (github.com/klauspost/compress/zstd)."""

from __future__ import annotations

from checker.model.compression import Compression, CompressionKind

_MAGIC = b"\x28\xb5\x2f\xfd"
_LARGEST_WINDOW = 1 << 29
_SINGLE_SEGMENT = 0x20
_DICTIONARY_SIZES = (0, 1, 2, 4)
_CONTENT_SIZES = (1, 2, 4, 8)
_SMALLEST_LOG = 10


def zstd_window_error(compression: Compression) -> str | None:
    """The error for a frame whose window is too large (MaxWindowSize); it writes nothing."""
    if compression.kind is not CompressionKind.ZSTD:
        return None
    window = window_size(compression.head)
    return "window size exceeded" if window is not None and window > _LARGEST_WINDOW else None


def zstd_data_error(error: str) -> str:
    """The error for corrupt data, given that of the C library."""
    if "checksum" in error:
        return "CRC check failed"
    return "invalid input: magic number mismatch" if "frame" in error else "corrupted block"


def window_size(head: bytes) -> int | None:
    """The window in bytes that a frame header states (RFC 8878, section 3.1.1.1); None if cut."""
    if not head.startswith(_MAGIC) or len(head) < len(_MAGIC) + 2:
        return None
    descriptor = head[len(_MAGIC)]
    at = len(_MAGIC) + 1
    if not descriptor & _SINGLE_SEGMENT:
        base = 1 << (_SMALLEST_LOG + (head[at] >> 3))
        return base + base // 8 * (head[at] & 7)
    at += _DICTIONARY_SIZES[descriptor & 3]
    size = _CONTENT_SIZES[descriptor >> 6]
    stated = int.from_bytes(head[at : at + size], "little")
    # A size of two bytes is stored less 256.
    return stated + 256 if size == 2 else stated
