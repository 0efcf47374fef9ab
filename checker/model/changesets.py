"""Layers merged as changesets: what each of them leaves visible (OCI image-spec 1.1, layer.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from checker.model.entries import DIRECTORY, Entries
from checker.model.image import Layer
from checker.records import NamedTuple

_DIRECTORY = ord(DIRECTORY)
# Paths of layers with at most so many entries are copied to one set.
_SMALL = 4096


class MergedLayer(NamedTuple):
    """One layer of a merged root.

    Attributes:
        layer: The layer.
        entries: Its entries.
        hidden: Cleaned paths of its entries that are not visible: whiteouts, and what the layers
            above replace or remove.
    """

    layer: Layer
    entries: Entries
    hidden: AbstractSet[str]


class UpperLayers(NamedTuple):
    """What the layers above hide from the layers below.

    Attributes:
        removed: Paths that a whiteout removes, with all below them.
        opaque: Directories whose content from below is removed, but not they themselves.
        implied: Directories without an entry, but with entries below them. Overlay storage makes
            them again, and so hides a file or symlink of that name (containerd 2,
            archive.mkparent; Docker 28, overlay2).
        tables: The entries of the large layers above.
        paths: Those of the small ones in one set, because an image may have many thousands.
        non_directories: Those of ``paths`` that are not directories.
    """

    removed: set[str]
    opaque: set[str]
    implied: set[str]
    tables: list[Entries]
    paths: set[str]
    non_directories: set[str]

    def empties(self, directory: str) -> bool:
        """Whether something above leaves nothing below this directory, whatever its parents.

        Nothing replaces the root: engines refuse, or ignore, another entry in its place.
        """
        if directory in self.removed or directory in self.opaque:
            return True
        return bool(directory) and self._replaces(directory)

    def emptied_among(self, directories: AbstractSet[str]) -> set[str]:
        """Those of some directories that ``empties`` is true of; not the root."""
        found: set[str] = set()
        for paths in (self.removed, self.opaque, self.non_directories):
            found |= directories & paths
        for table in self.tables:
            kinds, by_path = table.kinds, table.by_path
            known = directories & by_path.keys()
            found.update(path for path in known if kinds[by_path[path]] != _DIRECTORY)
        return found

    def _replaces(self, directory: str) -> bool:
        positions = ((table, table.by_path.get(directory)) for table in self.tables)
        return directory in self.non_directories or any(
            position is not None and table.kinds[position] != _DIRECTORY
            for table, position in positions
        )


class _LastMerge:
    """What the layers of the last stack on a base hide: rules and verdicts ask for the same."""

    def __init__(self, _base: Entries) -> None:
        self._stack: tuple[int, ...] = ()
        self._hidden: tuple[AbstractSet[str], ...] = ()

    def of(self, layers: tuple[Layer, ...]) -> tuple[AbstractSet[str], ...]:
        """The paths that are not visible, of each layer, from the top down."""
        stack = stack_of(layers)
        if stack != self._stack:
            self._stack = stack
            self._hidden = tuple(one.hidden for one in merge_layers(layers))
        return self._hidden


def stack_of(layers: Iterable[Layer]) -> tuple[int, ...]:
    """What is merged, to recognize the same stack in another image while its layers are there."""
    # Not the entries themselves: these would keep each other in memory.
    return tuple(id(layer.entries) for layer in layers)


def merged_layers(layers: tuple[Layer, ...]) -> tuple[MergedLayer, ...]:
    """``merge_layers``, of which the last result for each base is kept."""
    if not layers or not layers[0].entries:
        return tuple(merge_layers(layers))
    hidden = layers[0].entries.cached(_LastMerge).of(layers)
    return tuple(map(MergedLayer, reversed(layers), _entries_of(reversed(layers)), hidden))


def _entries_of(layers: Iterable[Layer]) -> Iterator[Entries]:
    return (layer.entries for layer in layers)


def merge_layers(layers: tuple[Layer, ...]) -> Iterator[MergedLayer]:
    """Merge layers, base first, with whiteouts and opaque markers.

    Yields:
        The layers from the top down.
    """
    upper = UpperLayers(set(), set(), set(), [], set(), set())
    repeated: dict[int, set[str]] = {}
    nothing: set[str] = set()
    for below, layer in reversed(tuple(enumerate(layers))):
        entries = layer.entries
        if not entries:
            yield MergedLayer(layer, entries, nothing)
            continue
        if id(entries) in repeated:
            # Of a layer that is listed twice, the lower one shows nothing. One set for all of
            # them, because a hostile image may list one layer many thousand times.
            paths = repeated[id(entries)]
            yield MergedLayer(layer, entries, paths or _filled(paths, entries))
            continue
        repeated[id(entries)] = set()
        yield MergedLayer(layer, entries, entries.whiteouts | _hidden_paths(entries, upper))
        if below:
            add_layer(upper, entries)


def _filled(paths: set[str], entries: Entries) -> set[str]:
    paths.update(entries.by_path)
    return paths


def _hidden_paths(entries: Entries, upper: UpperLayers) -> set[str]:
    """The paths of a layer that the layers above replace or remove."""
    paths = entries.by_path.keys()
    if not paths or not (upper.tables or upper.paths):
        return set()
    hidden: set[str] = paths & upper.removed if upper.removed else set()
    for others in (upper.paths, *(table.by_path.keys() for table in upper.tables)):
        if others:
            hidden |= paths & others
    hidden.update(path for path in paths & upper.implied if not _is_directory(entries, path))
    # Few directories contain many files, and mostly none of them is emptied.
    gone = _emptied_directories(entries, upper)
    if gone:
        hidden.update(path for path in paths if path.rpartition("/")[0] in gone)
    return hidden


def _emptied_directories(entries: Entries, upper: UpperLayers) -> set[str]:
    """The directories of a layer of which the layers above leave nothing; the root is ``""``."""
    directories = entries.directories
    gone = upper.emptied_among(directories)
    if upper.empties(""):
        gone.add("")
    if not gone and entries.knows_all_directories:
        return gone
    known = dict.fromkeys(gone, True)
    known.setdefault("", False)
    gone.update(path for path in directories - gone if _is_emptied(path, upper, known))
    return gone


def _is_emptied(directory: str, upper: UpperLayers, known: dict[str, bool]) -> bool:
    """Whether a directory or a parent of it is emptied; ``known`` remembers the answers."""
    unknown: list[str] = []
    while directory not in known:
        unknown.append(directory)
        directory = directory.rpartition("/")[0]
    answer = known[directory]
    for child in reversed(unknown):
        answer = known[child] = answer or upper.empties(child)
    return answer


def _is_directory(entries: Entries, path: str) -> bool:
    return entries.kinds[entries.by_path[path]] == _DIRECTORY


def add_layer(upper: UpperLayers, entries: Entries) -> None:
    """Add what a layer hides from those below it.

    Args:
        upper: The layers above, which this one joins.
        entries: The entries of the layer.
    """
    upper.removed.update(entries.hides.removed)
    upper.opaque.update(entries.hides.emptied)
    upper.implied.update(_implied_directories(entries, entries.whiteouts))
    if len(entries) > _SMALL:
        upper.tables.append(entries)
        return
    upper.paths.update(entries.by_path)
    upper.non_directories.update(
        path for path, position in entries.by_path.items() if entries.kinds[position] != _DIRECTORY
    )


def _implied_directories(entries: Entries, whiteouts: AbstractSet[str]) -> set[str]:
    """The directories without an entry that have entries of a layer below them, not whiteouts."""
    paths = entries.by_path.keys()
    if not whiteouts:
        return set(entries.directories - paths)
    found: set[str] = set()
    pending = parents_of(paths - whiteouts) - paths
    while pending:
        found |= pending
        pending = parents_of(pending) - paths - found
    return found - {""}


def parents_of(paths: Iterable[str]) -> set[str]:
    """The directories that cleaned paths are in; the root is the empty path."""
    return {path.rpartition("/")[0] for path in paths}
