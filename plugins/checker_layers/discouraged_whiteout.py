"""LYR011: whiteouts in a form or an order that the specification advises against."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, Entries
from checker.model.image import Layer
from checker_layers._layers import no_layer_reason, present_layers, shown
from checker_layers._whiteouts import is_opaque


class DiscouragedWhiteout(Check):
    """Whiteouts are opaque, or come behind directories beside them.

    What it means:
        The specification advises to name each path that is hidden, rather than to hide all of a
        directory by the opaque marker `.wh..wh..opq`, and to put whiteouts before the directories
        that lie beside them. This layer does it otherwise.

    Why it matters:
        Little: readers must take both, and Docker, BuildKit and Podman write opaque markers. Which
        paths an opaque marker hides can only be told with all lower layers at hand.

    How to fix it:
        Nothing is to be done, unless a tool of your own writes the layers.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts" and "Opaque Whiteout"
    """

    id = "LYR011"
    name = "discouraged-whiteout"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no whiteouts."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count them, layer by layer."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            if entries.whiteouts:
                opaque = list(filter(is_opaque, entries.whiteouts))
                yield from self._report(layer, opaque, "opaque")
                late = _late(entries)
                yield from self._report(layer, late, "behind a directory that lies beside it")

    def _report(self, layer: Layer, paths: list[str], what: str) -> Iterator[Finding]:
        if not paths:
            return
        entries = layer.entries
        first = min(map(entries.by_path.__getitem__, paths))
        count = f"{len(paths)} whiteouts are" if len(paths) > 1 else "1 whiteout is"
        yield self.finding(
            layer,
            f"{layer.label}: {count} {what}, the first is {shown(entries, first)}",
            at={"path": entries.paths[first], "offset": entries.offsets[first]},
        )


def _late(entries: Entries) -> list[str]:
    """The whiteouts that come behind a directory of the same folder."""
    folders = set(map(_folder, entries.whiteouts))
    first: dict[str, int] = {}
    for position in entries.of_kind(DIRECTORY):
        path = entries.paths[position]
        folder = _folder(path)
        if path and folder in folders:
            first.setdefault(folder, position)
    if not first:
        return []
    by_path, last = entries.by_path, len(entries)
    return [path for path in entries.whiteouts if first.get(_folder(path), last) < by_path[path]]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
