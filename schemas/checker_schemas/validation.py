"""Asks the JSON Schema library, and turns its answers into errors of our own.

Importing this module imports `jsonschema`, which is slow; import it where it is needed.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from checker_schemas import documents
from checker_schemas.errors import SchemaError, describe, describe_name, pointer_to
from checker_schemas.formats import FORMATS
from checker_schemas.imports import held_back

# `jsonschema` tries to import a package for each format that it knows. Those take over a second
# together, most of it for a grammar of international addresses. No schema here uses them, and
# the library does without what it cannot import.
_FORMAT_PACKAGES = (
    "fqdn",
    "idna",
    "isoduration",
    "jsonpointer",
    "rfc3339_validator",
    "rfc3986_validator",
    "rfc3987",
    "rfc3987_syntax",
    "uri_template",
    "webcolors",
)

with held_back(_FORMAT_PACKAGES):
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from referencing import Registry  # noqa: E402  # part of jsonschema's import
from referencing.jsonschema import DRAFT202012  # noqa: E402  # as above

_TYPES = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def schema_errors(name: str, value: object, limit: int) -> tuple[SchemaError, ...]:
    """Validate a document.

    Args:
        name: A schema of `documents.names`.
        value: The document.
        limit: The most errors to look for.

    Returns:
        The errors, sorted by pointer, without repetition.
    """
    reports = islice(_validator(name).iter_errors(value), limit)
    errors = dict.fromkeys(error for report in reports for error in _translate(report))
    return tuple(sorted(islice(errors, limit), key=tuple))


@cache
def _validator(name: str) -> Draft202012Validator:
    resources = (
        (uri, DRAFT202012.create_resource(schema))
        for uri, schema in documents.closure(name).items()
    )
    # A registry without `retrieve` knows these files alone: nothing is ever fetched.
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(
        documents.contents(name), registry=registry, format_checker=_format_checker()
    )


@cache
def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, accepts in FORMATS.items():
        checker.checks(name)(accepts)
    return checker


def _translate(report: ValidationError) -> Iterator[SchemaError]:
    schema: Any = report.schema
    instance: Any = report.instance
    path = list(report.absolute_path)
    if report.validator == "required":
        yield from _missing(schema, path, instance)
    elif "propertyNames" in report.absolute_schema_path:
        yield SchemaError(pointer_to([*path, instance]), describe_name(instance), _expected(schema))
    else:
        yield SchemaError(pointer_to(path), describe(instance), _expected(schema))


def _missing(
    schema: dict[str, Any], path: list[str | int], members: dict[str, object]
) -> Iterator[SchemaError]:
    """Yield an error for every required member that is not there.

    The library reports each of them without telling which one it means.
    """
    for name in schema["required"]:
        if name not in members:
            member = documents.resolve(schema["properties"][name])
            yield SchemaError(pointer_to([*path, name]), "nothing", _expected(member))


def _expected(schema: dict[str, Any]) -> str:
    """Say what a subschema asks for: in its own words, else by its value or type."""
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if "const" in schema:
        return describe(schema["const"])
    types = schema["type"]
    return " or ".join(_TYPES[kind] for kind in ([types] if isinstance(types, str) else types))
