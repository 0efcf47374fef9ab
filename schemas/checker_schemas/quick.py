"""Says of most sound documents that they are valid, without the JSON Schema library.

Importing that library takes longer than checking a small archive, and most documents are sound.
So the keywords that the schema files use are evaluated here, as JSON Schema draft 2020-12
(Validation, section 6; Core, section 10) defines them; on anything else the library is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from checker_schemas import documents
from checker_schemas.formats import FORMATS

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Schema: TypeAlias = dict[str, Any]
    Test: TypeAlias = Callable[[Any], bool]


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
        return _test_of(name)(value)
    except _DoubtError:
        return False


@cache
def _test_of(name: str) -> Test:
    return _test(documents.contents(name))


@cache
def _test_of_reference(uri: str) -> Test:
    return _test(documents.follow(uri))


def _test(schema: object) -> Test:
    """Make a test of a schema once, because a document may have many thousands of descriptors."""
    if not isinstance(schema, dict):
        raise _DoubtError
    tests = [
        _evaluator(keyword)(argument, schema)
        for keyword, argument in schema.items()
        if keyword not in _SILENT
    ]
    if len(tests) == 1:
        return tests[0]

    def meets_all(value: object) -> bool:
        for test in tests:  # noqa: SIM110 -- a generator for each value takes twice as long
            if not test(value):
                return False
        return True

    return meets_all


def _evaluator(keyword: str) -> Callable[[Any, Schema], Test]:
    try:
        return _KEYWORDS[keyword]
    except KeyError:
        raise _DoubtError from None


def _ref(uri: str, _: Schema) -> Test:
    return _test_of_reference(uri)


def _type(kinds: str | list[str], _: Schema) -> Test:
    wanted = frozenset([kinds] if isinstance(kinds, str) else kinds)
    if not wanted <= _TYPES.keys():
        raise _DoubtError
    types = frozenset(each for kind in wanted for each in _TYPES[kind])
    if "integer" not in wanted or "number" in wanted:
        return lambda value: type(value) in types
    return lambda value: type(value) in types or (isinstance(value, float) and value.is_integer())


def _const(wanted: object, _: Schema) -> Test:
    if not isinstance(wanted, str | int):
        raise _DoubtError
    return lambda value: value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _minimum(least: float, _: Schema) -> Test:
    return lambda value: not (type(value) in _NUMBERS and value < least)


def _maximum(most: float, _: Schema) -> Test:
    return lambda value: not (type(value) in _NUMBERS and value > most)


def _min_length(least: int, _: Schema) -> Test:
    return lambda value: not isinstance(value, str) or len(value) >= least


def _pattern(pattern: str, _: Schema) -> Test:
    return lambda value: not isinstance(value, str) or _search(pattern)(value) is not None


@cache
def _search(pattern: str) -> Callable[[str], object]:
    """Searches for a pattern, which is compiled when a document first has such a value."""
    return re.compile(pattern).search


def _format(name: str, _: Schema) -> Test:
    if name not in FORMATS:
        raise _DoubtError
    return FORMATS[name]


def _required(names: list[str], _: Schema) -> Test:
    wanted = frozenset(names)
    return lambda value: not isinstance(value, dict) or wanted <= value.keys()


def _properties(schemas: Schema, _: Schema) -> Test:
    tests = [(name, _test(each)) for name, each in schemas.items()]
    return lambda value: (
        not isinstance(value, dict)
        or all(test(value[name]) for name, test in tests if name in value)
    )


def _additional_properties(other: object, schema: Schema) -> Test:
    known = frozenset(schema.get("properties", ()))
    test = _test(other)
    return lambda value: (
        not isinstance(value, dict)
        or all(test(member) for name, member in value.items() if name not in known)
    )


def _property_names(each: object, _: Schema) -> Test:
    test = _test(each)
    return lambda value: not isinstance(value, dict) or all(map(test, value))


def _items(each: object, _: Schema) -> Test:
    test = _test(each)
    return lambda value: not isinstance(value, list) or all(map(test, value))


def _if(condition: object, schema: Schema) -> Test:
    applies, then = _test(condition), _test(schema.get("then", {}))
    return lambda value: not applies(value) or then(value)


_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_NUMBERS = frozenset({int, float})

_KEYWORDS: dict[str, Callable[[Any, Schema], Test]] = {
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
