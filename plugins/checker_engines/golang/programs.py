"""The errors of programs that Go programs run to decompress: ``unpigz`` and ``zstd``.

Docker, containerd and containers-storage pass gzip to ``unpigz`` if it is installed;
containers-storage passes zstd to ``zstd``. Sources: pigz 2.8 (get_header, infchk), zstd 1.5
(fileio.c).
"""

from __future__ import annotations

import zlib

from checker.model.compression import HEAD_SIZE, Compression, CompressionKind
from checker_engines.golang.zstd import window_size

_FIXED = 10
_HEADER_CRC, _EXTRA, _NAME, _COMMENT, _RESERVED = 2, 4, 8, 16, 0xE0
_ZSTD_WINDOW = 128 << 20
_ZSTD_FRAME = 4
_ZSTD_INPUT = "/*stdin*\\ : "
_MIB = 1 << 20


def unpigz_error(compression: Compression) -> str | None:
    """The words of ``unpigz`` after the name of its input; None if the data is valid.

    It ignores what follows the last member.
    """
    return unpigz_header_error(compression) or _unpigz_data_error(compression)


def unpigz_header_error(compression: Compression) -> str | None:
    """The same for a header after which it writes nothing."""
    if compression.kind is not CompressionKind.GZIP:
        return None
    head = compression.head
    end = _header_end(head)
    if end is None:
        return None if len(head) >= HEAD_SIZE else " unrecognized format"
    if head[3] & _RESERVED:
        return " unrecognized format"
    if head[3] & _HEADER_CRC:
        stated = int.from_bytes(head[end - 2 : end], "little")
        if stated != zlib.crc32(head[: end - 2]) & 0xFFFF:
            return " corrupt: header crc error"
    return None


def _header_end(head: bytes) -> int | None:
    """Where the header of a gzip member ends (RFC 1952, section 2.3); None if it goes on."""
    if len(head) < _FIXED:
        return None
    flags, at = head[3], _FIXED
    if flags & _EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            nul = head.find(b"\0", at)
            at = len(head) + 1 if nul < 0 else nul + 1
    at += 2 if flags & _HEADER_CRC else 0
    return at if at <= len(head) else None


def _unpigz_data_error(compression: Compression) -> str | None:
    error = compression.error
    if error is None:
        return None
    return f": corrupted -- {_fault(compression, error)}"


def _fault(compression: Compression, error: str) -> str:
    if compression.trailer_size is not None:
        return "missing trailer"
    if compression.truncated:
        return "incomplete deflate data"
    if "checksum" in error:
        return "crc32 mismatch"
    return "length mismatch" if "length" in error else "invalid deflate data"


def zstd_error(compression: Compression, size: int) -> str | None:
    """What ``zstd`` prints for data of a size in bytes; None if it is valid."""
    window = window_size(compression.head)
    if window is not None and window > _ZSTD_WINDOW:
        lines = (
            "Decoding error (36) : Frame requires too much memory for decoding ",
            f"Window size larger than maximum : {window} > {_ZSTD_WINDOW} ",
            f"Use --long={window.bit_length() - 1} or --memory={window // _MIB}MB ",
        )
        return "\n".join(_ZSTD_INPUT + line for line in lines)
    if compression.truncated:
        return f"{_ZSTD_INPUT}Read error (39) : premature end "
    if compression.error is not None:
        return f"{_ZSTD_INPUT}Decoding error (36) : {_zstd_words(compression.error)} "
    if compression.trailing is None:
        return None
    is_short = size - compression.trailing < _ZSTD_FRAME
    found = "unknown header" if is_short else "unsupported format"
    return f"zstd: /*stdin*\\: {found} "


def _zstd_words(error: str) -> str:
    if "checksum" in error:
        return "Restored data doesn't match checksum"
    return error.rpartition(": ")[2]
