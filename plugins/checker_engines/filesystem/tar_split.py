"""tar-split, which stores what is needed to reassemble a layer, and refuses duplicate names.

Source: vbatts/tar-split, tar/storage/packer.go, as in Docker's classic store and in
containers-storage.
"""

from __future__ import annotations

from checker.model.collisions import collisions
from checker.model.entries import Entries

DUPLICATES = "duplicates of file paths not supported"


def first_duplicate(entries: Entries) -> int | None:
    """Position of the first entry that tar-split refuses; None if there is none."""
    refused = (each for each in collisions(entries) if each.refused)
    return min((each.positions[1] for each in refused), default=None)
