"""From a file of container-structure-test to its tests, each of which becomes a rule."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping

from checker.policy import PolicyFile
from checker.records import NamedTuple
from checker_policy.documents import Document, read_document
from checker_policy.parts import Part
from checker_policy.structure import content, existence, licences, metadata
from checker_policy.structure.fields import Fields
from checker_policy.values import Value

SUFFIXES = (".yaml", ".yml", ".json")
VERSION = "2.0.0"
_KEYS = (
    *("schemaVersion", "globalEnvVars", "commandTests", "fileExistenceTests", "fileContentTests"),
    *("metadataTest", "licenseTests", "containerRunOptions"),
)
_COMMAND_KEYS = (
    *("name", "setup", "teardown", "envVars", "exitCode", "command", "args", "expectedOutput"),
    *("excludedOutput", "expectedError", "excludedError"),
)
_NEEDS_CONTAINER = "a commandTest runs a command in a container; nothing was run"
_LONGEST = 50


class StructureTest(NamedTuple):
    """One test of a file.

    Attributes:
        slug: Its kind and name, in kebab case.
        title: What the program calls it.
        part: What it looks at; None if it cannot be run.
        place: Where it is stated, as file and line.
        skipped: Why it cannot be run.
    """

    slug: str
    title: str
    part: Part | None
    place: str
    skipped: str | None = None


class _Kind(NamedTuple):
    """A list of tests with names.

    Attributes:
        key: The key of the list.
        title: What the program calls such a test.
        keys: The keys of a test.
        read: Reads one.
    """

    key: str
    title: str
    keys: tuple[str, ...]
    read: Callable[[Fields, Mapping[str, str]], Part]


_KINDS = (
    _Kind("fileContentTests", "File Content Test", content.KEYS, content.read),
    _Kind("fileExistenceTests", "File Existence Test", existence.KEYS, existence.read),
)


def read_structure_tests(file: PolicyFile) -> tuple[StructureTest, ...]:
    """The tests of a file, in the order in which the program runs them.

    Raises:
        SettingsError: The file cannot be read, has another schema version, no tests, or a test
            that is not valid.
    """
    document = read_document(file, SUFFIXES)
    top = Value(document.origin.table, document.origin)
    _require_version(document)
    fields = Fields.of(top, _KEYS, document.texts)
    tests = tuple(_tests(fields))
    if not tests:
        top.fail("has no tests")
    return tests


def _require_version(document: Document) -> None:
    """Refuse another schema version, whose keys may have another meaning.

    Raises:
        SettingsError: It is another one, or not stated.
    """
    key = "schemaVersion"
    origin = document.origin
    top = Value(origin.table, origin)
    version = origin.table.get(key)
    if version is None:
        top.fail(f'must have a {key}, which is "{VERSION}"')
    shown = document.texts.get((key,), version)
    if shown != VERSION:
        top.at(key, version).fail(f"{shown!r} is not supported, only {VERSION!r} is")


def _tests(fields: Fields) -> Iterator[StructureTest]:
    variables = {
        pair.required("key"): pair.text("value")
        for pair in fields.tables("globalEnvVars", metadata.PAIR_KEYS)
    }
    for each in fields.tables("commandTests", _COMMAND_KEYS):
        yield _named(each, "Command Test", None, _NEEDS_CONTAINER)
    for kind in _KINDS:
        for each in fields.tables(kind.key, kind.keys):
            yield _named(each, kind.title, kind.read(each, variables))
    for each in fields.tables("licenseTests", licences.KEYS):
        yield _unnamed(each, "License Test", licences.read(each, variables))
    given = fields.value("metadataTest")
    if given is not None:
        of_image = Fields.of(given, metadata.KEYS, fields.texts)
        part = metadata.read(of_image)
        if part is not None:
            yield _unnamed(of_image, "Metadata Test", part)


def _named(
    fields: Fields, title: str, part: Part | None, skipped: str | None = None
) -> StructureTest:
    name = fields.required("name")
    slug = slug_of(f"{title.removesuffix(' Test')} {name}")
    return StructureTest(slug, f"{title}: {name}", part, _place(fields), skipped)


def _unnamed(fields: Fields, title: str, part: Part) -> StructureTest:
    return StructureTest(slug_of(title.removesuffix(" Test")), title, part, _place(fields))


def _place(fields: Fields) -> str:
    return fields.table.origin.place(*fields.table.path)


def slug_of(text: str) -> str:
    """A text in kebab case, of bounded length."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:_LONGEST].strip("-") or "unnamed"


def stem_of(path: str) -> str:
    """The name of a file in kebab case, without its suffix."""
    return slug_of(os.path.splitext(os.path.basename(path))[0])
