"""Numbers in the headers of a tar, as libarchive reads them (tar_atol and its like)."""

from __future__ import annotations

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
_BITS = 64


def header_number(field: bytes) -> int:
    """A field of a header: octal, or base-256 if its first bit is set."""
    if field[:1] >= b"\x80":
        return _base_256(field)
    return _in_base(field, 8)


def decimal(text: bytes) -> int:
    """A decimal number in a record, whatever follows it."""
    return _in_base(text, 10)


def is_number_field(field: bytes) -> bool:
    """Whether a field is octal digits between blanks and NULs (validate_number_field)."""
    if field[:1] in {b"\x80", b"\xff", b"\0"}:
        return True
    rest = field.lstrip(b" ")
    digits = len(rest) - len(rest.lstrip(b"01234567"))
    return not rest[digits:].strip(b" \0")


def _in_base(text: bytes, base: int) -> int:
    text = text.lstrip(b" \t")
    is_negative = text[:1] == b"-"
    most = INT64_MIN if is_negative else INT64_MAX
    # The last digit of the largest number is not taken.
    limit, last = divmod(-most if is_negative else most, base)
    number = 0
    for character in text[is_negative:]:
        digit = character - 48
        if not 0 <= digit < base:
            break
        if number > limit or (number == limit and digit >= last):
            return most
        number = number * base + digit
    return -number if is_negative else number


def _base_256(field: bytes) -> int:
    is_negative = bool(field[0] & 0x40)
    first = field[0] | 0x80 if is_negative else field[0] & 0x7F
    number = int.from_bytes(bytes((first,)) + field[1:], "big", signed=is_negative)
    if INT64_MIN <= number <= INT64_MAX:
        return number
    return INT64_MIN if is_negative else INT64_MAX
