"""LYR013: a name in a layer that escapes the root."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.model.entries import GLOBAL_HEADER, HARD_LINK, SPELLINGS, climbs_out
from checker_layers.layers import LayerCheck, present_layers, shown

_ABSOLUTE = tuple(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "/")
_GLOBAL = ord(GLOBAL_HEADER)


class EscapingLayerPath(LayerCheck):
    """A name or hard link in a layer escapes the root.

    What it means:
        The name of an entry, or the target of a hard link, escapes the root with ``..``: an error.
        Names that contain ``..`` but stay below the root, and absolute names, are notes: engines
        strip the leading slash, and some builders write all names this way. Targets of symbolic
        links are ignored; they are resolved inside the container.

    Why it matters:
        Docker 29.7 and later reject such layers ("invalid entry name", "invalid hardlink target").
        Other engines resolve the name inside the root, so the file is unpacked to another path than
        its name says. Tools that unpack layers without this protection write outside of their
        directory.

    How to fix it:
        Write the layer with relative names from inside its root. Do not trust an image from another
        source that has such names.

            tar -C ROOT -cf layer.tar .

    References:
        - moby/go-archive 0.3: names and hard links must stay below the root
        - containerd, pkg/archive: names are resolved below the root (fs.RootPath)
        - CWE-22, path traversal
    """

    id = "LYR013"
    name = "escaping-layer-path"
    severity = Severity.ERROR
    security = 8.5
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the names and hard links of each layer."""
        for layer, _ in present_layers(archive):
            yield from self._absolute(layer)
            yield from self._climbing(layer)
            yield from self._links(layer)

    def _absolute(self, layer: Layer) -> Iterator[Finding]:
        """Report all in one finding: usually a layer has either none of them or only these."""
        entries = layer.entries
        # GNU tar gives its global headers absolute names; they are not files.
        headers = [i for i in entries.of_kind(GLOBAL_HEADER) if entries.name(i).startswith("/")]
        own = [i for i, name in entries.own_names.items() if name.startswith("/")]
        count = sum(map(entries.spellings.count, _ABSOLUTE)) + len(own) - len(headers)
        if count:
            first = min(i for i in (*_first_absolute(entries), *own) if i not in headers)
            names = "1 entry has an absolute name: "
            if count > 1:
                names = f"{count} entries have absolute names; the first is "
            yield self._report(layer, first, f"{names}{shown(entries, first)}", Severity.NOTE)

    def _climbing(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position, name in entries.own_names.items():
            if not _climbs(name) or entries.kinds[position] == _GLOBAL:
                continue
            place = entries.paths[position] or "the root"
            if climbs_out(name):
                what, severity = 'escapes the root with ".."', Severity.ERROR
            else:
                what, severity = 'contains ".."', Severity.NOTE
            message = f"{shown(entries, position)} {what}; most engines unpack it as {place}"
            yield self._report(layer, position, message, severity)

    def _links(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position in entries.of_kind(HARD_LINK):
            target = entries.linknames.get(position, "")
            if climbs_out(target):
                message = f"{shown(entries, position)} is a hard link to {target}, outside the root"
                yield self._report(layer, position, message, Severity.ERROR)

    def _report(self, layer: Layer, position: int, message: str, severity: Severity) -> Finding:
        return self.finding(
            layer,
            f"{layer.label}: {message}",
            at={"path": layer.entries.paths[position], "offset": layer.entries.offsets[position]},
            severity=severity,
        )


def _climbs(name: str) -> bool:
    return ".." in name and ".." in name.split("/")


def _first_absolute(entries: Entries) -> Iterator[int]:
    """The first entry of each spelling with a leading slash, except global headers."""
    for code in _ABSOLUTE:
        position = entries.spellings.find(code)
        while position >= 0 and entries.kinds[position] == _GLOBAL:
            position = entries.spellings.find(code, position + 1)
        if position >= 0:
            yield position
