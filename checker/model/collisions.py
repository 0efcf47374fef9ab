"""Entries of one tar that fall on the same place."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from checker.model.entries import GLOBAL_HEADER, Entries
from checker.records import NamedTuple


class Collision(NamedTuple):
    """Two or more entries of one cleaned path.

    Attributes:
        path: The cleaned path.
        positions: Positions of the entries, in order.
        refused: Whether tar-split refuses the tar for it. That library keeps layers for Docker's
            classic store and for containers-storage; it compares names as Go's ``filepath.Clean``
            leaves them, so that ``a``, ``./a`` and ``a/`` are one, but ``/a`` is another.
    """

    path: str
    positions: tuple[int, ...]
    refused: bool


def collisions(entries: Entries) -> tuple[Collision, ...]:
    """All collisions, by the position of the first entry that repeats another.

    PAX global headers count, as they do for tar-split, which sees them as entries.
    """
    return entries.cached(_find_collisions)


def _find_collisions(entries: Entries) -> tuple[Collision, ...]:
    paths = {entries.paths[i] for i in entries.repeated}
    paths.update(_global_paths(entries))
    found = (
        Collision(path, tuple(positions), _is_refused(entries, positions))
        for path, positions in entries.positions(paths).items()
    )
    return tuple(sorted(found, key=lambda collision: collision.positions[1]))


def _global_paths(entries: Entries) -> Iterator[str]:
    counts = Counter(entries.paths[i] for i in entries.of_kind(GLOBAL_HEADER))
    for path, count in counts.items():
        if count > 1 or path in entries.by_path:
            yield path


def _is_refused(entries: Entries, positions: list[int]) -> bool:
    names = {_go_clean(entries.name(i)) for i in positions}
    return len(names) < len(positions)


def _go_clean(name: str) -> str:
    """A name as Go's ``filepath.Clean`` returns it."""
    clean = posixpath.normpath(name)
    # POSIX leaves two leading slashes alone, Go does not.
    return clean[1:] if clean.startswith("//") else clean
