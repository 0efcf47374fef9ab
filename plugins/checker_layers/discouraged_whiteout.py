"""LYR011: whiteouts in a form or order that the specification discourages."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.model.entries import DIRECTORY
from checker_layers.layers import LayerCheck, present_layers, shown
from checker_layers.whiteouts import is_opaque


class DiscouragedWhiteout(LayerCheck):
    """Whiteouts are opaque, or come after sibling directories.

    What it means:
        The specification recommends an explicit whiteout for each hidden path over the opaque
        whiteout ``.wh..wh..opq``, which hides all content of a directory, and whiteouts before
        their sibling directories. This layer differs.

    Why it matters:
        Little: implementations must accept both forms, and Docker, BuildKit and Podman write opaque
        whiteouts. Which paths an opaque whiteout hides depends on the lower layers.

    How to fix it:
        No change is needed, unless your own tool writes the layers. The recommended order is:

            etc/.wh.old
            etc/conf.d/

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts" and "Opaque Whiteout"
    """

    id = "LYR011"
    name = "discouraged-whiteout"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count them in each layer."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            if entries.whiteouts:
                opaque = list(filter(is_opaque, entries.whiteouts))
                yield from self._report(layer, opaque, "is opaque", "are opaque")
                late = _late(entries)
                where = "after a sibling directory"
                yield from self._report(layer, late, f"comes {where}", f"come {where}")

    def _report(self, layer: Layer, paths: list[str], one: str, many: str) -> Iterator[Finding]:
        if not paths:
            return
        entries = layer.entries
        first = min(map(entries.by_path.__getitem__, paths))
        what = f"1 whiteout {one}: "
        if len(paths) > 1:
            what = f"{len(paths)} whiteouts {many}; the first is "
        yield self.finding(
            layer,
            f"{layer.label}: {what}{shown(entries, first)}",
            at={"path": entries.paths[first], "offset": entries.offsets[first]},
        )


def _late(entries: Entries) -> list[str]:
    """The whiteouts that come after a sibling directory."""
    directories = set(map(_directory, entries.whiteouts))
    first: dict[str, int] = {}
    for position in entries.of_kind(DIRECTORY):
        path = entries.paths[position]
        directory = _directory(path)
        if path and directory in directories:
            first.setdefault(directory, position)
    if not first:
        return []
    by_path, last = entries.by_path, len(entries)
    return [path for path in entries.whiteouts if first.get(_directory(path), last) < by_path[path]]


def _directory(path: str) -> str:
    return path.rpartition("/")[0]
