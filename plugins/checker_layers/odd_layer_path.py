"""LYR015: a path with control characters, that is not valid UTF-8, or that is empty."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Layer, Severity
from checker.checks.path_traits import CONTROLS, OTHER_CHARACTERS, has_any_of
from checker.model.entries import DIRECTORY
from checker_layers.layers import LayerCheck, present_layers

_DIRECTORY = ord(DIRECTORY)
_CONTROL = frozenset(map(chr, (*range(1, 32), 127)))
# What changes the direction of text (Unicode Standard Annex 9, section 2).
_DIRECTION = frozenset(map(chr, (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))


class OddLayerPath(LayerCheck):
    """A path in a layer contains control characters, is not valid UTF-8, or is empty.

    What it means:
        A path contains a line break, an escape or another control character, or a character that
        changes the direction of text; or its bytes are not valid UTF-8; or a directory has an empty
        name. These are notes, because test data and old archives have such names intentionally.

    Why it matters:
        Engines accept them. But scripts that read names line by line fail, terminals execute escape
        sequences, a name can look like another one, and protocols that send names as text, such as
        BuildKit's or JSON reports, fail or change them.

    How to fix it:
        Rename the file in the build, or exclude it. To list names with control characters:

            find . -name '*[[:cntrl:]]*'

    References:
        - POSIX.1-2017, "Portable Filename Character Set"
        - POSIX.1-2017, pax, "pax Extended Header": records are UTF-8
        - CWE-150, escape, meta or control sequences
    """

    id = "LYR015"
    name = "odd-layer-path"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Search all paths at once, and each one only if there is something to find."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            yield from self._empty(layer)
            if not has_any_of(entries, CONTROLS | OTHER_CHARACTERS):
                continue
            joined = "/".join(entries.paths)
            odd = _CONTROL if joined.isascii() else _CONTROL | _DIRECTION
            if any(character in joined for character in odd):
                yield from self._control(layer, odd)
            if not joined.isascii() and not _is_utf8(joined):
                yield from self._not_utf8(layer)

    def _empty(self, layer: Layer) -> Iterator[Finding]:
        """Report directories without a name; path-through-non-directory reports other entries."""
        entries = layer.entries
        if "" not in entries.by_path:
            return
        for position in entries.positions(("",))[""]:
            if entries.kinds[position] == _DIRECTORY and not entries.name(position):
                offset = entries.offsets[position]
                yield self.finding(
                    layer,
                    f"{layer.label}: the directory at byte {offset} has an empty name; engines "
                    "take it for the root",
                    at={"path": "", "offset": offset},
                )

    def _control(self, layer: Layer, odd: frozenset[str]) -> Iterator[Finding]:
        for path, position in layer.entries.by_path.items():
            found = odd.intersection(path)
            if found:
                codes = ", ".join(f"U+{ord(character):04X}" for character in sorted(found))
                yield self._report(layer, position, f"contains control characters ({codes})")

    def _not_utf8(self, layer: Layer) -> Iterator[Finding]:
        for path, position in layer.entries.by_path.items():
            if not path.isascii() and not _is_utf8(path):
                yield self._report(layer, position, "is not valid UTF-8")

    def _report(self, layer: Layer, position: int, what: str) -> Finding:
        entries = layer.entries
        path, offset = entries.paths[position], entries.offsets[position]
        return self.finding(
            layer,
            f"{layer.label}: the path {path} at byte {offset} {what}",
            at={"path": path, "offset": offset},
        )


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
