"""What occurs in the paths of a tar, found by one search for all rules about such paths."""

from __future__ import annotations

from collections.abc import Iterable

from checker.checks.appledouble import DIRECTORIES, PREFIX
from checker.model.entries import Entries
from checker.records import NamedTuple

_BATCH = 4096
_LONG = 255
_CONTROLS = tuple(map(chr, (*range(32), 127)))
_UPPER_CASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OF_WINDOWS = ("\\", ":/")
_OF_MACOS = (f"/{PREFIX}", *(f"/{name}/" for name in DIRECTORIES))


class PathTraits(NamedTuple):
    """What may occur in the cleaned paths of a tar.

    If one of them is not ASCII, no other is looked at, and everything may occur.

    Attributes:
        other_characters: Characters that are not ASCII.
        long_paths: Paths of more than 255 characters.
        controls: Control characters.
        upper_case: Upper-case letters.
        of_windows: What paths of Windows contain, a backslash or a drive.
        of_macos: Names of the files in which macOS keeps metadata (AppleDouble).
    """

    other_characters: bool
    long_paths: bool
    controls: bool
    upper_case: bool
    of_windows: bool
    of_macos: bool


_ALL = PathTraits(*(True,) * 6)


def path_traits(entries: Entries) -> PathTraits:
    """What may occur in the paths of some entries."""
    return entries.cached(_traits_of)


def _traits_of(entries: Entries) -> PathTraits:
    paths = entries.paths
    # Whatever was found is not looked for again.
    pending = {
        "controls": _CONTROLS,
        "upper_case": _UPPER_CASE,
        "of_windows": _OF_WINDOWS,
        "of_macos": _OF_MACOS,
    }
    found = dict.fromkeys(PathTraits._fields, False)
    for start in range(0, len(paths), _BATCH):
        batch = paths[start : start + _BATCH]
        joined = "/" + "/".join(batch)
        if not joined.isascii():
            return _ALL
        for trait in [name for name, marks in pending.items() if _has_any(joined, marks)]:
            found[trait] = True
            del pending[trait]
        found["long_paths"] = found["long_paths"] or max(map(len, batch)) > _LONG
    return PathTraits(**found)


def _has_any(text: str, marks: Iterable[str]) -> bool:
    return any(mark in text for mark in marks)
