"""What takes the space: bytes by directory and layer, and those that layers above hide."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from checker.contents.tree import Placed, size_of
from checker.model.entries import Entries
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple

DEEPEST = 6
"""The levels of directories that are told apart."""

_MOST_FILES = 300
_MOST_BELOW = 1000


@dataclass(slots=True)
class Usage:
    """A directory or a file, and the bytes of the files in it.

    Attributes:
        path: Its cleaned path.
        layers: Bytes by the layer that brought them; the key is None outside of images.
        below: The directories in it, and its large files, the largest first.
        size: All bytes.
    """

    path: str
    layers: dict[int | None, int] = field(default_factory=dict)
    below: list[Usage] = field(default_factory=list)
    size: int = 0

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def add(self, layer: int | None, size: int) -> None:
        """Count bytes of a layer."""
        self.layers[layer] = self.layers.get(layer, 0) + size
        self.size += size


class _File(NamedTuple):
    """A file; the largest is compared by its size first."""

    size: int
    path: str
    layer: int | None


def usage_of(found: Iterable[Placed]) -> Usage:
    """The bytes of some files by directory, as a tree of at most ``DEEPEST`` levels.

    Args:
        found: The files and what else there is, each path once.
    """
    files, directories = _summed(found)
    nodes = {"": Usage("")}
    # The deepest first, so that a directory is complete before it is added to its parent.
    for path in sorted(_with_parents(directories), key=lambda path: path.count("/"), reverse=True):
        node = nodes.setdefault(path, Usage(path))
        for layer, size in directories.get(path, {}).items():
            node.add(layer, size)
        if path:
            _add(nodes, node)
    for file in files:
        parent = nodes[_directory(file.path)]
        parent.below.append(Usage(file.path, {file.layer: file.size}, [], file.size))
    for node in nodes.values():
        node.below.sort(key=lambda each: (-each.size, each.path))
        del node.below[_MOST_BELOW:]
    return nodes[""]


def _summed(
    found: Iterable[Placed],
) -> tuple[list[_File], Mapping[str, Mapping[int | None, int]]]:
    """The largest files, and the bytes of each directory's own files by layer."""
    largest: list[_File] = []
    directories: dict[str, dict[int | None, int]] = {}
    for placed in found:
        size = size_of(placed)
        if size <= 0:
            continue
        layers = directories.setdefault(_directory(placed.path), {})
        layers[placed.layer] = layers.get(placed.layer, 0) + size
        if len(largest) < _MOST_FILES:
            heapq.heappush(largest, _File(size, placed.path, placed.layer))
        elif size > largest[0].size:
            heapq.heapreplace(largest, _File(size, placed.path, placed.layer))
    return largest, directories


def _directory(path: str) -> str:
    """The directory that a file is counted in."""
    directory = path.rpartition("/")[0]
    if directory.count("/") < DEEPEST:
        return directory
    return "/".join(islice(directory.split("/", DEEPEST), DEEPEST))


def _with_parents(directories: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for directory in directories:
        path = directory
        while path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return found


def _add(nodes: dict[str, Usage], node: Usage) -> None:
    """Add a directory to its parent."""
    path = node.path.rpartition("/")[0]
    parent = nodes.setdefault(path, Usage(path))
    parent.below.append(node)
    for layer, size in node.layers.items():
        parent.add(layer, size)


class Hidden(NamedTuple):
    """The files of a layer that layers above replace or remove.

    Attributes:
        files: How many.
        size: Their bytes, which the image contains and no container sees.
    """

    files: int
    size: int


def hidden_of(rootfs: Rootfs) -> Mapping[int, Hidden]:
    """What layers hide of each layer below them, by its position."""
    found: dict[int, Hidden] = {}
    # A hostile image may list one layer many thousand times, with one set of paths.
    known: dict[tuple[int, int], Hidden] = {}
    for layer, paths in rootfs.hidden():
        key = id(layer.entries), id(paths)
        if key not in known:
            known[key] = _hidden(layer.entries, paths)
        found[layer.position] = known[key]
    return found


def _hidden(entries: Entries, paths: Iterable[str]) -> Hidden:
    count = total = 0
    for size in _sizes(entries, paths):
        count += 1
        total += size
    return Hidden(count, total)


def _sizes(entries: Entries, paths: Iterable[str]) -> Iterator[int]:
    for path in paths:
        position = entries.by_path.get(path)
        if position is not None:
            size = size_of(Placed(path, entries, position, None))
            if size > 0:
                yield size
