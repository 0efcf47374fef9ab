"""Files of layers whose content the reader has kept, with whether they are visible in the root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import wraps
from weakref import WeakKeyDictionary

from checker import Entries, Layer, Rootfs
from checker.records import NamedTuple
from checker.typing_names import TypeVar

T = TypeVar("T")


class KeptFile(NamedTuple):
    """A file with the part of its content that was kept.

    Attributes:
        layer: The layer that contains it.
        position: Its position in the layer.
        path: Its path.
        content: Its first bytes, at least as many as a rule has requested.
        hidden_paths: The paths of the layer that the layers above replace or delete.
    """

    layer: Layer
    position: int
    path: str
    content: bytes
    hidden_paths: AbstractSet[str]

    @property
    def is_hidden(self) -> bool:
        """Whether another entry replaces or deletes it, so that it is not in the root."""
        last = self.layer.entries.by_path.get(self.path)
        return self.path in self.hidden_paths or last != self.position

    def ends_with(self, ending: str) -> bool:
        """Whether its path ends with these components."""
        return self.path == ending or self.path.endswith(f"/{ending}")


def kept_contents(layer: Layer) -> Mapping[int, bytes]:
    """The first bytes of files of a layer, by position, as far as they were kept."""
    return {} if layer.tar is None else layer.tar.contents


def kept_files(rootfs: Rootfs, chosen: Callable[[Layer], Iterable[int]]) -> Iterator[KeptFile]:
    """Files of all layers of a root whose content was kept, top layer first.

    Args:
        rootfs: The root.
        chosen: Gives the positions of those of a layer that are wanted.
    """
    for layer, hidden in rootfs.hidden():
        paths, contents = layer.entries.paths, kept_contents(layer)
        for position in chosen(layer):
            yield KeptFile(layer, position, paths[position], contents[position], hidden)


def once_for_each_layer(find: Callable[[Layer], T]) -> Callable[[Layer], T]:
    """Keep what a function finds in a layer with its entries, which many images may share.

    Args:
        find: The function. What it finds does not have the layer, which belongs to one image.
    """

    def nothing_so_far(_entries: Entries) -> list[T]:
        return []

    @wraps(find)
    def found_in(layer: Layer) -> T:
        known = layer.entries.cached(nothing_so_far)
        if not known:
            known.append(find(layer))
        return known[0]

    return found_in


def once_for_each_root(find: Callable[[Rootfs], Iterable[T]]) -> Callable[[Rootfs], tuple[T, ...]]:
    """Keep what a function finds in a root as long as the root, since several rules ask for it."""
    known: WeakKeyDictionary[Rootfs, tuple[T, ...]] = WeakKeyDictionary()

    @wraps(find)
    def found_in(rootfs: Rootfs) -> tuple[T, ...]:
        found = known.get(rootfs)
        if found is None:
            found = known[rootfs] = tuple(find(rootfs))
        return found

    return found_in
