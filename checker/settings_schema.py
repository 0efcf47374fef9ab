"""All that is wrong with a settings file, by the JSON Schema of the settings.

A run ends at the first wrong value, which the settings themselves report. The library for JSON
Schemas is slow to import, so it is used only to list all of them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from itertools import islice

from checker.isolation import described
from checker.settings import OF_THE_RUN
from checker.settings_file import Origin
from checker.suggestion import nearest
from checker.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_SCHEMA = ("settings", "checker-toml.json")
_MOST = 50
_MOST_CHARACTERS = 200


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the settings."""
    text = resources.files("checker_schemas").joinpath(*_SCHEMA).read_text("utf-8")
    return dict(json.loads(text))


def schema_problems(origin: Origin) -> tuple[str, ...]:
    """What is wrong in a settings file, a line each, with file and line; at most 50.

    Args:
        origin: The file.
    """
    from jsonschema import Draft202012Validator, FormatChecker

    validator = Draft202012Validator(settings_schema(), format_checker=FormatChecker(("date",)))
    errors = islice(validator.iter_errors(_json(origin.table)), _MOST)
    lines = (line for error in errors for line in _lines(origin, error))
    return tuple(islice(dict.fromkeys(lines), _MOST))


def _json(value: object) -> object:
    """A value of TOML as JSON has it: dates are texts."""
    if isinstance(value, Mapping):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value


def _lines(origin: Origin, error: ValidationError) -> Iterator[str]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        schema: Any = error.schema
        instance: Any = error.instance
        known = schema.get("properties", {})
        for key in instance:
            if key not in known:
                place = _place(origin, (*path, key), path)
                is_of_the_run = path[:1] == ("archive",) and key in OF_THE_RUN
                unknown = f"unknown key {described(key)}{nearest(key, known)}"
                yield f"{place}{OF_THE_RUN[key] if is_of_the_run else unknown}"
        return
    yield f"{_place(origin, path, path)}{error.message[:_MOST_CHARACTERS]}"


def _place(origin: Origin, path: tuple[str | int, ...], shown: tuple[str | int, ...]) -> str:
    keys = ".".join(map(str, shown))
    return f"{origin.place(*path)}: {keys}: " if keys else f"{origin.place(*path)}: "
