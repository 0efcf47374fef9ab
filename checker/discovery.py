"""Finds the entry points of plugins among the installed distributions.

What ``importlib.metadata.entry_points`` finds, in a fifth of the time: that module imports a parser
of e-mails and more, and reads the whole metadata of each distribution that has a plugin. Where an
installation is unusual, such as a zip file on ``sys.path``, it is asked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

from checker.records import NamedTuple

_UNKNOWN = "unknown"
_ENTRY_POINTS = "entry_points.txt"
_INFO = (".dist-info", ".egg-info")
_EGG = ".egg"
_USUAL_FINDERS = (BuiltinImporter, FrozenImporter, PathFinder)


class EntryPoint(NamedTuple):
    """An entry point, and the distribution that has it.

    Attributes:
        name: Its name.
        value: What it refers to: ``module``, or ``module:attribute``.
        distribution: Name of the distribution.
        version: Its version.
    """

    name: str
    value: str
    distribution: str = _UNKNOWN
    version: str = _UNKNOWN

    def load(self) -> object:
        """Import what it refers to.

        Raises:
            Exception: Whatever the import raises.
        """
        module, _, attributes = self.value.partition("[")[0].partition(":")
        found: object = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found


def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group.

    Of several distributions with the same name, the first on ``sys.path`` counts.
    """
    if _has_unusual_finders():
        return tuple(_by_standard_library(group, sys.path, set()))
    seen: set[str] = set()
    return tuple(found for path in sys.path for found in _at(path or ".", group, seen))


def _has_unusual_finders() -> bool:
    return any(
        finder not in _USUAL_FINDERS and hasattr(finder, "find_distributions")
        for finder in sys.meta_path
    )


def _at(path: str, group: str, seen: set[str]) -> Iterator[EntryPoint]:
    """The entry points of the distributions in a directory that were not seen before."""
    try:
        children = os.listdir(path)
    except OSError:
        children = []
    if os.path.isfile(path) or path.lower().endswith(_EGG):
        yield from _by_standard_library(group, [path], seen)
        return
    for child in children:
        if child.lower().endswith(_INFO):
            name = _comparable(child.rpartition(".")[0].partition("-")[0])
            if name not in seen:
                seen.add(name)
                yield from _of(os.path.join(path, child), group)


def _comparable(name: str) -> str:
    """The name of a distribution in the form in which names are compared (PEP 503)."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


def _of(directory: str, group: str) -> Iterator[EntryPoint]:
    text = _text(os.path.join(directory, _ENTRY_POINTS))
    # Few distributions have such entry points, so that of others no more is read.
    if f"[{group}]" not in text:
        return
    name, version = _name_and_version(directory)
    for entry, value in _section(text, group):
        yield EntryPoint(entry, value, name, version)


def _text(path: str) -> str:
    try:
        # As bytes, which takes half the time, and most of it is for other distributions.
        with open(path, "rb", buffering=0) as file:
            data = file.read()
    except OSError:
        return ""
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _section(text: str, wanted: str) -> Iterator[tuple[str, str]]:
    """The names and values of a section of ``entry_points.txt``."""
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == wanted and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _name_and_version(directory: str) -> tuple[str, str]:
    """What the metadata of a distribution says, without the description, which can be long."""
    fields: dict[str, str] = {}
    for file in ("METADATA", "PKG-INFO"):
        for line in _head(os.path.join(directory, file)):
            key, _, value = line.partition(":")
            fields.setdefault(key.lower(), value.strip())
        if fields:
            break
    return fields.get("name", _UNKNOWN), fields.get("version", _UNKNOWN)


def _head(path: str) -> Iterable[str]:
    """The lines of a header, up to the first empty one."""
    return _text(path).partition("\n\n")[0].splitlines()


def _by_standard_library(group: str, paths: list[str], seen: set[str]) -> Iterator[EntryPoint]:
    """What importlib.metadata finds at some of the places on ``sys.path``."""
    from importlib import metadata

    for distribution in metadata.distributions(path=paths):
        name = distribution.name or _UNKNOWN
        key = _comparable(name)
        if key in seen:
            continue
        seen.add(key)
        version = distribution.version or _UNKNOWN
        for each in distribution.entry_points:
            if each.group == group:
                yield EntryPoint(each.name, each.value, name, version)
