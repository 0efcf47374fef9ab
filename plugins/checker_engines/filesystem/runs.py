"""Runs of files that are extracted alike: added at once, where nothing is in their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from checker.model.entries import REGULAR, WHITEOUT_PREFIX, Entries
from checker.records import NamedTuple
from checker_engines.filesystem.tree import Node

_REGULAR = ord(REGULAR)
# A character takes four bytes at most, and a name 255.
_SURELY_SHORT = 255 // 4
# Fewer files are added one by one as quickly.
_SHORTEST = 16


class Run(NamedTuple):
    """Consecutive files in one directory, with different names.

    The file before them is in the same directory, so that its path was looked up.

    Attributes:
        start: Position of the first one.
        stop: Position after the last one.
        parent: Cleaned path of the directory.
        nodes: The files by name. They never change, so that several trees share them.
    """

    start: int
    stop: int
    parent: str
    nodes: Mapping[str, Node]


def runs_of(entries: Entries) -> tuple[Run, ...]:
    """The runs of some entries, in order."""
    return entries.cached(_find_runs)


def _find_runs(entries: Entries) -> tuple[Run, ...]:
    return tuple(_runs(entries))


def _runs(entries: Entries) -> Iterator[Run]:
    start, parent = 0, ""
    for position, path in enumerate(entries.paths):
        directory = path[: max(0, path.rfind("/"))]
        if directory != parent:
            if position - start > _SHORTEST:
                yield from _in_directory(entries, parent, start, position)
            start, parent = position, directory
    if len(entries) - start > _SHORTEST:
        yield from _in_directory(entries, parent, start, len(entries))


def _in_directory(entries: Entries, parent: str, start: int, stop: int) -> Iterator[Run]:
    """The runs among consecutive entries of one directory."""
    if len(parent) > _SURELY_SHORT or WHITEOUT_PREFIX in parent:
        return
    skipped = len(parent) + 1 if parent else 0
    first, nodes = start, dict[str, Node]()
    for position in range(start, stop):
        name = entries.paths[position][skipped:]
        if _is_file(entries, position, name) and name not in nodes:
            nodes[name] = Node(REGULAR, position)
            continue
        yield from _run(parent, first, nodes)
        first, nodes = position, {}
        if _is_file(entries, position, name):
            nodes[name] = Node(REGULAR, position)
        else:
            first = position + 1
    yield from _run(parent, first, nodes)


def _run(parent: str, first: int, nodes: dict[str, Node]) -> Iterator[Run]:
    """The run of some files, of which the first looks up the directory."""
    if len(nodes) > _SHORTEST:
        stop = first + len(nodes)
        del nodes[next(iter(nodes))]
        yield Run(first + 1, stop, parent, MappingProxyType(nodes))


def _is_file(entries: Entries, position: int, name: str) -> bool:
    """Whether an entry is a file that all engines create under its path."""
    return (
        entries.kinds[position] == _REGULAR
        and not entries.spellings[position]
        and position not in entries.sparse
        and bool(name)
        and len(entries.paths[position]) <= _SURELY_SHORT
        and WHITEOUT_PREFIX not in name
        and position not in entries.xattrs
    )
