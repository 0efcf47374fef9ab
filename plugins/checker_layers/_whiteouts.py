"""The whiteouts of a layer, as several rules look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checker.model.entries import OPAQUE_WHITEOUT, WHITEOUT_PREFIX, Entries

# What aufs kept in its branches; of these names only the opaque marker has a meaning elsewhere.
META_PREFIX = ".wh..wh."
_BARE = frozenset(WHITEOUT_PREFIX + name for name in ("", ".", ".."))


class Whiteout(NamedTuple):
    """One whiteout.

    Attributes:
        position: Position of the last entry of this path.
        path: Its path.
        base: The last part of its path.
        hidden: The path that it hides; None if it is opaque, or names nothing.
    """

    position: int
    path: str
    base: str
    hidden: str | None

    @property
    def folder(self) -> str:
        """The path of the folder it lies in; empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def is_opaque(self) -> bool:
        """Whether it hides all that lower layers have in its folder."""
        return self.base == OPAQUE_WHITEOUT

    @property
    def is_bare(self) -> bool:
        """Whether no name follows the prefix, or one that is no name."""
        return self.base in _BARE

    @property
    def is_meta(self) -> bool:
        """Whether it is a name that aufs kept for itself."""
        return self.base.startswith(META_PREFIX) and not self.is_opaque


def whiteouts(entries: Entries) -> Iterator[Whiteout]:
    """All whiteouts, in the order of their entries."""
    by_path = entries.by_path
    for position, path in sorted((by_path[path], path) for path in entries.whiteouts):
        folder, slash, base = path.rpartition("/")
        hidden = None
        if base not in _BARE and not base.startswith(META_PREFIX):
            hidden = f"{folder}{slash}{base.removeprefix(WHITEOUT_PREFIX)}"
        yield Whiteout(position, path, base, hidden)
