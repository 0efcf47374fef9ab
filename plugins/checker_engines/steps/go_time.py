"""Moments in JSON as Go decodes them (time.Time.UnmarshalJSON, time/format.go, RFC 3339)."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from checker_engines.steps.go_text import quote

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_VALID = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?"
    r"(?:Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])",
)


class _Step(NamedTuple):
    """An element of the layout: how it stands there, what fits, and the range of its number."""

    shown: str
    pattern: re.Pattern[str]
    name: str = ""
    least: int = 0
    most: int = 9999


def _literal(text: str) -> _Step:
    return _Step(text, re.compile(re.escape(text)))


_TWO = re.compile("[0-9]{2}")
_STEPS = (
    _Step("2006", re.compile("[0-9]{4}")),
    _literal("-"),
    _Step("01", _TWO, "month", 1, 12),
    _literal("-"),
    _Step("02", _TWO, "day", 1, 31),
    _literal("T"),
    _Step("15", re.compile("[0-9]{1,2}"), "hour", 0, 23),
    _literal(":"),
    _Step("04", _TWO, "minute", 0, 59),
    _literal(":"),
    _Step("05", re.compile(r"[0-9]{2}(?:[.,][0-9]+)?"), "second", 0, 59),
    _Step("Z07:00", re.compile(r"Z|[-+][0-9]{2}:[0-9]{2}")),
)


def time_error(value: object) -> str | None:
    """What Go 1.20 and later say of a value that is no moment; None if it is one, or null."""
    if value is None or (isinstance(value, str) and _VALID.fullmatch(value)):
        return None
    if not isinstance(value, str):
        return "Time.UnmarshalJSON: input is not a JSON string"
    return _parse_error(value, _LAYOUT, _STEPS)


def old_time_error(value: object) -> str | None:
    """What Go before 1.20 says, which takes the value as it stands in JSON."""
    if value is None or (isinstance(value, str) and _VALID.fullmatch(value)):
        return None
    raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    mark = _literal('"')
    return _parse_error(raw, f'"{_LAYOUT}"', (mark, *_STEPS, mark))


def _parse_error(value: str, layout: str, steps: tuple[_Step, ...]) -> str:
    what = f"parsing time {quote(value)}"
    rest = value
    for step in steps:
        match = step.pattern.match(rest)
        if match is None:
            where = f"cannot parse {quote(rest)} as {quote(step.shown)}"
            return f"{what} as {quote(layout)}: {where}"
        if step.name and not step.least <= int(match[0][:2].rstrip(":")) <= step.most:
            return f"{what}: {step.name} out of range"
        rest = rest[match.end() :]
    return f"{what}: extra text: {quote(rest)}" if rest else f"{what}: day out of range"
