"""LYR013: a name in a layer that leads out of the root."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import GLOBAL_HEADER, HARD_LINK, SPELLINGS, Entries, climbs_out
from checker.model.image import Layer
from checker_layers._layers import no_layer_reason, present_layers, shown

_ABSOLUTE = tuple(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "/")
_GLOBAL = ord(GLOBAL_HEADER)


class EscapingLayerPath(Check):
    """A name or hard link in a layer leads out of the root.

    What it means:
        The name of an entry, or the target of a hard link, climbs above the root by `..`: an
        error. Names that climb but stay below the root, and absolute names, are notes: engines
        strip the slash, and some builders write all names so. Targets of symbolic links are left
        alone; they are resolved inside the container.

    Why it matters:
        Docker since 29.7 refuses such layers ("invalid entry name", "invalid hardlink target").
        Other engines bend the name back to the root, so that the file lands in another place
        than its name says. Tools that unpack layers without care write outside of their folder.

    How to fix it:
        Write the layer from inside its root, with relative names: `tar -C ROOT -cf layer.tar .`.
        If you did not make the image, do not trust it.

    References:
        - moby/go-archive 0.3: names and hard links must stay below the root
        - containerd, pkg/archive: names are resolved below the root (fs.RootPath)
        - CWE-22, path traversal
    """

    id = "LYR013"
    name = "escaping-layer-path"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no names to look at."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the names and hard links of each layer."""
        for layer, _ in present_layers(archive):
            yield from self._absolute(layer)
            yield from self._climbing(layer)
            yield from self._links(layer)

    def _absolute(self, layer: Layer) -> Iterator[Finding]:
        """One finding for all: a layer has either none of them or only such."""
        entries = layer.entries
        # GNU tar gives its global headers absolute names; they are no files.
        headers = [i for i in entries.of_kind(GLOBAL_HEADER) if entries.name(i).startswith("/")]
        own = [i for i, name in entries.own_names.items() if name.startswith("/")]
        count = sum(map(entries.spellings.count, _ABSOLUTE)) + len(own) - len(headers)
        if count:
            first = min(i for i in (*_first_absolute(entries), *own) if i not in headers)
            names = f"{count} entries have absolute names" if count > 1 else "an absolute name"
            message = f"{names}: {shown(entries, first)}{' is the first' if count > 1 else ''}"
            yield self._report(layer, first, message, Severity.NOTE)

    def _climbing(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position, name in entries.own_names.items():
            if not _climbs(name) or entries.kinds[position] == _GLOBAL:
                continue
            place = entries.paths[position] or "the root"
            if climbs_out(name):
                what, severity = "climbs out of the root", Severity.ERROR
            else:
                what, severity = "climbs", Severity.NOTE
            message = f"{shown(entries, position)}: the name {what}; most engines take it as"
            yield self._report(layer, position, f"{message} {place}", severity)

    def _links(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position in entries.of_kind(HARD_LINK):
            target = entries.linknames.get(position, "")
            if climbs_out(target):
                message = f"the hard link target {target} is outside of the root"
                message = f"{shown(entries, position)}: {message}"
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
    """The first entry that is no global header, of each spelling with a slash in front."""
    for code in _ABSOLUTE:
        position = entries.spellings.find(code)
        while position >= 0 and entries.kinds[position] == _GLOBAL:
            position = entries.spellings.find(code, position + 1)
        if position >= 0:
            yield position
