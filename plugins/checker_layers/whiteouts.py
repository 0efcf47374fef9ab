"""The names of whiteouts, as several rules check them.

A layer may have a million of them, so rules iterate over the paths; there are no records.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker import Entries
from checker.model.entries import BARE_WHITEOUTS, META_PREFIX, OPAQUE_WHITEOUT


def is_opaque(path: str) -> bool:
    """Whether a whiteout hides everything that lower layers contain in its directory."""
    return path.endswith(OPAQUE_WHITEOUT) and path.rpartition("/")[2] == OPAQUE_WHITEOUT


def is_bare(path: str) -> bool:
    """Whether the prefix of a whiteout is followed by an empty name, ``.`` or ``..``."""
    return path.rpartition("/")[2] in BARE_WHITEOUTS


def is_meta(path: str) -> bool:
    """Whether a whiteout has a name that is reserved by aufs."""
    base = path.rpartition("/")[2]
    return base.startswith(META_PREFIX) and base != OPAQUE_WHITEOUT


def in_order(entries: Entries, paths: Iterable[str]) -> list[int]:
    """The positions of the last entries of some paths, in order."""
    return sorted(map(entries.by_path.__getitem__, paths))
