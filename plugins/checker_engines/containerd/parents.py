"""Directories that a layer has no entry for: containerd copies their attributes from below.

On overlayfs each layer is applied to a separate directory. A directory that an entry needs is
created there, and its owner and mode are those of the topmost lower layer that has it (containerd
2.3, pkg/archive/tar.go, mkparent). Each lower directory is searched alone, so that a path below its
file, device node or whiteout is an error, though the layer itself can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from checker.model.entries import (
    CHARACTER_DEVICE,
    DIRECTORY,
    HARD_LINK,
    SYMLINK,
    Entries,
    clean_path,
)
from checker.model.work import Known, Work
from checker.records import NamedTuple
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.privileges import DEVICES, Privileges
from checker_engines.filesystem.tree import Node

LINKS_WALKED = 255
"""Most symlinks followed while one name is resolved (containerd/continuity, fs.RootPath)."""
_NOT_A_DIRECTORY = "lstat <tmp>: not a directory"
_DIRECTORY = ord(DIRECTORY)
_PARTS = 64


class Found(NamedTuple):
    """What a path of a layer is.

    Attributes:
        kind: Type flag of the entry.
        target: The target of a symlink.
    """

    kind: str
    target: str = ""


Look = Callable[[str], Found | None]
"""Finds what a cleaned path of one layer is, without following links; None if it is not there."""


class Below(NamedTuple):
    """A layer below the one that is applied.

    Attributes:
        entries: Its entries.
        is_base: Whether it is the lowest, where whiteouts delete.
    """

    entries: Entries
    is_base: bool


class Stack:
    """The layers of an image, each applied to a directory of its own on top of those before it.

    What a layer has for a directory that another one needs is looked up once for each layer, not
    for each pair of them.

    Args:
        layers: The entries of all layers, base first.
    """

    def __init__(self, layers: Sequence[Entries]) -> None:
        self._layers = layers
        self._trees: dict[tuple[Below, Privileges], Known[Node]] = {}
        self._added = 0
        # Paths of lower layers that are something else than the directory that a layer needs.
        self._blocked: set[str] = set()

    def below(self, number: int) -> list[Below]:
        """The layers below one, base first."""
        return [Below(entries, not each) for each, entries in enumerate(self._layers[:number])]

    def tree_of(
        self, below: Below, privileges: Privileges, work: Work, extract: Callable[[], Node]
    ) -> Node:
        """What a lower layer is extracted to, which those above it look into.

        Args:
            below: The layer.
            privileges: What containerd may do.
            work: What may be spent on it.
            extract: Extracts it.

        Raises:
            OutOfWork: There is not enough left.
        """
        known = self._trees.setdefault((below, privileges), Known())
        return known.find(work, extract)

    def may_block(self, number: int, work: Work) -> bool:
        """Whether a directory of a layer is something else in one below it.

        Args:
            number: The layer, from 0; not lower than in the calls before.
            work: What may be spent on it.

        Raises:
            OutOfWork: There are too many to know.
        """
        while self._added < number:
            self._add(self._layers[self._added], work)
            self._added += 1
        return not self._layers[number].directories.isdisjoint(self._blocked)

    def _add(self, entries: Entries, work: Work) -> None:
        kinds, by_path, wanted = entries.kinds, entries.by_path, self._wanted
        work.spend_parts(1 + min(len(wanted), len(by_path)) // _PARTS)
        self._blocked.update(
            path for path in wanted & by_path.keys() if kinds[by_path[path]] != _DIRECTORY
        )
        self._blocked.update(wanted & entries.hides.removed.keys())

    @cached_property
    def _wanted(self) -> frozenset[str]:
        """The directories that the layers above the base need."""
        return frozenset[str]().union(*(each.directories for each in {*self._layers[1:]}))


def parent_error(path: str, lower: Iterable[Look], work: Work) -> str | None:
    """The error of looking for a created directory in the lower layers; None if there is none.

    Args:
        path: The directory.
        lower: The lower layers, topmost first.
        work: What may be spent on it.

    Raises:
        OutOfWork: It is not known.
    """
    for look in lower:
        try:
            found = _resolved(path, look, work)
        except _BlockedError as error:
            return str(error)
        if found is not None:
            return None
    return None


def look_in_tree(root: Node) -> Look:
    """Look in a layer whose extraction was simulated."""

    def look(path: str) -> Found | None:
        node: Node | None = root
        for part in path.split("/"):
            node = None if node is None or node.children is None else node.children.get(part)
        return None if node is None else Found(node.kind, node.target)

    return look


def plain_look(below: Below, work: Work, privileges: Privileges) -> Look | None:
    """Look in a layer that every extractor extracts in the same way; None if it is not one."""
    entries = below.entries
    if not is_plain(entries):
        return None
    hidden = {} if below.is_base else entries.hides.removed

    def look(path: str) -> Found | None:
        position = entries.by_path.get(path)
        # A chain of hard links ends: each target is before its link.
        while position is not None and chr(entries.kinds[position]) == HARD_LINK:
            work.spend_parts(1)
            position = entries.by_path.get(clean_path(entries.linknames.get(position, "")))
        if position is None:
            if path in hidden:
                return Found(CHARACTER_DEVICE)
            return Found(DIRECTORY) if path in entries.directories else None
        kind = chr(entries.kinds[position])
        if kind in DEVICES and not privileges.creates_devices:
            return None
        return Found(kind, entries.linknames.get(position, ""))

    return look


class _BlockedError(Exception):
    """A path cannot be looked up; the text is the error of the engine."""


def _resolved(path: str, look: Look, work: Work) -> Found | None:
    """What a path is, all links followed below the root (continuity, fs.RootPath).

    Raises:
        _BlockedError: Something on its way is not a directory, or links form a loop.
    """
    done, pending, walked = "", path.split("/")[::-1], 0
    found: Found | None = Found(DIRECTORY)
    while pending:
        part = pending.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            found = look(done) if done else Found(DIRECTORY)
            continue
        if found is not None and found.kind != DIRECTORY:
            raise _BlockedError(_NOT_A_DIRECTORY)
        work.spend_parts(1)
        here = f"{done}/{part}" if done else part
        found = look(here) if found is not None else None
        if found is None or found.kind != SYMLINK:
            done = here
            continue
        walked += 1
        if walked > LINKS_WALKED:
            raise _BlockedError("too many links")
        target = list(_parts_of(found.target))
        work.spend_parts(len(target))
        pending.extend(target[::-1])
        done = "" if found.target.startswith("/") else done
        found = look(done) if done else Found(DIRECTORY)
    return found


def _parts_of(target: str) -> Iterator[str]:
    return (part for part in target.split("/") if part not in ("", "."))
