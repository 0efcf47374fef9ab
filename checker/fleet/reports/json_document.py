"""The overview as JSON."""

from __future__ import annotations

import datetime as dt

from checker.fleet.overview import Overview
from checker.fleet.schema import VERSION
from checker.reports.json_report import json_text


def render_json(overview: Overview) -> str:
    """The overview as one JSON object with a final line end."""
    return json_text({"version": VERSION, **_object(overview)})


def _object(record: object) -> dict[str, object]:
    fields: dict[str, object] = record._asdict() if isinstance(record, tuple) else {}  # type: ignore[attr-defined]
    return {name: _value(value) for name, value in fields.items()}


def _value(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if hasattr(value, "_asdict"):
        return _object(value)
    return list(map(_value, value)) if isinstance(value, tuple) else value
