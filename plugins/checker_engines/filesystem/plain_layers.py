"""The fast path for tars that all engines extract in the same way (``filesystem.plain``).

Simulating an extraction takes microseconds per entry and engine. Nearly all tars do not need it.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import ENOENT, ENOTDIR

from checker.model.entries import DIRECTORY, HARD_LINK, SYMLINK, Entries, clean_path
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node, Tree, TreeError

_DIRECTORY = ord(DIRECTORY)
_HARD_LINK = ord(HARD_LINK)


class PlainLayers:
    """A stack of layers that are extracted without errors.

    Attributes:
        layers: The layers, base first, with the number of their entries that were extracted.
    """

    def __init__(self) -> None:
        self.layers: list[tuple[Entries, int]] = []
        # Their paths that are not directories, as far as needed; by table, since a hostile image
        # may list the same layer many thousand times.
        self._files: set[str] = set()
        self._added: set[int] = set()

    def add(self, entries: Entries, count: int) -> bool:
        """Add the first entries of a layer.

        Returns:
            False if its extraction has to be simulated: then it is not added.
        """
        if not is_plain(entries) or self._is_in_the_way_of(entries):
            return False
        self.layers.append((entries, count))
        return True

    def _is_in_the_way_of(self, upper: Entries) -> bool:
        """Whether entries of a layer are below a path that is not a directory in lower layers."""
        last = self.layers[-1][0] if self.layers else None
        if last is not None and id(last) not in self._added:
            self._added.add(id(last))
            self._files |= last.cached(_files)
        return not self._files.isdisjoint(upper.directories)


class PlainTree(Tree):
    """The read-only result of extracting one such tar, derived from its entries.

    Args:
        entries: The entries.
        target_of: The path that a symlink resolves to, given its target.
    """

    def __init__(self, entries: Entries, target_of: Callable[[str], str] = str) -> None:
        super().__init__()
        self._entries = entries
        self._target_of = target_of
        self.root = _PlainNode(DIRECTORY, -1, "", "")

    def top(self) -> dict[str, Node]:
        """What is in the root, by name."""
        names = dict.fromkeys(path.partition("/")[0] for path in self._entries.by_path)
        return {name: self.lstat(name) for name in names if name}

    def _child(self, node: Node, name: str) -> Node:
        if not isinstance(node, _PlainNode) or node.children is None:
            raise TreeError(ENOTDIR)
        path = f"{node.path}/{name}" if node.path else name
        position = self._entries.by_path.get(path)
        if position is not None:
            return self._node(position, path)
        if path in self._entries.directories:
            return _PlainNode(DIRECTORY, -1, "", path)
        raise TreeError(ENOENT)

    def _node(self, position: int, path: str) -> Node:
        entries = self._entries
        while entries.kinds[position] == _HARD_LINK:
            # Each leads to an entry before it.
            position = entries.by_path[clean_path(entries.linknames[position])]
        kind = chr(entries.kinds[position])
        target = self._target_of(entries.linknames[position]) if kind == SYMLINK else ""
        return _PlainNode(kind, position, target, path)


class _PlainNode(Node):
    """A node that knows its path, because it has no children to look it up in."""

    __slots__ = ("path",)

    def __init__(self, kind: str, position: int, target: str, path: str) -> None:
        super().__init__(kind, position, target)
        self.path = path


def _files(entries: Entries) -> frozenset[str]:
    """The paths of a layer that are not directories."""
    kinds = entries.kinds
    return frozenset(path for path, i in entries.by_path.items() if kinds[i] != _DIRECTORY)
