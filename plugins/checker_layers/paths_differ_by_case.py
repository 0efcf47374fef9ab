"""LYR019: paths that differ by the case of letters alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entries
from checker.model.image import Layer
from checker_layers._layers import no_tree_reason, uses, whose

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What is left of ASCII paths if everything but upper case and the mark between them is deleted.
_ALL_BUT_UPPER = bytes(code for code in range(256) if chr(code) not in _UPPER + "\n")


class PathsDifferByCase(Check):
    """Two paths differ by the case of letters alone.

    What it means:
        A layer holds two paths in one folder that are the same but for upper and lower case. For
        Linux these are two files: a note, since the kernel's modules and others have such names on
        purpose. In a Windows image it is a warning.

    Why it matters:
        Windows and macOS take them for one, so one of them is lost where the image is unpacked
        there, or bind-mounted and copied out.

    How to fix it:
        Rename or leave out one of them, if it is not meant so.

    References:
        - Microsoft, "Adjust case sensitivity": NTFS ignores case unless a folder says otherwise
    """

    id = "LYR019"
    name = "paths-differ-by-case"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no paths."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the paths that have letters in upper case with all others."""
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            for path, other in _pairs(layer.entries):
                yield self._report(layer, path, other, windows=of_layer[0].is_windows)

    def _report(self, layer: Layer, path: str, other: str, *, windows: bool) -> Finding:
        entries = layer.entries
        position = entries.by_path.get(path)
        return self.finding(
            layer,
            f"{whose(layer)}{path} and {other} differ by the case of letters alone",
            at={"path": path, "offset": None if position is None else entries.offsets[position]},
            severity=Severity.WARNING if windows else Severity.NOTE,
        )


def _pairs(entries: Entries) -> Iterator[tuple[str, str]]:
    """Paths of one folder that are the same in lower case."""
    suspects = _with_upper_case(entries)
    if not suspects:
        return
    implied = entries.folders - entries.by_path.keys()
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
        folder, slash, base = path.rpartition("/")
        folded = f"{folder}{slash}{base.lower()}"
        if folded == path:
            continue
        other = seen.setdefault(folded, path)
        if other != path:
            yield path, other
        elif folded in entries.by_path or folded in implied:
            yield path, folded


def _with_upper_case(entries: Entries) -> list[str]:
    """The paths with a letter in upper case, found without a look at each of them."""
    paths = entries.paths
    joined = "\n".join(paths)
    if joined.isascii():
        if not any(letter in joined for letter in _UPPER):
            return []
        letters = joined.encode().translate(None, _ALL_BUT_UPPER).split(b"\n")
        # They differ if there is a path with a line break in it.
        if len(letters) == len(paths):
            return list(compress(paths, letters))
    return [path for path in paths if path != path.lower()]
