"""Files that rules of this bundle identify by their names, gathered in one pass over each image.

The reader collects them while it walks a layer (``ContentRequest.endings``), so that the rules need
not search hundreds of thousands of paths.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker import ContentRequest, Layer, Rootfs
from checker.model.text_files import OTHERS
from checker_hygiene.credentials import CREDENTIALS
from checker_hygiene.kept_files import (
    KeptFile,
    kept_contents,
    kept_files,
    once_for_each_layer,
    once_for_each_root,
)
from checker_hygiene.leftovers import LEFTOVERS

CREDENTIAL_FILES = ContentRequest(endings=frozenset(CREDENTIALS), limit=8192)
LEFTOVER_FILES = ContentRequest(endings=frozenset(LEFTOVERS), limit=1)

_BASES = frozenset(ending.rpartition("/")[2] for ending in (*CREDENTIALS, *LEFTOVERS))


@once_for_each_root
def find_known_files(rootfs: Rootfs) -> Iterable[KeptFile]:
    """The files with known names in all layers of a root, top layer first."""
    return kept_files(rootfs, _known_files_of)


@once_for_each_layer
def _known_files_of(layer: Layer) -> list[int]:
    """The positions of the files of a layer with known names, of which something was kept."""
    paths = layer.entries.paths
    places = ((position, paths[position].rpartition("/")) for position in kept_contents(layer))
    return [
        position
        for position, (directory, _, name) in places
        if name in _BASES and OTHERS.isdisjoint(directory.split("/"))
    ]
