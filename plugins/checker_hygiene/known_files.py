"""Files that rules of this bundle identify by their names, gathered in one pass over each image.

The reader collects them while it walks a layer (``ContentRequest.endings``), so that the rules need
not search hundreds of thousands of paths.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker import ContentRequest, Rootfs
from checker.model.text_files import OTHERS
from checker_hygiene.credentials import CREDENTIALS
from checker_hygiene.kept_files import KeptFile, kept_files, once_for_each_root
from checker_hygiene.leftovers import LEFTOVERS

CREDENTIAL_FILES = ContentRequest(endings=frozenset(CREDENTIALS), limit=8192)
LEFTOVER_FILES = ContentRequest(endings=frozenset(LEFTOVERS), limit=1)

_BASES = frozenset(ending.rpartition("/")[2] for ending in (*CREDENTIALS, *LEFTOVERS))


@once_for_each_root
def find_known_files(rootfs: Rootfs) -> Iterator[KeptFile]:
    """The files with known names in all layers of a root, top layer first."""
    for file in kept_files(rootfs):
        directory, _, name = file.path.rpartition("/")
        if name in _BASES and OTHERS.isdisjoint(directory.split("/")):
            yield file
