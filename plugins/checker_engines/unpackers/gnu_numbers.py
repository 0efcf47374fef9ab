"""Numbers in the headers of a tar, as GNU tar reads them (1.34, list.c, from_header)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.records import NamedTuple
from checker_engines.unpackers.quoting import quoted

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
UINT64_MAX = 2**64 - 1
_BLANKS = b" \t\n\v\f\r"
_BASE_64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SIX_BITS, _EIGHT_BITS = 6, 8
_OBSOLETE = "Archive contains obsolescent base-64 headers"


class Range(NamedTuple):
    """What a type of C can have: from ``-lowest`` to ``highest``."""

    lowest: int
    highest: int


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "off_t": Range(0, INT64_MAX),
        "mode_t": Range(2**63, UINT64_MAX),
        "uid_t": Range(0, 2**32 - 1),
        "gid_t": Range(0, 2**32 - 1),
        "time_t": Range(2**63, INT64_MAX),
        "major_t": Range(2**31, 2**31 - 1),
        "minor_t": Range(2**31, 2**31 - 1),
    }
)


class Said(NamedTuple):
    """A line that is printed, and whether the program exits with a failure because of it."""

    line: str
    is_failure: bool = True


class _Wrong(Exception):  # noqa: N818 - what the program reports
    """It is not a number: the message."""


class Numbers:
    """Reads numbers.

    Attributes:
        said: What was reported since the list was emptied.
    """

    def __init__(self) -> None:
        self.said: list[Said] = []
        self._has_warned = False

    def read(self, field: bytes, kind: str) -> int | None:
        """A number of a type; None if it is wrong, which is reported."""
        try:
            return self._read(field, kind)
        except _Wrong as error:
            self.said.append(Said(str(error)))
            return None

    def _read(self, field: bytes, kind: str) -> int:
        lowest, highest = RANGES[kind]
        text = field.removeprefix(b"\0").lstrip(_BLANKS)
        if not text:
            raise _Wrong(f"Blanks in header where numeric {kind} value expected")
        if text[:1].isdigit() and text[0] < ord("8"):
            number, used = self._octal(text, kind, Range(lowest, highest))
        elif text[:1] in {b"-", b"+"}:
            number, used = self._base_64(text, field, kind)
        elif text[:1] in {b"\x80", b"\xff"}:
            number, used = _base_256(text, kind), len(text)
        else:
            number, used = 0, 0
        rest = text[used : used + 1]
        if rest and rest not in _BLANKS and rest != b"\0":
            shown = quoted(field.rstrip(b"\0").decode("utf-8", "surrogateescape"))
            raise _Wrong(f"Archive contains {shown} where numeric {kind} value expected")
        if not -lowest <= number <= highest:
            low = f"-{lowest}" if lowest else "0"
            raise _Wrong(f"Archive value {number} is out of {kind} range {low}..{highest}")
        return number

    def _octal(self, text: bytes, kind: str, bounds: Range) -> tuple[int, int]:
        digits = octal_digits(text)
        number = int(digits, 8)
        is_outside = number > UINT64_MAX
        if (is_outside or number > bounds.highest) and digits[0] >= ord("2"):
            # As two's complement, of which the first digit has the sign.
            inverted = number ^ (8 ** len(digits) - 1)
            inverted &= ~(4 << 3 * (len(digits) - 1))
            negative = inverted + 1
            is_outside = negative > UINT64_MAX
            if not is_outside and negative <= bounds.lowest:
                what = f"Archive octal value {digits.decode()} is out of {kind} range"
                self.said.append(Said(f"{what}; assuming two's complement", is_failure=False))
                return -negative, len(digits)
            number = negative
        if is_outside:
            raise _Wrong(f"Archive octal value {digits.decode()} is out of {kind} range")
        return number, len(digits)

    def _base_64(self, text: bytes, field: bytes, kind: str) -> tuple[int, int]:
        """A number in the form of GNU tar 1.13.6 to 1.13.11."""
        if not self._has_warned:
            self._has_warned = True
            self.said.append(Said(_OBSOLETE, is_failure=False))
        number, used = 0, 1
        for character in text[1:]:
            digit = _BASE_64.find(character)
            if digit < 0:
                break
            if number >> (64 - _SIX_BITS):
                shown = quoted(field.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
                raise _Wrong(f"Archive signed base-64 string {shown} is out of {kind} range")
            number = number << _SIX_BITS | digit
            used += 1
        return (-number if text[:1] == b"-" else number), used


def checksum_of(field: bytes) -> int | None:
    """The checksum in a header, octal only; None if it is not a number."""
    text = field.removeprefix(b"\0").lstrip(_BLANKS)
    if not text:
        return None
    digits = octal_digits(text)
    rest = text[len(digits) : len(digits) + 1]
    if rest and rest not in _BLANKS and rest != b"\0":
        return None
    return int(digits or b"0", 8)


def octal_digits(text: bytes) -> bytes:
    """The octal digits that a text begins with."""
    return text[: len(text) - len(text.lstrip(b"01234567"))]


def _base_256(text: bytes, kind: str) -> int:
    is_negative = text[0] == 0xFF
    number = int.from_bytes(bytes((0xFF if is_negative else 0,)) + text[1:], "big", signed=True)
    if not -(2**63) <= number <= UINT64_MAX:
        raise _Wrong(f"Archive base-256 value is out of {kind} range")
    return number
