"""What layers take away from those below them, and what dive makes of it.

Sources: OCI image-spec 1.1, layer.md, "Whiteouts"; dive 0.13, dive/filetree/efficiency.go and
dive/image/analysis.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from heapq import nsmallest
from typing import NamedTuple
from weakref import WeakKeyDictionary

from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT, WHITEOUT_PREFIX, Entries
from checker.model.image import Layer
from checker.model.rootfs import Rootfs

_DIRECTORY = ord(DIRECTORY)
_EXAMPLES = 3


class Removal(NamedTuple):
    """Files of lower layers that one whiteout takes away.

    Attributes:
        layer: Number of the layer with the whiteout, from 0.
        marker: Path of the whiteout.
        target: What it takes away: a file, or all below a directory.
        files: How many files with content.
        size: Their bytes.
        layers: Numbers of the layers that hold them.
        examples: The first of them.
    """

    layer: int
    marker: str
    target: str
    files: int
    size: int
    layers: tuple[int, ...]
    examples: tuple[str, ...]

    @property
    def is_opaque(self) -> bool:
        """Whether it empties a directory, which stays."""
        return self.marker.endswith(OPAQUE_WHITEOUT)


class Repeat(NamedTuple):
    """A file that several layers bring or take away.

    Attributes:
        path: Its path.
        copies: Number of the layer and bytes of each copy, base first.
        is_gone: Whether it is deleted in the end.
    """

    path: str
    copies: tuple[tuple[int, int], ...]
    is_gone: bool

    @property
    def size(self) -> int:
        """Bytes of all copies."""
        return sum(size for _, size in self.copies)

    @property
    def lost(self) -> int:
        """Bytes of the copies that cannot be seen."""
        return self.size if self.is_gone else self.size - self.copies[-1][1]


class Layering(NamedTuple):
    """What lies in the layers of an image in vain.

    Attributes:
        removals: What whiteouts take away, those of the lowest layer first.
        repeats: Files that are there more than once, or are deleted; the most lost bytes first.
        efficiency: As dive counts it: for each path the smallest copy, against all copies.
        wasted: As dive counts it: bytes of all copies of files that are there more than once or
            deleted. Folders that are deleted as a whole do not count.
        added: Bytes of all layers above the base.
    """

    removals: tuple[Removal, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    efficiency: float = 1.0
    wasted: int = 0
    added: int = 0

    @property
    def share(self) -> float:
        """Wasted bytes for each byte that the layers above the base bring."""
        if not self.wasted:
            return 0.0
        return self.wasted / self.added if self.added > 0 else float("inf")


_known: WeakKeyDictionary[Rootfs, Layering] = WeakKeyDictionary()


def layering_of(rootfs: Rootfs) -> Layering:
    """What lies in the layers of a root in vain; worked out once for each root."""
    found = _known.get(rootfs)
    if found is None:
        found = _known[rootfs] = _Work(rootfs).layering()
    return found


def taken_away_by(layers: Sequence[Layer], layer: Layer, path: str) -> Layer | None:
    """The first layer above that replaces or deletes a file.

    Args:
        layers: All layers, base first.
        layer: The one that holds the file.
        path: The path of the file.
    """
    parts = path.split("/")
    markers = [_marker("/".join(parts[:n])) for n in range(1, len(parts) + 1)]
    markers += ["/".join((*parts[:n], OPAQUE_WHITEOUT)) for n in range(len(parts))]
    for upper in layers[layer.position + 1 :]:
        by_path = upper.entries.by_path
        if path in by_path or any(marker in by_path for marker in markers):
            return upper
    return next((upper for upper in layers[layer.position + 1 :] if _covers(upper, parts)), None)


def _covers(layer: Layer, parts: list[str]) -> bool:
    """Whether a layer has something else than a directory above a path."""
    entries = layer.entries
    parents = ("/".join(parts[:n]) for n in range(1, len(parts)))
    return any(
        parent in entries.by_path and entries.kinds[entries.by_path[parent]] != _DIRECTORY
        for parent in parents
    )


def _marker(path: str) -> str:
    parent, slash, base = path.rpartition("/")
    return f"{parent}{slash}{WHITEOUT_PREFIX}{base}"


class _Marker(NamedTuple):
    """One whiteout: where it stands and what it takes away."""

    layer: int
    target: str
    path: str

    @property
    def is_opaque(self) -> bool:
        return self.path.endswith(OPAQUE_WHITEOUT)


class _Work:
    """Works out the layering of one root, over columns and dicts only."""

    def __init__(self, rootfs: Rootfs) -> None:
        stack = list(reversed(list(rootfs.hidden())))
        self.tables: list[Entries] = [layer.entries for layer, _ in stack]
        # What is not visible of each layer: files, and whiteouts with what they take away.
        self.files: list[list[str]] = []
        self.gone: defaultdict[str, list[_Marker]] = defaultdict(list)
        self.opaque: defaultdict[str, list[_Marker]] = defaultdict(list)
        self._covering: dict[str, tuple[_Marker, ...]] = {}
        self._parents: dict[int, set[str]] = {}
        for number, (layer, hidden) in enumerate(stack):
            self.files.append(list(self._sort(number, layer.entries, hidden)))

    def layering(self) -> Layering:
        """The result."""
        if not any(self.files):
            return Layering()
        return self._measured(tuple(self._removals()), self._repeats())

    def _sort(self, number: int, entries: Entries, hidden: AbstractSet[str]) -> Iterator[str]:
        """Give the hidden files; note the whiteouts."""
        for path in hidden:
            marker = _read_marker(number, path) if WHITEOUT_PREFIX in path else None
            if marker is None:
                if entries.kinds[entries.by_path[path]] != _DIRECTORY:
                    yield path
            elif marker.is_opaque:
                self.opaque[marker.target].append(marker)
            else:
                self.gone[marker.target].append(marker)

    def _removals(self) -> Iterator[Removal]:
        """What whiteouts take away, gathered by whiteout."""
        if not self.gone and not self.opaque:
            return
        taken: defaultdict[_Marker, list[tuple[int, int, str]]] = defaultdict(list)
        for number, files in enumerate(self.files):
            entries = self.tables[number]
            for path in files:
                marker = self._taker(number, path)
                size = entries.sizes[entries.by_path[path]]
                if marker is not None and size > 0:
                    taken[marker].append((number, size, path))
        for marker, files_of_it in sorted(taken.items()):
            yield Removal(
                layer=marker.layer,
                marker=marker.path,
                target=marker.target,
                files=len(files_of_it),
                size=sum(size for _, size, _ in files_of_it),
                layers=tuple(sorted({number for number, _, _ in files_of_it})),
                examples=tuple(nsmallest(_EXAMPLES, (path for _, _, path in files_of_it))),
            )

    def _taker(self, number: int, path: str) -> _Marker | None:
        """The whiteout that takes a file away, unless a layer in between has replaced it."""
        covering = self._covering_of(path.rpartition("/")[0])
        above = [each for each in (*covering, *self.gone.get(path, ())) if each.layer > number]
        if not above:
            return None
        marker = min(above, key=lambda each: (each.layer, len(each.target)))
        between = self.tables[number + 1 : marker.layer]
        return None if any(path in table.by_path for table in between) else marker

    def _covering_of(self, directory: str) -> tuple[_Marker, ...]:
        """The whiteouts that take away what lies in a directory; answers are remembered."""
        unknown: list[str] = []
        known = self._covering
        while directory not in known:
            unknown.append(directory)
            if not directory:
                break
            directory = directory.rpartition("/")[0]
        answer = known.get(directory, ())
        for child in reversed(unknown):
            own = (*self.gone.get(child, ()), *self.opaque.get(child, ()))
            answer = known[child] = (*answer, *own) if own else answer
        return answer

    def _repeats(self) -> tuple[Repeat, ...]:
        """The files that have a copy which cannot be seen, with all their copies."""
        paths = set().union(*self.files)
        copies: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, entries in enumerate(self.tables):
            for path in entries.by_path.keys() & paths:
                position = entries.by_path[path]
                if entries.kinds[position] != _DIRECTORY:
                    copies[path].append((number, max(0, entries.sizes[position])))
        hidden = [set(files) for files in self.files]
        repeats = (
            Repeat(path, tuple(found), path in hidden[found[-1][0]])
            for path, found in copies.items()
        )
        return tuple(sorted(repeats, key=lambda repeat: (-repeat.lost, repeat.path)))

    def _measured(self, removals: tuple[Removal, ...], repeats: tuple[Repeat, ...]) -> Layering:
        """The figures of dive, in which a deleted folder is a node with the bytes below it."""
        nodes: list[list[int]] = []
        for repeat in repeats:
            deletions = len(self.gone.get(repeat.path, ()))
            nodes.append([size for _, size in repeat.copies] + [0] * deletions)
        folders = self._deleted_folders(removals, {repeat.path for repeat in repeats})
        several = [sizes for sizes in (*nodes, *folders) if len(sizes) > 1]
        wasted = sum(map(sum, several))
        discovered = sum(map(_unique_size, self.tables)) + sum(map(sum, folders))
        least = discovered - wasted + sum(map(min, several))
        return Layering(
            removals=removals,
            repeats=repeats,
            efficiency=least / discovered if discovered > 0 else 1.0,
            wasted=wasted,
            added=sum(sum(table.sizes) for table in self.tables[1:]),
        )

    def _deleted_folders(
        self, removals: tuple[Removal, ...], files: set[str]
    ) -> Iterable[list[int]]:
        """The sizes of the nodes of each folder that a whiteout takes away."""
        folders: defaultdict[str, list[int]] = defaultdict(list)
        for removal in removals:
            if removal.target not in files and not removal.is_opaque:
                folders[removal.target].append(removal.size)
        for folder, sizes in folders.items():
            holders = (n for n, table in enumerate(self.tables) if folder in table.by_path)
            sizes.extend(0 for n in holders if folder not in self._parents_in(n))
        return folders.values()

    def _parents_in(self, number: int) -> set[str]:
        """The directories of a layer that have something in them."""
        if number not in self._parents:
            by_path = self.tables[number].by_path
            self._parents[number] = {path.rpartition("/")[0] for path in by_path}
        return self._parents[number]


def _read_marker(number: int, path: str) -> _Marker | None:
    """The whiteout of a path; None if it is none."""
    parent, slash, base = path.rpartition("/")
    if base == OPAQUE_WHITEOUT:
        return _Marker(number, parent, path)
    if not base.startswith(WHITEOUT_PREFIX):
        return None
    return _Marker(number, f"{parent}{slash}{base.removeprefix(WHITEOUT_PREFIX)}", path)


def _unique_size(entries: Entries) -> int:
    """Bytes of all files of a layer, the last entry of each path."""
    if entries.repeated:
        return sum(entries.sizes[position] for position in entries.by_path.values())
    return sum(entries.sizes)
