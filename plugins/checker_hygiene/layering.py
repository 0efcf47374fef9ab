"""The files that layers hide in the layers below them, and the figures that dive derives.

A layer can hide hundreds of thousands of files, so the code works on dicts and columns, and keeps
numbers instead of a record for each file.

Sources: OCI image-spec 1.1, layer.md, "Whiteouts"; dive 0.13, dive/filetree/efficiency.go and
dive/image/analysis.go.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from types import MappingProxyType
from weakref import WeakKeyDictionary

from checker import Check, Entries, Layer, Limits, Rootfs
from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT, WHITEOUT_PREFIX
from checker.records import NamedTuple
from checker.typing_names import TypeVar
from checker_hygiene.hidden_files import hidden_files, positions_of

T = TypeVar("T")

_DIRECTORY = ord(DIRECTORY)
# Files that are counted again, because a hostile image lists their layer many times.
_FILES_PER_LOOKUP = 2
_LEFT_OUT = "not all hidden files of layers that are listed again were counted"
_LIMITS = Limits()


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
        is_whole: Whether all files were counted.
    """

    removals: tuple[Removal, ...] = ()
    sizes: Mapping[str, int] = MappingProxyType({})
    lost: Mapping[str, int] = MappingProxyType({})
    copies: Mapping[str, int] = MappingProxyType({})
    efficiency: float = 1.0
    wasted: int = 0
    added: int = 0
    is_whole: bool = True

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


def layering_for(check: Check, rootfs: Rootfs) -> Layering:
    """The same for a rule, which tells if not everything was counted."""
    found = layering_of(rootfs, check.context.limits)
    if not found.is_whole:
        check.leave_out(_LEFT_OUT)
    return found


def layering_of(rootfs: Rootfs, limits: Limits = _LIMITS) -> Layering:
    """The wasted space in the layers of a root; computed once for each root.

    Args:
        rootfs: The root.
        limits: ``lookups`` bounds what is counted again.
    """
    found = _known.get(rootfs)
    if found is None:
        again = limits.lookups * _FILES_PER_LOOKUP
        found = _known[rootfs] = _Work(rootfs, again).layering()
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
    """One whiteout: the number of its layer, what it hides, and whether only the content of it."""

    layer: int
    target: str
    is_opaque: bool


class _Tally:
    """The files that one whiteout hides, while they are counted."""

    __slots__ = ("files", "is_file", "layers", "marker", "size")

    def __init__(self, marker: _Marker) -> None:
        self.marker = marker
        self.files = 0
        self.size = 0
        self.layers: set[int] = set()
        self.is_file = False

    def removal(self, entries: Entries) -> Removal:
        """The result; ``entries`` are those of the layer that has the whiteout."""
        layer, target, is_opaque = self.marker
        path = OPAQUE_WHITEOUT if is_opaque else entries.hides.removed[target]
        if is_opaque and target:
            path = f"{target}/{OPAQUE_WHITEOUT}"
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


class _Markers:
    """The lowest whiteouts of the layers above the one that is looked at, by what they hide."""

    def __init__(self) -> None:
        self.gone: dict[str, int] = {}
        self._opaque: dict[str, int] = {}
        self._covering: dict[str, _Marker | None] = {}

    def __bool__(self) -> bool:
        return bool(self.gone or self._opaque)

    def add(self, number: int, entries: Entries) -> None:
        """Add the whiteouts of a layer below those that were added."""
        hides = entries.hides
        if hides.removed or hides.emptied:
            self.gone.update(dict.fromkeys(hides.removed, number))
            self._opaque.update(dict.fromkeys(hides.emptied, number))
            self._covering = {}

    def covering(self, directory: str) -> _Marker | None:
        """The lowest whiteout that hides the content of a directory, the outermost of them."""
        unknown: list[str] = []
        known = self._covering
        while directory not in known:
            unknown.append(directory)
            if not directory:
                break
            directory = directory.rpartition("/")[0]
        answer = known.get(directory)
        for child in reversed(unknown):
            for layer, is_opaque in (
                (self.gone.get(child), False),
                (self._opaque.get(child), True),
            ):
                if layer is not None and (answer is None or layer < answer.layer):
                    answer = _Marker(layer, child, is_opaque)
            known[child] = answer
        return answer


class _Work:
    """Computes the layering of one root."""

    def __init__(self, rootfs: Rootfs, again: int) -> None:
        self._again = again
        self._is_whole = True
        stack = list(reversed(list(rootfs.hidden())))
        self.tables: list[Entries] = [layer.entries for layer, _ in stack]
        self.hidden = [hidden for _, hidden in stack]
        self.markers = _Markers()
        self.files = hidden_files(rootfs)
        self._parents: dict[int, set[str]] = {}

    def layering(self) -> Layering:
        """The result."""
        if not any(self.files):
            return Layering()
        tallies = self._tallies()
        removals = tuple(
            tallies[marker].removal(self.tables[marker.layer]) for marker in sorted(tallies)
        )
        return self._measured(removals)

    def _tallies(self) -> dict[_Marker, _Tally]:
        """Count the files that each whiteout hides, from the top layer down."""
        # Only for whiteouts that hide anything: hostile layers have a million others.
        tallies: dict[_Marker, _Tally] = {}
        # The lowest layer above that contains a path, if whiteouts above that hide the path.
        replaced: dict[str, int] = {}
        seen: set[int] = set()
        again = self._again
        for number in range(len(self.tables) - 1, -1, -1):
            files = self.files[number]
            if id(files) in seen:
                again -= len(files)
            is_counted = id(files) not in seen or again >= 0
            self._is_whole &= is_counted or not self.markers
            if self.markers and is_counted:
                self._count(number, files, tallies, replaced)
                if number:
                    replaced.update(dict.fromkeys(self.hidden[number], number))
            seen.add(id(files))
            self.markers.add(number, self.tables[number])
        return tallies

    def _count(
        self,
        number: int,
        files: list[int],
        tallies: dict[_Marker, _Tally],
        replaced: Mapping[str, int],
    ) -> None:
        """Assign each file of a layer to the whiteout that hides it."""
        paths, sizes, gone = self.tables[number].paths, self.tables[number].sizes, self.markers.gone
        by_directory: dict[str, _Marker | None] = {}
        for position in files:
            path, size = paths[position], sizes[position]
            directory = path[: max(0, path.rfind("/"))]
            if size <= 0:
                continue
            if directory in by_directory:
                marker = by_directory[directory]
            else:
                marker = by_directory[directory] = self.markers.covering(directory)
            is_own = False
            own = gone.get(path)
            if own is not None and (marker is None or own < marker.layer):
                marker, is_own = _Marker(own, path, is_opaque=False), True
            if marker is None or replaced.get(path, marker.layer) < marker.layer:
                continue
            tally = tallies.get(marker)
            if tally is None:
                tally = tallies[marker] = _Tally(marker)
            tally.files += 1
            tally.size += size
            tally.layers.add(number)
            tally.is_file |= is_own

    def _measured(self, removals: tuple[Removal, ...]) -> Layering:
        """The figures of dive, in which a deleted directory is a node with the bytes below it."""
        copies = self._copies()
        wasted = kept = 0
        for path, size in copies.total.items():
            # The node of a whiteout has no bytes.
            if path in self.markers.gone:
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
            is_whole=self._is_whole,
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
            for position in positions_of(wanted, entries.by_path):
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
        for directory in self._hidden_again(removals):
            if directory not in files:
                directories[directory].append(0)
        for directory, sizes in directories.items():
            holders = (n for n, table in enumerate(self.tables) if directory in table.by_path)
            sizes.extend(0 for n in holders if directory not in self._parents_in(n))
        return list(directories.values())

    def _hidden_again(self, removals: Sequence[Removal]) -> Iterator[str]:
        """What other whiteouts hide as well, which hide no file."""
        targets = {removal.target for removal in removals}
        counted = Counter(removal.target for removal in removals if not removal.is_opaque)
        listed = Counter(map(id, self.tables)) if targets else Counter[int]()
        number: Counter[str] = Counter()
        for entries in {id(table): table for table in self.tables}.values():
            for target in entries.hides.removed.keys() & targets if listed else ():
                number[target] += listed[id(entries)]
        return (target for target, times in number.items() if times > counted[target])

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
