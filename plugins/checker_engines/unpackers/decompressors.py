"""What gzip, bzip2, xz and zstd print of damaged data that they are given on standard input.

Sources: gzip 1.12, inflate.c and gzip.c; bzip2 1.0.8, bzip2.c; xz 5.4, coder.c; zstd 1.5, fileio.c.
"""

from __future__ import annotations

import re
import zlib

from checker.model.compression import Compression, CompressionKind
from checker_engines.golang.decompression import PROGRAM, decompression_error, trailing_error
from checker_engines.golang.zstd_program import zstd_error

_GZIP = "gzip: stdin"
TRAILING_GARBAGE = f"{_GZIP}: decompression OK, trailing garbage ignored"
_CRC = re.compile(r"checksum")
_RESERVED = 0xE0
_FLAGS, _HEADER_CRC = 3, 2
_BZIP2_ADVICE = """\
\tInput file = (stdin), output file = (stdout)

It is possible that the compressed file(s) have become corrupted.
You can use the -tvv option to test integrity of such files.

You can use the `bzip2recover' program to attempt to recover
data from undamaged sections of corrupted files.
"""
_BZIP2_CUT = """\
bzip2: Compressed file ends unexpectedly;
\tperhaps it is corrupted?  *Possible* reason follows.
bzip2: Inappropriate ioctl for device
"""
_BZIP2_CORRUPT = """\
bzip2: Data integrity error when decompressing.
"""


def program_error(compression: Compression, size: int) -> str | None:
    """What the program prints before it exits with a failure; None if it exits 0.

    Args:
        compression: How the data is compressed.
        size: Bytes of it as stored.
    """
    match compression.kind:
        case CompressionKind.GZIP:
            return _gzip(compression)
        case CompressionKind.BZIP2:
            return _bzip2(compression)
        case CompressionKind.ZSTD:
            return zstd_error(compression, size)
        case CompressionKind.XZ:
            error = decompression_error(compression) or trailing_error(compression, size)
            return None if error is None else error.removeprefix(PROGRAM)
        case CompressionKind.NONE:
            return None


def _gzip(compression: Compression) -> str | None:
    error = compression.error
    if compression.reserved_flags:
        flags = compression.head[_FLAGS] & _RESERVED if len(compression.head) > _FLAGS else 0
        return f"{_GZIP} has flags {flags:#x} -- not supported"
    if compression.truncated:
        return f"{_GZIP}: unexpected end of file"
    if error is None:
        is_garbage = compression.trailing is not None and not compression.trailing_zeros
        return TRAILING_GARBAGE if is_garbage else None
    if "header" in error:
        return _header_checksum(compression.head)
    if "length" in error:
        return f"{_GZIP}: invalid compressed data--length error"
    kind = "crc error" if _CRC.search(error) else "format violated"
    return f"{_GZIP}: invalid compressed data--{kind}"


def _header_checksum(head: bytes) -> str:
    stated, at = 0, 10
    for flag in (8, 16):
        if len(head) > _FLAGS and head[_FLAGS] & flag:
            at = head.find(b"\0", at) + 1
    stated = int.from_bytes(head[at : at + _HEADER_CRC], "little")
    computed = zlib.crc32(head[:at]) & 0xFFFF
    return f"{_GZIP}: header checksum {stated:#06x} != computed checksum {computed:#06x}"


def _bzip2(compression: Compression) -> str | None:
    if compression.truncated:
        return _BZIP2_CUT + _BZIP2_ADVICE
    return None if compression.error is None else f"\n{_BZIP2_CORRUPT}{_BZIP2_ADVICE}"
