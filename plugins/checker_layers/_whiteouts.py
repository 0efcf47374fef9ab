"""The names of whiteouts, as several rules look at them.

A layer may have a million of them, so there is no record for each: rules go through the paths.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.entries import OPAQUE_WHITEOUT, WHITEOUT_PREFIX, Entries

# What aufs kept in its branches; of these names only the opaque marker has a meaning elsewhere.
_META_PREFIX = ".wh..wh."
_PREFIX = len(WHITEOUT_PREFIX)
_BARE = frozenset(WHITEOUT_PREFIX + name for name in ("", ".", ".."))


def hidden_by(path: str) -> str | None:
    """The path that a whiteout hides; None if it is opaque, or names nothing."""
    folder, slash, base = path.rpartition("/")
    if base in _BARE or base.startswith(_META_PREFIX):
        return None
    return f"{folder}{slash}{base[_PREFIX:]}"


def is_opaque(path: str) -> bool:
    """Whether a whiteout hides all that lower layers have in its folder."""
    return path.endswith(OPAQUE_WHITEOUT) and path.rpartition("/")[2] == OPAQUE_WHITEOUT


def is_bare(path: str) -> bool:
    """Whether no name follows the prefix of a whiteout, or one that is no name."""
    return path.rpartition("/")[2] in _BARE


def is_meta(path: str) -> bool:
    """Whether a whiteout has a name that aufs kept for itself."""
    base = path.rpartition("/")[2]
    return base.startswith(_META_PREFIX) and base != OPAQUE_WHITEOUT


def in_order(entries: Entries, paths: Iterable[str]) -> list[int]:
    """The positions of the last entries of some paths, in order."""
    return sorted(map(entries.by_path.__getitem__, paths))
