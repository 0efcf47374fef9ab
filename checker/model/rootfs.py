"""The root filesystem: layers merged with whiteouts and opaque markers."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from checker.model.entries import (
    DIRECTORY,
    OPAQUE_WHITEOUT,
    WHITEOUT_PREFIX,
    Entries,
    Entry,
    clean_path,
)
from checker.model.image import Image, Layer
from checker.model.location import Location
from checker.model.members import LINKS_FOLLOWED

_DIRECTORY = ord(DIRECTORY)


class Placed(NamedTuple):
    """An entry of the merged root, and the layer it comes from."""

    layer: Layer
    entry: Entry


class _Shade(NamedTuple):
    """What the layers above hide from the layers below.

    Attributes:
        gone: Paths that a whiteout takes away, with all below them.
        opaque: Directories whose content from below is gone, but not they themselves.
        implied: Directories that have no entry of their own, but entries below them. Overlay
            storage makes them anew, and so hides a file or symlink of that name (containerd 2,
            archive.mkparent; Docker 28, overlay2).
        tables: The entries of the layers above.
    """

    gone: set[str]
    opaque: set[str]
    implied: set[str]
    tables: list[Entries]

    def empties(self, directory: str) -> bool:
        """Whether something above leaves nothing below this directory, whatever its parents."""
        return directory in self.gone or directory in self.opaque or self._replaced(directory)

    def _replaced(self, directory: str) -> bool:
        positions = ((table, table.by_path.get(directory)) for table in self.tables)
        return any(
            position is not None and table.kinds[position] != _DIRECTORY
            for table, position in positions
        )


class Rootfs:
    """A merged root filesystem.

    No path is copied: each layer keeps its own table, and only what is hidden is noted, because a
    merged table of millions of files would double the memory.

    Args:
        location: The image or archive.
        layers: The layers, base first.
        image: The image, if it is the root of one.
    """

    __slots__ = ("__weakref__", "_stack", "image", "layers", "location")

    def __init__(
        self,
        location: Location,
        layers: tuple[Layer, ...],
        image: Image | None = None,
    ) -> None:
        self.location = location
        self.layers = layers
        self.image = image
        self._stack: list[tuple[Layer, Entries, set[str]]] = list(_merge(layers))

    def __iter__(self) -> Iterator[Placed]:
        """Every entry that is visible, top layer first, whiteouts left out."""
        for layer, entries, hidden in self._stack:
            for path, position in entries.by_path.items():
                if path not in hidden:
                    yield Placed(layer, entries[position])

    def __len__(self) -> int:
        return sum(len(entries.by_path) - len(hidden) for _, entries, hidden in self._stack)

    @property
    def is_whole(self) -> bool:
        """Whether every layer is there and was read to its end; else nothing is known for sure."""
        return all(map(_is_whole, self.layers))

    def kept(self) -> Iterator[tuple[Layer, int, bytes]]:
        """The visible files whose first bytes were kept, top layer first.

        Yields:
            The layer, the position of the file among its entries, and the bytes. No entry is
            made of a row, so that a rule can look through many files.
        """
        for layer, entries, hidden in self._stack:
            tar = layer.blob.tar if layer.blob else None
            for position, head in () if tar is None else tar.contents.items():
                path = entries.paths[position]
                if entries.by_path.get(path) == position and path not in hidden:
                    yield layer, position, head

    def hidden(self) -> Iterator[tuple[Layer, AbstractSet[str]]]:
        """What of each layer is not visible, top layer first.

        Yields:
            The layer, and the paths that layers above replace or take away, whiteouts of the layer
            itself included.
        """
        for layer, _, hidden in self._stack:
            yield layer, hidden

    def get(self, path: str) -> Placed | None:
        """The visible entry at a cleaned path; no link is followed."""
        for layer, entries, hidden in self._stack:
            position = entries.by_path.get(path)
            if position is not None and path not in hidden:
                return Placed(layer, entries[position])
        return None

    def file_of(self, placed: Placed) -> Placed | None:
        """The entry that holds the content: of a hard link, the file that it links to.

        Returns:
            None if the target is not there, or links form a loop.
        """
        for _ in range(LINKS_FOLLOWED):
            layer, entry = placed
            if not entry.is_hard_link:
                return placed
            target = clean_path(entry.linkname)
            # The link keeps the content even if a layer above takes the target away.
            own = layer.entries.get(target)
            found = self.get(target) if own is None else Placed(layer, own)
            if found is None:
                return None
            placed = found
        return None

    def content(self, placed: Placed) -> bytes | None:
        """The first bytes of a file that some check asked for; None if they were not kept.

        A hard link shows the content of the file it links to.
        """
        file = self.file_of(placed)
        tar = file.layer.blob.tar if file is not None and file.layer.blob else None
        if file is None or tar is None or not file.entry.is_file:
            return None
        return tar.contents.get(file.entry.position) if file.entry.size else b""

    def resolve(self, path: str) -> Placed | None:
        """The entry at a path, symlinks followed inside the root, as ``chroot`` would.

        Returns:
            None if nothing is there, a link dangles, or links form a loop.
        """
        pending = _parts(path)
        done: list[str] = []
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":
                del done[-1:]
                continue
            here = self.get("/".join((*done, part)))
            if here is None or not here.entry.is_symlink:
                done.append(part)
                continue
            followed += 1
            if followed > LINKS_FOLLOWED:
                return None
            if here.entry.linkname.startswith("/"):
                done = []
            pending += _parts(here.entry.linkname)
        return self.get("/".join(done)) if done else None


def _parts(path: str) -> list[str]:
    """The parts of a path, last one first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _is_whole(layer: Layer) -> bool:
    blob = layer.blob
    if blob is None or blob.tar is None or not blob.whole or blob.tar.fatal is not None:
        return False
    # The limit on content leaves out first bytes of files, and no entry.
    return all(reached.limit == "content" for reached in blob.tar.limits)


def _merge(layers: tuple[Layer, ...]) -> Iterator[tuple[Layer, Entries, set[str]]]:
    """Layers from the top down, each with its paths that are not visible."""
    shade = _Shade(set(), set(), set(), [])
    for below, layer in reversed(tuple(enumerate(layers))):
        entries = layer.entries
        markers = set(entries.whiteouts)
        yield layer, entries, markers | _hidden(entries, shade)
        if below:
            _cast(markers, entries, shade)


def _hidden(entries: Entries, shade: _Shade) -> set[str]:
    """The paths of a layer that the layers above replace or take away."""
    if not shade.tables:
        return set()
    paths = entries.by_path.keys()
    hidden = paths & shade.gone
    for upper in shade.tables:
        hidden |= paths & upper.by_path.keys()
    hidden.update(path for path in paths & shade.implied if not _is_directory(entries, path))
    emptied: dict[str, bool] = {"": shade.empties("")}
    hidden.update(path for path in paths if _is_emptied(path.rpartition("/")[0], shade, emptied))
    return hidden


def _is_emptied(directory: str, shade: _Shade, known: dict[str, bool]) -> bool:
    """Whether a directory or a parent of it is emptied; ``known`` remembers the answers."""
    unknown: list[str] = []
    while directory not in known:
        unknown.append(directory)
        directory = directory.rpartition("/")[0]
    answer = known[directory]
    for child in reversed(unknown):
        answer = known[child] = answer or shade.empties(child)
    return answer


def _is_directory(entries: Entries, path: str) -> bool:
    return entries.kinds[entries.by_path[path]] == _DIRECTORY


def _cast(markers: set[str], entries: Entries, shade: _Shade) -> None:
    """Add what a layer hides from those below it."""
    for marker in markers:
        parent, _, base = marker.rpartition("/")
        if base == OPAQUE_WHITEOUT:
            shade.opaque.add(parent)
        else:
            hidden = base.removeprefix(WHITEOUT_PREFIX)
            shade.gone.add(f"{parent}/{hidden}" if parent else hidden)
    shade.implied.update(_implied(entries, markers))
    shade.tables.append(entries)


def _implied(entries: Entries, markers: set[str]) -> set[str]:
    """The directories without an entry that the entries of a layer, but no markers, lie in."""
    paths = entries.by_path.keys()
    found: set[str] = set()
    pending = {path.rpartition("/")[0] for path in (paths - markers if markers else paths)} - paths
    while pending:
        found |= pending
        pending = {path.rpartition("/")[0] for path in pending} - paths - found
    return found - {""}
