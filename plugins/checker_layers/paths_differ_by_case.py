"""LYR019: paths that differ only in case."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.path_traits import OTHER_CHARACTERS, UPPER_CASE, has_any_of
from checker_layers.layers import TreeCheck, uses, whose

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Deleting these from joined ASCII paths keeps the upper case letters and the separators.
_ALL_BUT_UPPER = bytes(code for code in range(256) if chr(code) not in _UPPER + "\n")


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
    lower = set(map(str.lower, suspects))
    if (
        len(lower) == len(suspects)
        and lower.isdisjoint(entries.by_path)
        and lower.isdisjoint(implied)
    ):
        return
    seen: dict[str, str] = {}
    for path in suspects:
        directory, slash, base = path.rpartition("/")
        folded = f"{directory}{slash}{base.lower()}"
        if folded == path:
            continue
        other = seen.setdefault(folded, path)
        if other != path:
            yield path, other
        elif folded in entries.by_path or folded in implied:
            yield path, folded


def _with_upper_case(entries: Entries) -> list[str]:
    """The paths with an upper case letter, found without a test of each path."""
    if not has_any_of(entries, UPPER_CASE | OTHER_CHARACTERS):
        return []
    paths = entries.paths
    joined = "\n".join(paths)
    if joined.isascii():
        letters = joined.encode().translate(None, _ALL_BUT_UPPER).split(b"\n")
        # The numbers differ if a path contains a line break.
        if len(letters) == len(paths):
            return list(compress(paths, letters))
    return [path for path in paths if path != path.lower()]
