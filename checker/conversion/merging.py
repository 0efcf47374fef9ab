"""Which entries a flat root consists of, and where hard links of merged layers lead.

What is visible is what ``Rootfs`` says (OCI image-spec 1.1, layer.md). A hard link keeps its
content when its target is removed or replaced above: then the first of the links becomes the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.conversion.records import ConversionError
from checker.model.entries import HARD_LINK
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.records import NamedTuple

_BEFORE_ALL = "\0"


class Place(NamedTuple):
    """An entry of one of the layers.

    Attributes:
        layer: Position of the layer, 0 for the base.
        position: Position of the entry in the layer.
    """

    layer: int
    position: int


class FlatEntry(NamedTuple):
    """An entry of the flat root.

    Attributes:
        path: Its path, without outer slashes; empty for the root.
        place: The entry that it is written from; None for a directory that no layer has.
        link: The path that it is a hard link to; None if it is not one.
    """

    path: str
    place: Place | None
    link: str | None = None


def flat_entries(root: Rootfs) -> Iterator[FlatEntry]:
    """The entries of the flat root, in the order of a walk through sorted directories.

    So ``docker export`` writes them. Directories that only have entries below them are added.

    Raises:
        ConversionError: A hard link leads nowhere.
    """
    merge = _Merge(root)
    written: dict[Place, str] = {}
    for path, place in merge.sorted_entries():
        if place is None:
            yield FlatEntry(path, None)
            continue
        file = merge.file_of(place)
        first = written.get(file)
        if first is None:
            if merge.has_links(file):
                written[file] = path
            yield FlatEntry(path, file)
        else:
            yield FlatEntry(path, place, first)


class _Merge:
    """The visible entries of merged layers.

    Args:
        root: The merged layers.
    """

    def __init__(self, root: Rootfs) -> None:
        self._numbers = {id(layer): number for number, layer in enumerate(root.layers)}
        self._visible = {found.path: self._place(found) for found in root}
        self._files = {
            self._place(link): self._place(_file_of(root, link)) for link in root.of_kind(HARD_LINK)
        }
        self._linked = set(self._files.values())

    def _place(self, found: RootfsEntry) -> Place:
        return Place(self._numbers[id(found.layer)], found.position)

    def sorted_entries(self) -> Iterator[tuple[str, Place | None]]:
        """Paths in the order of a walk, with the directories that no layer has an entry of."""
        paths = sorted(self._visible, key=_order)
        known: set[str] = set()
        for path in paths:
            for parent in _parents(path):
                if parent not in known and parent not in self._visible:
                    yield parent, None
                known.add(parent)
            known.add(path)
            yield path, self._visible[path]

    def file_of(self, place: Place) -> Place:
        """The entry with the content: of a hard link, the file that it links to."""
        return self._files.get(place, place)

    def has_links(self, file: Place) -> bool:
        """Whether hard links lead to a file."""
        return file in self._linked


def _file_of(root: Rootfs, link: RootfsEntry) -> RootfsEntry:
    """The file that a hard link leads to.

    Raises:
        ConversionError: It leads nowhere; engines refuse such a layer.
    """
    file = root.file_of(link)
    if file is None:
        target = link.layer.entries.linknames.get(link.position, "")
        raise ConversionError(
            f"{link.path} in layer {link.layer.position} is a hard link to {target}, "
            "which is not there"
        )
    return file


def _order(path: str) -> str:
    """A directory directly before what is in it, and names as a sorted listing has them."""
    return path.replace("/", _BEFORE_ALL)


def _parents(path: str) -> Iterator[str]:
    """The directories that a path is in, the outermost first; without the root."""
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
