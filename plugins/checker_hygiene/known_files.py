"""Files that rules of this bundle identify by their names, gathered in one pass over each image.

The reader collects them while it walks a layer (``ContentRequest.endings``), so that the rules need
not search hundreds of thousands of paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from checker import ContentRequest, Layer, Rootfs
from checker.model.text_files import OTHERS
from checker.records import NamedTuple
from checker_hygiene.credentials import CREDENTIALS
from checker_hygiene.leftovers import LEFTOVERS

CREDENTIAL_FILES = ContentRequest(endings=frozenset(CREDENTIALS), limit=8192)
LEFTOVER_FILES = ContentRequest(endings=frozenset(LEFTOVERS), limit=1)

_BASES = frozenset(ending.rpartition("/")[2] for ending in (*CREDENTIALS, *LEFTOVERS))
FOREIGN = OTHERS
"""Names of directories whose files do not come from the author of the image."""


class KnownFile(NamedTuple):
    """A file with a known name.

    Attributes:
        layer: The layer that contains it.
        position: Its position in the layer.
        path: Its path.
        head: Its first bytes.
        is_hidden: Whether it is not visible in the root filesystem, because another entry replaces
            or deletes it.
    """

    layer: Layer
    position: int
    path: str
    head: bytes
    is_hidden: bool

    def ends_with(self, ending: str) -> bool:
        """Whether its path ends with these components."""
        return self.path == ending or self.path.endswith(f"/{ending}")


_known: WeakKeyDictionary[Rootfs, tuple[KnownFile, ...]] = WeakKeyDictionary()


def find_known_files(rootfs: Rootfs) -> tuple[KnownFile, ...]:
    """The files with known names in all layers of a root, top layer first."""
    found = _known.get(rootfs)
    if found is None:
        found = _known[rootfs] = tuple(_find(rootfs))
    return found


def _find(rootfs: Rootfs) -> Iterator[KnownFile]:
    for layer, hidden in rootfs.hidden():
        tar = layer.blob.tar if layer.blob else None
        for position, head in () if tar is None else tar.contents.items():
            path = layer.entries.paths[position]
            if path[path.rfind("/") + 1 :] in _BASES and FOREIGN.isdisjoint(path.split("/")[:-1]):
                is_last = layer.entries.by_path.get(path) == position
                yield KnownFile(layer, position, path, head, path in hidden or not is_last)
