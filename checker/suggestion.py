"""Suggestions for mistyped names."""

from __future__ import annotations

from collections.abc import Iterable

_LIKENESS = 0.5
"""From 0, nothing in common, to 1, the same: what a name must have in common with another."""


def nearest(name: str, known: Iterable[str], likeness: float = _LIKENESS) -> str:
    """A suggestion for a mistyped name, in words; empty if none is similar.

    Args:
        name: The name.
        known: The names that are known.
        likeness: The least likeness, from 0 to 1.
    """
    import difflib

    names = list(known)
    same = [each for each in names if _plain(each) == _plain(name)]
    close = (
        same
        or difflib.get_close_matches(name, names, n=1, cutoff=likeness)
        or difflib.get_close_matches(name.upper(), names, n=1, cutoff=likeness)
    )
    return f"; did you mean {close[0]!r}?" if close else ""


def _plain(name: str) -> str:
    """A name without what is easily left out: ``ARC3`` for ``ARC003``."""
    return name.upper().translate({ord(char): None for char in "0-_ "})
