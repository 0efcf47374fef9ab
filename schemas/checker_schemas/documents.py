"""The schema files: which there are, what they hold and which refer to which."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from typing import Any

URN = "urn:archive-checker:schema:"
"""What every ``$id`` starts with; the rest is the file's name without ``.json``."""

SHARED = "definitions"
"""The file of shared definitions. It does not describe a document."""

# Without pathlib, which imports much that a run does not need.
_FOLDER = os.path.dirname(__file__)
_SUFFIX = ".json"


@cache
def names() -> tuple[str, ...]:
    """List the schemas, by name, in alphabetical order."""
    files = (file for file in os.listdir(_FOLDER) if file.endswith(_SUFFIX))
    return tuple(sorted({file.removesuffix(_SUFFIX) for file in files} - {SHARED}))


@cache
def contents(name: str) -> dict[str, Any]:
    """Read one schema file, `SHARED` too. The result is kept: do not change it."""
    with open(os.path.join(_FOLDER, name + _SUFFIX), encoding="utf-8") as file:
        document: dict[str, Any] = json.load(file)
    return document


def closure(name: str) -> dict[str, dict[str, Any]]:
    """Read a schema and every file that it refers to, directly or not.

    Args:
        name: The schema to start from.

    Returns:
        The schemas by their ``$id``.
    """
    found: dict[str, dict[str, Any]] = {}
    waiting = [name]
    while waiting:
        schema = contents(waiting.pop())
        found[schema["$id"]] = schema
        waiting.extend(uri.removeprefix(URN) for uri in _referenced(schema) if uri not in found)
    return found


def _referenced(node: object) -> Iterator[str]:
    """Yield the URI of every ``$ref`` below a node, without its fragment."""
    if isinstance(node, list):
        for item in node:
            yield from _referenced(item)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].partition("#")[0]
        for item in node.values():
            yield from _referenced(item)


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow the ``$ref`` of a subschema to the definition that it names, if it has one."""
    while "$ref" in schema:
        schema = follow(schema["$ref"])
    return schema


def follow(reference: str) -> dict[str, Any]:
    """Find the subschema that a ``$ref`` names, which may have a ``$ref`` itself."""
    uri, _, pointer = reference.partition("#")
    schema = contents(uri.removeprefix(URN))
    for token in pointer.split("/")[1:]:
        schema = schema[token]
    return schema
