"""LYR019: paths that differ only in case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import compress, islice

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.path_traits import OTHER_CHARACTERS, UPPER_CASE, has_any_of
from checker.model.untrusted import utf8
from checker_layers.layers import TreeCheck, uses, whose

# Deleting these from joined paths keeps the separators and what may be an upper case letter.
_LOWER = bytes(set(range(1, 256)) - UPPER_CASE - OTHER_CHARACTERS)


class PathsDifferByCase(TreeCheck):
    """Two paths differ only in case.

    What it means:
        A layer contains two paths in one directory that are equal except for upper and lower case.
        On Linux these are two files: a note, since kernel modules and others have such names
        intentionally. In a Windows image it is a warning.

    Why it matters:
        Windows and macOS treat them as one file, so one of them is lost where the image is unpacked
        there, or bind-mounted and copied.

    How to fix it:
        Rename or remove one of them, unless both are intended.

    References:
        - Microsoft, "Adjust case sensitivity": NTFS ignores case by default
    """

    id = "LYR019"
    name = "paths-differ-by-case"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the paths that contain upper case letters with all others."""
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            for path, other in _pairs(layer.entries):
                yield self._report(layer, path, other, windows=of_layer[0].is_windows)

    def _report(self, layer: Layer, path: str, other: str, *, windows: bool) -> Finding:
        entries = layer.entries
        position = entries.by_path.get(path)
        return self.finding(
            layer,
            f"{whose(layer)}{path} and {other} differ only in case",
            at={"path": path, "offset": None if position is None else entries.offsets[position]},
            severity=Severity.WARNING if windows else Severity.NOTE,
        )


def _pairs(entries: Entries) -> Iterator[tuple[str, str]]:
    """Paths of one directory that are equal in lower case."""
    suspects = _with_upper_case(entries)
    if not suspects:
        return
    implied = entries.implied
    suspects += [path for path in implied if path != path.lower()]
    lowered = list(map(str.lower, suspects))
    clashing = _clashing(lowered, entries)
    seen: dict[str, str] = {}
    for path in compress(suspects, map(clashing.__contains__, lowered)) if clashing else ():
        directory, slash, base = path.rpartition("/")
        folded = f"{directory}{slash}{base.lower()}"
        if folded == path:
            continue
        other = seen.setdefault(folded, path)
        if other != path:
            yield path, other
        elif folded in entries.by_path or folded in implied:
            yield path, folded


def _clashing(lowered: list[str], entries: Entries) -> AbstractSet[str]:
    """Those of some paths in lower case that are those of several paths of a layer."""
    distinct = set(lowered)
    found = distinct & entries.by_path.keys() | distinct & entries.implied
    if len(distinct) < len(lowered):
        found.update(path for path, number in Counter(lowered).items() if number > 1)
    return found


def _with_upper_case(entries: Entries) -> list[str]:
    """The paths with an upper case letter, found without a test of each path."""
    if not has_any_of(entries, UPPER_CASE | OTHER_CHARACTERS):
        return []
    found: list[str] = []
    paths = iter(entries.paths)
    for text in entries.texts():
        letters = utf8(text).translate(None, _LOWER)[1:-1].split(b"\0")
        suspects = compress(islice(paths, len(letters)), letters)
        # Some characters that are not ASCII have no case.
        found += suspects if text.isascii() else (path for path in suspects if path != path.lower())
    return found
