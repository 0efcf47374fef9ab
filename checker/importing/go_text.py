"""Text and numbers as Go's standard library prints and parses them."""

from __future__ import annotations

import json
import re

from checker.model.untrusted import whole_number
from checker.patterns import pattern
from checker.records import NamedTuple

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What ``unicode.IsSpace`` is true of."""

_SHORT = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_FIRST_ESCAPED_BYTE = 0xDC00
_SHORT_LIMIT = 0x10000
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_LONGEST_DURATION = 1 << 63
_DURATION_PART = pattern(r"(?P<whole>[0-9]*)(?P<point>\.(?P<part>[0-9]*))?(?P<unit>[^0-9.]*)")
_INTEGER = pattern(r"(?P<sign>[+-]?)(?P<digits>[0-9]+)", re.ASCII)


class GoError(ValueError):
    """What Go refuses to parse; the text is its error."""


class _Part(NamedTuple):
    """One number and unit of a duration, in nanoseconds, and what follows it."""

    nanoseconds: int
    rest: str


def quote(text: str) -> str:
    """A string as the verb ``%q`` prints it (Go 1.24, strconv.Quote)."""
    return '"' + "".join(map(_escape, text)) + '"'


def is_utf8(name: str) -> bool:
    """Whether a name from an archive is UTF-8; other bytes are kept as lone surrogates."""
    return name.isascii() or not any("\udc80" <= character <= "\udcff" for character in name)


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    code = ord(character)
    if not is_utf8(character):
        return f"\\x{code - _FIRST_ESCAPED_BYTE:02x}"
    if code < ord(" ") or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _SHORT_LIMIT else f"\\U{code:08x}"


def parse_integer(text: str, function: str, bits: int) -> int:
    """A decimal number with a sign, as ``strconv`` parses it.

    Args:
        text: The number.
        function: The name of the function that errors show: ``ParseInt`` or ``Atoi``.
        bits: The size of the result.

    Raises:
        GoError: It is not a number, or does not fit.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise GoError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")
    size = whole_number(match["digits"])
    is_negative = match["sign"] == "-"
    if size is None or size >= (1 << (bits - 1)) + is_negative:
        raise GoError(f"strconv.{function}: parsing {quote(text)}: value out of range")
    return -size if is_negative else size


def parse_duration(text: str) -> int:
    """A duration such as ``1m30s`` (Go 1.24, time.ParseDuration).

    Returns:
        Nanoseconds.

    Raises:
        GoError: It is not a duration.
    """
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    if unsigned == "0":
        return 0
    if not unsigned:
        raise GoError(f"time: invalid duration {quote(text)}")
    total, rest = 0, unsigned
    while rest:
        part = _duration_part(rest, text)
        total, rest = total + part.nanoseconds, part.rest
        if total > _LONGEST_DURATION - (not text.startswith("-")):
            raise GoError(f"time: invalid duration {quote(text)}")
    return -total if text.startswith("-") else total


def _duration_part(rest: str, text: str) -> _Part:
    match = _DURATION_PART.match(rest)
    if match is None or not (match["whole"] or match["part"]):
        raise GoError(f"time: invalid duration {quote(text)}")
    unit = match["unit"]
    if not unit:
        raise GoError(f"time: missing unit in duration {quote(text)}")
    scale = _UNITS.get(unit)
    if scale is None:
        raise GoError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
    whole = whole_number(match["whole"] or "0")
    # More digits are less than a nanosecond of any unit.
    digits = (match["part"] or "")[:18]
    fraction = whole_number(digits or "0")
    if whole is None or fraction is None:
        raise GoError(f"time: invalid duration {quote(text)}")
    return _Part(whole * scale + fraction * scale // 10 ** len(digits), rest[match.end() :])


def format_duration(nanoseconds: int) -> str:
    """A duration that ``parse_duration`` parses back, in the largest unit that keeps it whole."""
    unit = next(unit for unit in ("s", "ms", "us", "ns") if nanoseconds % _UNITS[unit] == 0)
    return f"{nanoseconds // _UNITS[unit]}{unit}"


def decode_json(text: str) -> object:
    """JSON as ``json.Unmarshal`` decodes it: exactly one value.

    Raises:
        GoError: It is not JSON, or nested too deeply to say.
    """
    try:
        return _cleaned(json.loads(_valid(text), parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        raise GoError(str(error)) from error


def decode_json_prefix(text: str) -> object:
    """The first value of a text, as ``json.Decoder`` decodes it: what follows is ignored.

    Raises:
        GoError: It does not begin with JSON.
    """
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    try:
        value, _ = decoder.raw_decode(_valid(text).lstrip(" \t\r\n"))
    except (ValueError, RecursionError) as error:
        raise GoError(str(error)) from error
    return _cleaned(value)


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _valid(text: str) -> str:
    """The text with each byte that is not UTF-8 replaced, as Go's decoder does."""
    return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)


def _cleaned(value: object) -> object:
    """The strings of a list with lone surrogates replaced, and numbers that do not fit refused."""
    if not isinstance(value, list):
        return value
    if any(isinstance(item, float) and item in (float("inf"), float("-inf")) for item in value):
        raise ValueError("number out of range")
    return [_joined(item) if isinstance(item, str) else item for item in value]


def _joined(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
