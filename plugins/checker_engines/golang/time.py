"""Timestamps in JSON as Go decodes them (time.Time.UnmarshalJSON, time/format.go, RFC 3339)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

from checker.records import NamedTuple
from checker_engines.golang.fmt import quote

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_FEBRUARY = 2
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _nothing(text: str) -> str | None:
    del text
    return None


class _Step(NamedTuple):
    """An element of the layout: its text, the pattern that it matches, the range of its number.

    ``out_of_range`` names the part of a matching text that is out of range.
    """

    shown: str
    pattern: re.Pattern[str]
    name: str = ""
    least: int = 0
    most: int = 9999
    out_of_range: Callable[[str], str | None] = _nothing


def _literal(text: str) -> _Step:
    return _Step(text, re.compile(re.escape(text)))


def _of_zone(text: str) -> str | None:
    # Go looks at the minutes last. "24:60" is allowed.
    if text[4:] > "60":
        return "time zone offset minute"
    return "time zone offset hour" if text[1:3] > "24" else None


_TWO = re.compile("[0-9]{2}")
_MOMENT = (
    _Step("2006", re.compile("[0-9]{4}")),
    _literal("-"),
    _Step("01", _TWO, "month", 1, 12),
    _literal("-"),
    _Step("02", _TWO),
    _literal("T"),
    _Step("15", re.compile("[0-9]{1,2}"), "hour", 0, 23),
    _literal(":"),
    _Step("04", _TWO, "minute", 0, 59),
    _literal(":"),
    _Step("05", re.compile(r"[0-9]{2}(?:[.,][0-9]+)?"), "second", 0, 59),
)
_OLD_ZONE = _Step("Z07:00", re.compile(r"Z|[-+][0-9]{2}:[0-9]{2}"))
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
        match = step.pattern.match(rest)
        if match is None:
            where = f"cannot parse {quote(rest)} as {quote(step.shown)}"
            return f"{what} as {quote(layout)}: {where}"
        digits = re.match("[0-9]*", match[0])
        found[step.shown] = int(digits[0]) if digits and digits[0] else 0
        if step.name and not step.least <= found[step.shown] <= step.most:
            return f"{what}: {step.name} out of range"
        if (name := step.out_of_range(match[0])) is not None:
            return f"{what}: {name} out of range"
        rest = rest[match.end() :]
    if rest:
        return f"{what}: extra text: {quote(rest)}"
    if 1 <= found["02"] <= _days(found["2006"], found["01"]):
        return None
    return f"{what}: day out of range"


def _days(year: int, month: int) -> int:
    """The days of a month, in the proleptic calendar. The module ``calendar`` is slow to import."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == _FEBRUARY and is_leap else _DAYS[month - 1]
