"""The files of an archive, a layer or a merged root as a tree, to a depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.model.archive import Archive
from checker.model.entries import (
    CONTIGUOUS,
    DIRECTORY,
    GNU_SPARSE,
    KIND_NAMES,
    REGULAR,
    Entries,
)
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple

DEEPEST = 100
"""The most levels of a tree; what is deeper is counted."""

_FILES = frozenset((REGULAR + CONTIGUOUS + GNU_SPARSE).encode())
_DIRECTORY = ord(DIRECTORY)


class Placed(NamedTuple):
    """An entry and where it is.

    Attributes:
        path: Its cleaned path.
        entries: The table that it is in.
        position: Its position there.
        layer: Position of the layer that brought it; None outside of images.
    """

    path: str
    entries: Entries
    position: int
    layer: int | None


@dataclass(slots=True)
class Node:
    """One row of a tree.

    Attributes:
        name: The last part of its path; empty for the top.
        placed: Its entry; None of a directory that has entries below it, but none itself.
        size: Bytes of the files in it and below it.
        count: Number of the entries below it.
        children: What is in it, by name, as far as the depth allows; None if that is nothing.
    """

    name: str
    placed: Placed | None = None
    size: int = 0
    count: int = 0
    children: dict[str, Node] | None = None

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        placed = self.placed
        return placed is None or placed.entries.kinds[placed.position] == _DIRECTORY

    @property
    def kind(self) -> str:
        """Its type in words."""
        placed = self.placed
        if placed is None:
            return KIND_NAMES[DIRECTORY]
        flag = chr(placed.entries.kinds[placed.position])
        return KIND_NAMES.get(flag, f"entry of type {flag!r}")

    def sorted_children(self) -> list[Node]:
        """What is in it, by name."""
        found = self.children
        return [] if found is None else [found[name] for name in sorted(found)]


def of_root(rootfs: Rootfs) -> Iterator[Placed]:
    """What is visible of merged layers, each path once, whiteouts left out."""
    is_image = rootfs.image is not None
    for layer, position in rootfs:
        entries = layer.entries
        number = layer.position if is_image else None
        yield Placed(entries.paths[position], entries, position, number)


def of_layer(layer: Layer) -> Iterator[Placed]:
    """What a layer contains, whiteouts included."""
    return _of_table(layer.entries, layer.position)


def of_archive(archive: Archive) -> Iterator[Placed]:
    """The members of an archive."""
    return _of_table(archive.entries, None)


def _of_table(entries: Entries, layer: int | None) -> Iterator[Placed]:
    for path, position in entries.by_path.items():
        yield Placed(path, entries, position, layer)


def build_tree(found: Iterable[Placed], start: str, depth: int) -> Node | None:
    """The tree below a path.

    Args:
        found: The entries, each path once.
        start: The cleaned path that becomes the top; empty for the root.
        depth: Levels below it that get rows; what is deeper is counted.

    Returns:
        None if nothing is at the path or below it.
    """
    top = Node(start.rpartition("/")[2])
    is_there = not start
    below = f"{start}/" if start else ""
    for placed in found:
        path = placed.path
        if path == start:
            top.placed = placed
            top.size += size_of(placed)
            is_there = True
        elif path.startswith(below):
            _add(top, path[len(below) :], placed, depth)
            is_there = True
    return top if is_there else None


def _add(top: Node, path: str, placed: Placed, depth: int) -> None:
    parts = path.split("/", depth)
    size = size_of(placed)
    node = top
    node.size += size
    node.count += 1
    for level, part in enumerate(parts, 1):
        if level > depth:
            return
        children = node.children
        if children is None:
            children = node.children = {}
        child = children.get(part)
        if child is None:
            child = children[part] = Node(part)
        child.size += size
        if level < len(parts):
            child.count += 1
        else:
            child.placed = placed
        node = child


def size_of(placed: Placed) -> int:
    """The bytes of a file; 0 of anything else."""
    entries, position = placed.entries, placed.position
    return entries.sizes[position] if entries.kinds[position] in _FILES else 0
