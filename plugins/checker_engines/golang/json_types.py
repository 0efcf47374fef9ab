"""Types with an ``UnmarshalJSON`` method that several engines decode documents into."""

from __future__ import annotations

from checker_engines.golang.base64 import base64_error
from checker_engines.golang.json import Checked, Custom
from checker_engines.golang.time import old_time_error, time_error


def _strings_error(value: object) -> str | None:
    """The error of decoding a list of strings or a single string, if any."""
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, list) and all(item is None or isinstance(item, str) for item in value):
        return None
    kind = "array" if isinstance(value, list) else kind_of(value)
    return f"json: cannot unmarshal {kind} into Go value of type string"


def kind_of(value: object) -> str:
    """Go's name for the kind of a value that is not null, a string or an array."""
    if isinstance(value, dict):
        return "object"
    return "bool" if isinstance(value, bool) else "number"


def _bytes_error(value: object) -> str | None:
    """The error of decoding bytes, which JSON has as base64, if any."""
    if value is None or isinstance(value, list):
        return None
    if isinstance(value, str):
        return base64_error(value)
    return f"json: cannot unmarshal {kind_of(value)} into Go value of type []uint8"


TIMESTAMP = Custom(time_error)
"""time.Time as Go 1.20 and later decode it."""
OLD_TIMESTAMP = Custom(old_time_error)
"""time.Time as Go before 1.20 decodes it."""
STRING_OR_STRINGS = Custom(_strings_error)
"""A list of strings, or a single string (moby api/types/strslice, StrSlice)."""
BASE64 = Checked(_bytes_error)
"""Bytes (``[]byte``)."""
