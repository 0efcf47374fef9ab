"""What may occur in the paths of a tar, by the bytes that occur in any of them."""

from __future__ import annotations

from checker.model.entries import Entries

CONTROLS = frozenset((*range(1, 0x20), 0x7F))
"""Control characters but NUL, which ends names."""
UPPER_CASE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Upper-case letters of ASCII."""
OTHER_CHARACTERS = frozenset(range(0x80, 0x100))
"""Parts of characters that are not ASCII."""
OF_WINDOWS = frozenset(b"\\:")
"""What paths of Windows contain: a backslash, or the colon after a drive."""


def has_any_of(entries: Entries, wanted: frozenset[int]) -> bool:
    """Whether any of some bytes occurs in a path."""
    return not wanted.isdisjoint(entries.path_bytes)
