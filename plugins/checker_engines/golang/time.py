"""Timestamps in JSON as Go decodes them (time.Time.UnmarshalJSON, time/format.go, RFC 3339)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial

from checker.records import NamedTuple
from checker_engines.golang.fmt import quote

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_FEBRUARY = 2
_DIGITS = "0123456789"
_POINTS = (".", ",")
_SIGNS = ("+", "-")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _nothing(text: str) -> str | None:
    del text
    return None


class _Step(NamedTuple):
    """An element of the layout: its text, what of a text it matches, the range of its number.

    ``out_of_range`` names the part of a matching text that is out of range.
    """

    shown: str
    match: Callable[[str], str | None]
    name: str = ""
    least: int = 0
    most: int = 9999
    out_of_range: Callable[[str], str | None] = _nothing


def _literal(text: str) -> _Step:
    return _Step(text, partial(_match_literal, text))


def _match_literal(literal: str, text: str) -> str | None:
    return literal if text.startswith(literal) else None


def _match_digits(count: int, text: str) -> str | None:
    return text[:count] if len(_first_digits(text[:count])) == count else None


def _match_hour(text: str) -> str | None:
    return _first_digits(text[:2]) or None


def _match_second(text: str) -> str | None:
    whole = _match_digits(2, text)
    if whole is None or text[2:3] not in _POINTS:
        return whole
    fraction = _first_digits(text[3:])
    return text[: 3 + len(fraction)] if fraction else whole


def _match_zone(text: str) -> str | None:
    if text.startswith("Z"):
        return "Z"
    hours, minutes = text[1:3], text[4:6]
    is_offset = text[:1] in _SIGNS and text[3:4] == ":"
    is_offset = is_offset and len(_first_digits(hours + minutes)) == len("0000")
    return text[:6] if is_offset else None


def _first_digits(text: str) -> str:
    return text[: len(text) - len(text.lstrip(_DIGITS))]


def _of_zone(text: str) -> str | None:
    # Go looks at the minutes last. "24:60" is allowed.
    if text[4:] > "60":
        return "time zone offset minute"
    return "time zone offset hour" if text[1:3] > "24" else None


_TWO = partial(_match_digits, 2)
_MOMENT = (
    _Step("2006", partial(_match_digits, 4)),
    _literal("-"),
    _Step("01", _TWO, "month", 1, 12),
    _literal("-"),
    _Step("02", _TWO),
    _literal("T"),
    _Step("15", _match_hour, "hour", 0, 23),
    _literal(":"),
    _Step("04", _TWO, "minute", 0, 59),
    _literal(":"),
    _Step("05", _match_second, "second", 0, 59),
)
_OLD_ZONE = _Step("Z07:00", _match_zone)
_ZONE = _OLD_ZONE._replace(out_of_range=_of_zone)


def time_error(value: object) -> str | None:
    """The error of Go 1.23 and later for an invalid timestamp; None if it is valid or null.

    ``parseStrictRFC3339`` skips its checks beyond the layout (golang/go issue 54580).
    """
    if value is None:
        return None
    if not isinstance(value, str):
        return "Time.UnmarshalJSON: input is not a JSON string"
    return _parse_error(value, _LAYOUT, (*_MOMENT, _ZONE))


def old_time_error(value: object) -> str | None:
    """The error of Go before 1.20, which parses the value as written in JSON, with any offset."""
    if value is None:
        return None
    raw = json.dumps(_whole(value), separators=(",", ":"), ensure_ascii=False)
    mark = _literal('"')
    return _parse_error(raw, f'"{_LAYOUT}"', (mark, *_MOMENT, _OLD_ZONE, mark))


def _whole(value: object) -> object:
    """The value with numbers as they are usually written."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Many steps of the history of many images have the same time.
@lru_cache(maxsize=64)
def _parse_error(value: str, layout: str, steps: tuple[_Step, ...]) -> str | None:
    what = f"parsing time {quote(value)}"
    rest = value
    found: dict[str, int] = {}
    for step in steps:
        matched = step.match(rest)
        if matched is None:
            where = f"cannot parse {quote(rest)} as {quote(step.shown)}"
            return f"{what} as {quote(layout)}: {where}"
        digits = _first_digits(matched)
        found[step.shown] = int(digits) if digits else 0
        if step.name and not step.least <= found[step.shown] <= step.most:
            return f"{what}: {step.name} out of range"
        if (name := step.out_of_range(matched)) is not None:
            return f"{what}: {name} out of range"
        rest = rest[len(matched) :]
    if rest:
        return f"{what}: extra text: {quote(rest)}"
    if 1 <= found["02"] <= _days(found["2006"], found["01"]):
        return None
    return f"{what}: day out of range"


def _days(year: int, month: int) -> int:
    """The days of a month, in the proleptic calendar. The module ``calendar`` is slow to import."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == _FEBRUARY and is_leap else _DAYS[month - 1]
