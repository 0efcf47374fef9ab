"""Types with an ``UnmarshalJSON`` method that several engines decode documents into."""

from __future__ import annotations

from checker_engines.golang.json import Custom
from checker_engines.golang.time import old_time_error, time_error


def _strings_error(value: object) -> str | None:
    """What decoding a list of strings, or a single string, says; None if it succeeds."""
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, list) and all(item is None or isinstance(item, str) for item in value):
        return None
    kind = "array" if isinstance(value, list) else _kind_of(value)
    return f"json: cannot unmarshal {kind} into Go value of type string"


def _kind_of(value: object) -> str:
    """What encoding/json calls a value that is neither null, a string nor an array."""
    if isinstance(value, dict):
        return "object"
    return "bool" if isinstance(value, bool) else "number"


TIMESTAMP = Custom(time_error)
"""time.Time, as Go decodes it since 1.20."""
OLD_TIMESTAMP = Custom(old_time_error)
"""time.Time in builds with Go before 1.20."""
STRING_OR_STRINGS = Custom(_strings_error)
"""A list of strings, or a single string (moby api/types/strslice, StrSlice)."""
