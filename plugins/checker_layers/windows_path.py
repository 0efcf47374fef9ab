r"""LYR026: a path of Windows in a layer for Linux."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.path_traits import OF_WINDOWS, has_any_of
from checker.model.entries import GLOBAL_HEADER
from checker.patterns import pattern
from checker.records import NamedTuple
from checker_layers.layers import TreeCheck, shown, uses, whose

_GLOBAL = ord(GLOBAL_HEADER)
_BATCH = 4096
_SHOWN = 200
_IN_TARGET = pattern(r"\A(?:[A-Za-z]:[\\/]|\\)|(?:\A|[\\/])\.\.\\|\\\.\.(?:[\\/]|\Z)")
# Nearly all sound names with a backslash are escapes of systemd, below its directories.
_IN_NAME = pattern(rf"{_IN_TARGET.pattern}|\A[^/\\]*\\(?!x[0-9a-f]{{2}})")


class _Found(NamedTuple):
    """An entry with a path of Windows, as its name or as the target of its link."""

    position: int
    target: str | None = None


class WindowsPath(TreeCheck):
    r"""A name or link in a layer for Linux is a path of Windows.

    What it means:
        A name, or the target of a link, begins with a drive (``C:\x``, ``C:/x``) or a backslash,
        contains ``..\``, or its first directory is separated with a backslash (``usr\bin\app``).
        On Linux a backslash is a character like any other, so this is one long name at the top of
        the root. Images for Windows and escapes such as ``\x2d``, which systemd uses, are ignored.

    Why it matters:
        The file is not where it was meant to be: a program that looks for ``usr/bin/app`` does not
        find it. A tool that unpacks the layer on Windows, or replaces backslashes, writes outside
        of its directory: names with ``..\`` are used for attacks.

    How to fix it:
        Create the layer with ``/`` in all names, for example with ``docker build`` or GNU tar. Do
        not trust an image from another source that has names with ``..\``.

            before:  usr\bin\app
            after:   usr/bin/app

    References:
        - POSIX.1-2017, section 3.271, "Pathname": the separator is the slash
        - OCI image-spec 1.1, layer.md, "File Types"
        - CWE-22, path traversal
    """

    id = "LYR026"
    name = "windows-path"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Search the names and link targets of each layer."""
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            if not any(use.is_windows for use in of_layer) and not layer.entries.is_windows:
                yield from self._names(layer)
                yield from self._links(layer)

    def _names(self, layer: Layer) -> Iterator[Finding]:
        found = [_Found(position) for position in _names(layer.entries)]
        if found:
            yield self._report(layer, found, "is a path of Windows", "are paths of Windows")

    def _links(self, layer: Layer) -> Iterator[Finding]:
        found = [
            _Found(position, target)
            for position, target in layer.entries.linknames.items()
            if ("\\" in target or ":" in target) and _IN_TARGET.search(target)
        ]
        if found:
            yield self._report(layer, found, "is a link to a path of Windows", "are such links")

    def _report(self, layer: Layer, found: list[_Found], one: str, many: str) -> Finding:
        entries = layer.entries
        position, target = found[0]
        link = f" ({target[:_SHOWN]})" if target else ""
        first = f"{shown(entries, position)} {one}{link}"
        more = f", and {len(found) - 1} more {many}" if len(found) > 1 else ""
        return self.finding(
            layer,
            f"{whose(layer)}{first}{more}; Linux has no drives and separates names with / only",
            at={"path": entries.paths[position], "offset": entries.offsets[position]},
        )


def _names(entries: Entries) -> Iterator[int]:
    if not has_any_of(entries, OF_WINDOWS):
        return
    for start in range(0, len(entries), _BATCH):
        batch = entries.paths[start : start + _BATCH]
        joined = "\0".join(batch)
        if "\\" not in joined and ":/" not in joined:
            continue
        for position, path in enumerate(batch, start):
            if entries.kinds[position] != _GLOBAL and _IN_NAME.search(path):
                yield position
