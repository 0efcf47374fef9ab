"""Files that rules of this bundle know by their names, gathered in one pass over each image.

The reader picks them up while it walks a layer (``ContentRequest.endings``), so that nobody has to
look through hundreds of thousands of paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from checker.model.content import ContentRequest
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker_hygiene.credentials import CREDENTIALS
from checker_hygiene.leftovers import LEFTOVERS

CREDENTIAL_FILES = ContentRequest(endings=frozenset(CREDENTIALS), limit=8192)
LEFTOVER_FILES = ContentRequest(endings=frozenset(LEFTOVERS), limit=1)

_BASES = frozenset(ending.rpartition("/")[2] for ending in (*CREDENTIALS, *LEFTOVERS))
# Folders of what others wrote: tests, examples, documentation and packages with their own.
FOREIGN = frozenset(
    {
        *("test", "tests", "testing", "testdata", "test-data", "__tests__", "spec", "specs"),
        *("fixtures", "example", "examples", "sample", "samples", "demo", "doc", "docs", "man"),
        *("node_modules", "vendor", "site-packages", "dist-packages", "gems", "mod", "registry"),
        *("bower_components", "third_party", "licenses"),
    }
)
"""Names of folders in which a file says nothing of who made the image."""


class Find(NamedTuple):
    """A file whose name is known.

    Attributes:
        layer: The layer that holds it.
        position: Its position in the layer.
        path: Its path.
        head: Its first bytes.
        is_hidden: Whether it is not in the root filesystem, because something replaces or deletes
            it.
    """

    layer: Layer
    position: int
    path: str
    head: bytes
    is_hidden: bool

    def ends_with(self, ending: str) -> bool:
        """Whether the last parts of its path are these."""
        return self.path == ending or self.path.endswith(f"/{ending}")


_known: WeakKeyDictionary[Rootfs, tuple[Find, ...]] = WeakKeyDictionary()


def finds_of(rootfs: Rootfs) -> tuple[Find, ...]:
    """The files of known names in all layers of a root, top layer first."""
    found = _known.get(rootfs)
    if found is None:
        found = _known[rootfs] = tuple(_find(rootfs))
    return found


def _find(rootfs: Rootfs) -> Iterator[Find]:
    for layer, hidden in rootfs.hidden():
        tar = layer.blob.tar if layer.blob else None
        for position, head in () if tar is None else tar.contents.items():
            path = layer.entries.paths[position]
            if path[path.rfind("/") + 1 :] in _BASES and FOREIGN.isdisjoint(path.split("/")[:-1]):
                is_last = layer.entries.by_path.get(path) == position
                yield Find(layer, position, path, head, path in hidden or not is_last)
