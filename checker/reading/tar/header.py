"""The header block of a tar: where its fields stand, how its numbers and its checksum are read."""

from __future__ import annotations

import struct

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
# name mode+uid+gid size mtime chksum typeflag linkname magic version (owners) major+minor prefix
HEADER = struct.Struct("100s24s12s12s8sB100s6s2s64x16s155s12x")
MAGIC = b"ustar\x00"
GNU_MAGIC, GNU_VERSION = b"ustar ", b" \x00"
STAR_TRAILER = b"tar\x00"
STAR_PREFIX = 131
NUMBER_FIELDS = (
    ("mode", 100, 108),
    ("uid", 108, 116),
    ("gid", 116, 124),
    ("size", 124, 136),
    ("mtime", 136, 148),
    ("device major", 329, 337),
    ("device minor", 337, 345),
)
INT64_MAX = (1 << 63) - 1
_MEMO_SIZE = 1 << 15


def parse_number(field: bytes) -> int | None:
    """Read a numeric field: octal or base-256; None if it is neither.

    As Go's archive/tar does it (strconv.go, parseNumeric and parseOctal).
    """
    if field[:1] >= b"\x80":
        negative = bool(field[0] & 0x40)
        first = field[0] if negative else field[0] & 0x7F
        value = int.from_bytes(bytes([first]) + field[1:], "big", signed=negative)
        return value if -INT64_MAX - 1 <= value <= INT64_MAX else None
    return parse_octal(field)


def parse_octal(field: bytes) -> int | None:
    """Read octal digits with spaces and NULs around; 0 if there are none, None if it is not octal.

    The checksum has this form alone (Go's archive/tar, format.go, getFormat).
    """
    digits = field.strip(b" \0").partition(b"\0")[0]
    if not digits:
        return 0
    # int() alone would take a sign, underscores and blanks.
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        return None
    return int(digits, 8)


def header_sums(block: bytes) -> tuple[int, int]:
    """Unsigned and signed sum of a header, its checksum field taken as spaces."""
    blanked = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(blanked)
    return unsigned, unsigned - 256 * sum(byte > 127 for byte in blanked)


def looks_like_header(block: bytes) -> bool:
    """Whether these 512 bytes are a tar header with a right checksum."""
    if len(block) < BLOCK or block == ZERO_BLOCK:
        return False
    return parse_octal(block[148:156]) in header_sums(block)


class Numbers(dict[bytes, int | None]):
    """Numeric fields seen so far: the same few sizes and times come again and again."""

    def __missing__(self, field: bytes) -> int | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        value = self[field] = parse_number(field)
        return value


class Rows(dict[bytes, tuple[int, ...] | None]):
    """Rows of numeric fields of 8 bytes seen so far, None with a malformed one among them."""

    def __missing__(self, row: bytes) -> tuple[int, ...] | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        numbers = [parse_number(row[start : start + 8]) for start in range(0, len(row), 8)]
        known = tuple(number for number in numbers if number is not None)
        value = self[row] = known if len(known) == len(numbers) else None
        return value


class Sums(dict[bytes, int]):
    """Checksum field -> the sum of all 512 bytes of its header; -1 if it is not a number."""

    def __missing__(self, field: bytes) -> int:
        if len(self) > _MEMO_SIZE:
            self.clear()
        number = parse_octal(field)
        # The checksum counts its own bytes as spaces; here they are added as they stand.
        value = self[field] = -1 if number is None else number - 8 * 32 + sum(field)
        return value
