"""Says of most sound documents that they are valid, without the JSON Schema library.

Importing that library takes longer than checking a small archive, and most documents are sound.
So the keywords that the schema files use are evaluated here, as JSON Schema draft 2020-12
(Validation, section 6; Core, section 10) defines them; on anything else the library is asked.
"""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from checker_schemas import documents
from checker_schemas.formats import FORMATS

Schema: TypeAlias = dict[str, Any]


class _DoubtError(Exception):
    """The schema says something that is not evaluated here."""


def is_surely_valid(name: str, value: object) -> bool:
    """Tell whether a document meets its schema, as far as that can be told quickly.

    Every part of the document is looked at once for each subschema that applies to it, and only
    as deep as the schema reaches.

    Args:
        name: A schema of `documents.names`.
        value: The document.

    Returns:
        True if it does. False if it does not, or if only the library can tell.
    """
    try:
        return _meets(documents.contents(name), value)
    except _DoubtError:
        return False


def _meets(schema: object, value: object) -> bool:
    if not isinstance(schema, dict):
        raise _DoubtError
    return all(
        _evaluator(keyword)(argument, value, schema)
        for keyword, argument in schema.items()
        if keyword not in _SILENT
    )


def _evaluator(keyword: str) -> Callable[[Any, Any, Schema], bool]:
    try:
        return _KEYWORDS[keyword]
    except KeyError:
        raise _DoubtError from None


def _ref(uri: str, value: object, _: Schema) -> bool:
    return _meets(documents.follow(uri), value)


def _type(kinds: str | list[str], value: object, _: Schema) -> bool:
    return any(_is(kind, value) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):  # which Python counts among the whole numbers
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    if kind not in _TYPES:
        raise _DoubtError
    return isinstance(value, _TYPES[kind])


def _const(wanted: object, value: object, _: Schema) -> bool:
    if not isinstance(wanted, str | int):
        raise _DoubtError
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _minimum(least: float, value: Any, _: Schema) -> bool:
    return not (_is("number", value) and value < least)


def _maximum(most: float, value: Any, _: Schema) -> bool:
    return not (_is("number", value) and value > most)


def _min_length(least: int, value: object, _: Schema) -> bool:
    return not isinstance(value, str) or len(value) >= least


def _pattern(pattern: str, value: object, _: Schema) -> bool:
    return not isinstance(value, str) or re.search(pattern, value) is not None


def _format(name: str, value: object, _: Schema) -> bool:
    if name not in FORMATS:
        raise _DoubtError
    return FORMATS[name](value)


def _required(names: list[str], value: object, _: Schema) -> bool:
    return not isinstance(value, dict) or all(name in value for name in names)


def _properties(schemas: Schema, value: object, _: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    return all(_meets(each, value[name]) for name, each in schemas.items() if name in value)


def _additional_properties(other: object, value: object, schema: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    return all(_meets(other, member) for name, member in value.items() if name not in known)


def _property_names(each: object, value: object, _: Schema) -> bool:
    return not isinstance(value, dict) or all(_meets(each, name) for name in value)


def _items(each: object, value: object, _: Schema) -> bool:
    return not isinstance(value, list) or all(_meets(each, item) for item in value)


def _if(condition: object, value: object, schema: Schema) -> bool:
    return not _meets(condition, value) or _meets(schema.get("then", {}), value)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}

_KEYWORDS: dict[str, Callable[[Any, Any, Schema], bool]] = {
    "$ref": _ref,
    "additionalProperties": _additional_properties,
    "const": _const,
    "format": _format,
    "if": _if,
    "items": _items,
    "maximum": _maximum,
    "minLength": _min_length,
    "minimum": _minimum,
    "pattern": _pattern,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "type": _type,
}

# Keywords that assert nothing; `then` does where `if` stands, and is evaluated there.
_SILENT = frozenset(
    {
        *("$comment", "$defs", "$id", "$schema", "contentEncoding", "description"),
        *("then", "title", "x-expected"),
    },
)
