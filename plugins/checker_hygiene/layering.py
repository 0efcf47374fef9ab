"""The files that layers hide in the layers below them, and the figures that dive derives.

A layer can hide hundreds of thousands of files, so the code works on dicts and columns, and keeps
numbers instead of a record for each file.

Sources: OCI image-spec 1.1, layer.md, "Whiteouts"; dive 0.13, dive/filetree/efficiency.go and
dive/image/analysis.go.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nsmallest
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from checker import Entries, Layer, Rootfs
from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT, WHITEOUT_PREFIX

T = TypeVar("T")

_DIRECTORY = ord(DIRECTORY)


class Removal(NamedTuple):
    """Files of lower layers that one whiteout hides.

    Attributes:
        layer: Number of the layer with the whiteout, from 0.
        marker: Path of the whiteout.
        target: The hidden path: a file, or a directory with all its content.
        files: Number of files with content.
        size: Their total size in bytes.
        layers: Numbers of the layers that contain them.
        is_file: Whether the target itself is a file.
    """

    layer: int
    marker: str
    target: str
    files: int
    size: int
    layers: tuple[int, ...]
    is_file: bool

    @property
    def is_opaque(self) -> bool:
        """Whether it hides the content of a directory, but not the directory."""
        return self.marker.endswith(OPAQUE_WHITEOUT)


class Repeat(NamedTuple):
    """A file with a copy that is not visible.

    Attributes:
        path: Its path.
        copies: Number of layers that contain it.
        size: Bytes of all copies.
        lost: Bytes of the copies that are not visible.
    """

    path: str
    copies: int
    size: int
    lost: int


class Layering(NamedTuple):
    """The wasted space in the layers of an image.

    Attributes:
        removals: The files that whiteouts hide, those of the lowest layer first.
        sizes: Bytes of all copies of the files with an invisible copy, by path.
        lost: Bytes of their invisible copies.
        copies: Number of layers that contain them, if it is more than one.
        efficiency: As in dive: for each path the smallest copy, compared with all copies.
        wasted: As in dive: bytes of all copies of files that occur more than once or are deleted.
            Directories that are deleted completely do not count.
        added: Bytes of all layers above the base, if anything is hidden.
    """

    removals: tuple[Removal, ...] = ()
    sizes: Mapping[str, int] = MappingProxyType({})
    lost: Mapping[str, int] = MappingProxyType({})
    copies: Mapping[str, int] = MappingProxyType({})
    efficiency: float = 1.0
    wasted: int = 0
    added: int = 0

    @property
    def share(self) -> float:
        """Wasted bytes per byte of the layers above the base."""
        if not self.wasted:
            return 0.0
        return self.wasted / self.added if self.added > 0 else float("inf")

    @property
    def emptied(self) -> tuple[str, ...]:
        """The directories that are deleted or emptied completely, each with a trailing slash."""
        targets = (removal.target for removal in self.removals if not removal.is_file)
        return tuple(f"{target}/" if target else "" for target in targets)

    def worst(
        self,
        most: int,
        least_lost: int = 1,
        least_copies: int = 1,
        beside: tuple[str, ...] = (),
    ) -> list[Repeat]:
        """The files that waste most.

        Args:
            most: Maximum number of files.
            least_lost: Minimum of wasted bytes of a file.
            least_copies: Minimum of layers that contain it.
            beside: Prefixes of the paths of files that are omitted.
        """
        worth = (
            (-lost, path)
            for path, lost in self.lost.items()
            if lost >= least_lost
            and self.copies.get(path, 1) >= least_copies
            and not path.startswith(beside)
        )
        return [
            Repeat(path, self.copies.get(path, 1), self.sizes[path], -lost)
            for lost, path in nsmallest(most, worth)
        ]


_known: WeakKeyDictionary[Rootfs, Layering] = WeakKeyDictionary()


def layering_of(rootfs: Rootfs) -> Layering:
    """The wasted space in the layers of a root; computed once for each root."""
    found = _known.get(rootfs)
    if found is None:
        found = _known[rootfs] = _Work(rootfs).layering()
    return found


def hidden_by_layer(layers: Sequence[Layer], layer: Layer, path: str) -> Layer | None:
    """The first layer above that replaces or deletes a file.

    Args:
        layers: All layers, base first.
        layer: The one that contains the file.
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
    """Whether a layer has an entry other than a directory at a parent of a path."""
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
    """One whiteout: its path and the path that it hides."""

    layer: int
    target: str
    path: str

    @property
    def is_opaque(self) -> bool:
        return self.path.endswith(OPAQUE_WHITEOUT)


class _Tally:
    """The files that one whiteout hides, while they are counted."""

    __slots__ = ("files", "is_file", "layers", "marker", "size")

    def __init__(self, marker: _Marker) -> None:
        self.marker = marker
        self.files = 0
        self.size = 0
        self.layers: set[int] = set()
        self.is_file = False

    def removal(self) -> Removal:
        layer, target, path = self.marker
        layers = tuple(sorted(self.layers))
        return Removal(layer, path, target, self.files, self.size, layers, self.is_file)


class _Copies:
    """The copies of files, by path: bytes of all, the smallest, the hidden ones; their number.

    Files with one copy have only the first and the third.
    """

    __slots__ = ("least", "lost", "number", "total")

    def __init__(self) -> None:
        self.total: dict[str, int] = {}
        self.least: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self.number: dict[str, int] = {}


class _Work:
    """Computes the layering of one root."""

    def __init__(self, rootfs: Rootfs) -> None:
        stack = list(reversed(list(rootfs.hidden())))
        self.tables: list[Entries] = [layer.entries for layer, _ in stack]
        self.hidden = [hidden for _, hidden in stack]
        self.gone: defaultdict[str, list[_Marker]] = defaultdict(list)
        self.opaque: defaultdict[str, list[_Marker]] = defaultdict(list)
        self.files = list(self._sorted_files())
        self._covering: dict[str, tuple[_Marker, ...]] = {}
        self._parents: dict[int, set[str]] = {}

    def layering(self) -> Layering:
        """The result."""
        if not any(self.files):
            return Layering()
        tallies = self._tallies() if self.gone or self.opaque else {}
        removals = tuple(tallies[marker].removal() for marker in sorted(tallies))
        return self._measured(removals)

    def _sorted_files(self) -> Iterator[list[int]]:
        """The positions of the invisible files of each layer.

        A layer that is listed several times is looked at once, unless it has whiteouts.
        """
        known: dict[tuple[int, int], list[int]] = {}
        for number, (table, hidden) in enumerate(zip(self.tables, self.hidden, strict=True)):
            key = (id(table), id(hidden))
            if table.whiteouts or key not in known:
                known[key] = list(self._sort(number))
            yield known[key]

    def _sort(self, number: int) -> Iterator[int]:
        """Yield the positions of the invisible files of a layer; record its whiteouts."""
        entries = self.tables[number]
        kinds, paths = entries.kinds, entries.paths
        for position in _among(self.hidden[number], entries.by_path):
            path = paths[position]
            marker = _read_marker(number, path) if WHITEOUT_PREFIX in path else None
            if marker is None:
                if kinds[position] != _DIRECTORY:
                    yield position
            elif marker.is_opaque:
                self.opaque[marker.target].append(marker)
            else:
                self.gone[marker.target].append(marker)

    def _tallies(self) -> dict[_Marker, _Tally]:
        """Count the files that each whiteout hides."""
        # Only for whiteouts that hide anything: hostile layers have a million others.
        tallies: dict[_Marker, _Tally] = {}
        top = max(marker.layer for marker in self._markers())
        for number, files in enumerate(self.files[:top]):
            self._count(number, files, tallies)
        # Those of the same directories count for the figures of dive as well.
        targets = {marker.target for marker in tallies}
        for marker in self._markers() if targets else ():
            if marker.target in targets and marker not in tallies:
                tallies[marker] = _Tally(marker)
        return tallies

    def _markers(self) -> Iterator[_Marker]:
        return chain(*self.gone.values(), *self.opaque.values())

    def _count(self, number: int, files: list[int], tallies: dict[_Marker, _Tally]) -> None:
        """Assign each file of a layer to the whiteout that hides it."""
        paths, sizes, gone = self.tables[number].paths, self.tables[number].sizes, self.gone
        by_directory: dict[str, _Marker | None] = {}
        for position in files:
            path, size = paths[position], sizes[position]
            directory = path[: max(0, path.rfind("/"))]
            if size <= 0:
                continue
            if directory in by_directory:
                marker = by_directory[directory]
            else:
                marker = by_directory[directory] = _first(self._covering_of(directory), number)
            is_own = False
            if path in gone:
                own = _first(gone[path], number)
                if own is not None and (marker is None or own.layer < marker.layer):
                    marker, is_own = own, True
            if marker is None or self._is_replaced(path, number, marker.layer):
                continue
            tally = tallies.get(marker)
            if tally is None:
                tally = tallies[marker] = _Tally(marker)
            tally.files += 1
            tally.size += size
            tally.layers.add(number)
            tally.is_file |= is_own

    def _is_replaced(self, path: str, number: int, end: int) -> bool:
        """Whether a layer between two others contains the file again."""
        for between in range(number + 1, end):  # noqa: SIM110 - any() takes twice as long
            if path in self.tables[between].by_path:
                return True
        return False

    def _covering_of(self, directory: str) -> tuple[_Marker, ...]:
        """The whiteouts that hide the content of a directory; answers are cached."""
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

    def _measured(self, removals: tuple[Removal, ...]) -> Layering:
        """The figures of dive, in which a deleted directory is a node with the bytes below it."""
        copies = self._copies()
        wasted = kept = 0
        for path, size in copies.total.items():
            # The node of a whiteout has no bytes.
            if path in self.gone:
                wasted += size
            elif path in copies.least:
                wasted += size
                kept += copies.least[path]
        directories = self._deleted_directories(removals, copies.total)
        several = [sizes for sizes in directories if len(sizes) > 1]
        wasted += sum(map(sum, several))
        kept += sum(map(min, several))
        discovered = sum(table.cached(_unique_size) for table in self.tables)
        discovered += sum(map(sum, directories))
        return Layering(
            removals=tuple(removal for removal in removals if removal.files),
            sizes=copies.total,
            lost=copies.lost,
            copies=copies.number,
            efficiency=(discovered - wasted + kept) / discovered if discovered > 0 else 1.0,
            wasted=wasted,
            added=sum(table.cached(_whole_size) for table in self.tables[1:]),
        )

    def _copies(self) -> _Copies:
        """The copies of all files with an invisible copy."""
        copies = _Copies()
        total, least, lost, number = copies.total, copies.least, copies.lost, copies.number
        wanted = {
            table.paths[position]
            for table, files in _unique(zip(self.tables, self.files, strict=True))
            for position in files
        }
        stack = list(zip(self.tables, self.hidden, strict=True))
        times = Counter((id(entries), id(hidden)) for entries, hidden in stack)
        for entries, hidden in _unique(stack):
            here = times[id(entries), id(hidden)]
            kinds, sizes, paths = entries.kinds, entries.sizes, entries.paths
            for position in _among(wanted, entries.by_path):
                if kinds[position] == _DIRECTORY:
                    continue
                path, size = paths[position], max(0, sizes[position])
                if path in hidden:
                    lost[path] = lost.get(path, 0) + here * size
                before = total.get(path)
                total[path] = (before or 0) + here * size
                if before is not None or here > 1:
                    first = size if before is None else before
                    least[path] = min(least.get(path, first), size)
                    number[path] = number.get(path, before is not None) + here
        return copies

    def _deleted_directories(
        self, removals: tuple[Removal, ...], files: Mapping[str, int]
    ) -> list[list[int]]:
        """The sizes of the nodes of each directory that a whiteout hides."""
        directories: defaultdict[str, list[int]] = defaultdict(list)
        for removal in removals:
            if removal.target not in files and not removal.is_opaque:
                directories[removal.target].append(removal.size)
        for directory, sizes in directories.items():
            holders = (n for n, table in enumerate(self.tables) if directory in table.by_path)
            sizes.extend(0 for n in holders if directory not in self._parents_in(n))
        return list(directories.values())

    def _parents_in(self, number: int) -> set[str]:
        """The directories of a layer that have content, with or without an entry."""
        if number not in self._parents:
            found: set[str] = set()
            pending = {path.rpartition("/")[0] for path in self.tables[number].by_path}
            while pending:
                found |= pending
                pending = {path.rpartition("/")[0] for path in pending} - found
            self._parents[number] = found
        return self._parents[number]


def _among(wanted: AbstractSet[str], by_path: Mapping[str, int]) -> list[int]:
    """The positions of those paths of a layer that are wanted.

    In the order of the layer if there are many, since sequential memory access is faster.
    """
    if len(wanted) < len(by_path) // 4:
        return [by_path[path] for path in wanted if path in by_path]
    return [position for path, position in by_path.items() if path in wanted]


def _first(markers: Sequence[_Marker], number: int) -> _Marker | None:
    """The lowest whiteout above a layer, the outermost of them."""
    if len(markers) == 1:
        return markers[0] if markers[0].layer > number else None
    above = [marker for marker in markers if marker.layer > number]
    return min(above, key=lambda marker: (marker.layer, len(marker.target)), default=None)


def _read_marker(number: int, path: str) -> _Marker | None:
    """The whiteout of a path; None if the path is not a whiteout."""
    parent, slash, base = path.rpartition("/")
    if base == OPAQUE_WHITEOUT:
        return _Marker(number, parent, path)
    if not base.startswith(WHITEOUT_PREFIX):
        return None
    return _Marker(number, f"{parent}{slash}{base.removeprefix(WHITEOUT_PREFIX)}", path)


def _unique(pairs: Iterable[tuple[Entries, T]]) -> Iterable[tuple[Entries, T]]:
    """The pairs without those of the same objects: a layer may be listed several times."""
    return {(id(table), id(other)): (table, other) for table, other in pairs}.values()


def _whole_size(entries: Entries) -> int:
    return sum(entries.sizes)


def _unique_size(entries: Entries) -> int:
    """Bytes of all files of a layer, the last entry of each path."""
    if entries.repeated:
        return sum(entries.sizes[position] for position in entries.by_path.values())
    return sum(entries.sizes)
