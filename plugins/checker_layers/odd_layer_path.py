"""LYR015: a path with control characters, or that is not UTF-8."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.image import Layer
from checker_layers._layers import no_layer_reason, present_layers

_CONTROL = frozenset(map(chr, (*range(1, 32), 127)))


class OddLayerPath(Check):
    """A path in a layer has control characters or is not UTF-8.

    What it means:
        A path holds a line break, an escape or another control character: a warning. Or its bytes
        are not UTF-8: a note, for test data and old archives have such names on purpose.

    Why it matters:
        Engines take both. But scripts that read names line by line go wrong, terminals obey
        escapes, and what sends names as text, BuildKit's protocol or JSON reports, fails or
        changes them.

    How to mend it:
        Rename the file in the build, or leave it out: `find . -name '*[[:cntrl:]]*'` shows names
        with control characters.

    References:
        - POSIX.1-2017, "Portable Filename Character Set"
        - POSIX.1-2017, pax, "pax Extended Header": records are UTF-8
    """

    id = "LYR015"
    name = "odd-layer-path"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no paths."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at all paths at once, and at each one only if there is something to find."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            joined = "/".join(entries.paths)
            if any(character in joined for character in _CONTROL):
                yield from self._control(layer)
            if not joined.isascii() and not _is_utf8(joined):
                yield from self._not_utf8(layer)

    def _control(self, layer: Layer) -> Iterator[Finding]:
        for path, position in layer.entries.by_path.items():
            found = _CONTROL.intersection(path)
            if found:
                codes = ", ".join(f"U+{ord(character):04X}" for character in sorted(found))
                what = f"has control characters ({codes})"
                yield self._report(layer, position, what, Severity.WARNING)

    def _not_utf8(self, layer: Layer) -> Iterator[Finding]:
        for path, position in layer.entries.by_path.items():
            if not path.isascii() and not _is_utf8(path):
                yield self._report(layer, position, "is not UTF-8", Severity.NOTE)

    def _report(self, layer: Layer, position: int, what: str, severity: Severity) -> Finding:
        entries = layer.entries
        path, offset = entries.paths[position], entries.offsets[position]
        return self.finding(
            layer,
            f"{layer.label}: the path of {path} at byte {offset} {what}",
            at={"path": path, "offset": offset},
            severity=severity,
        )


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
