"""Suggestions for mistyped names."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion for a mistyped name, in words; empty if none is similar."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5) or difflib.get_close_matches(
        name.upper(), names, n=1, cutoff=0.5
    )
    return f"; did you mean {close[0]!r}?" if close else ""
