"""LYR009: a whiteout that is none."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import HARD_LINK, KIND_NAMES, REGULAR, Entries, is_whiteout
from checker.model.image import Layer
from checker_layers._layers import no_tree_reason, shown, trees, whose
from checker_layers._whiteouts import in_order, is_bare, is_meta

_REGULAR = ord(REGULAR)
# aufs linked its whiteouts to each other, and old Dockers wrote them so.
_HARD_LINK = ord(HARD_LINK)


class MalformedWhiteout(Check):
    """A name begins as that of a whiteout does, but the entry is none.

    What it means:
        A whiteout is an empty file whose name is `.wh.` and the name that it hides. An error is a
        whiteout that hides nothing, or the folder itself or the one above (`.wh.`, `.wh..`,
        `.wh...`). Warnings are the names that aufs kept for itself (`.wh..wh.plnk` and the like,
        but not the opaque marker `.wh..wh..opq`), whiteouts with content or that are no files, and
        folders called like whiteouts that hold something.

    Why it matters:
        Docker and containerd refuse bare whiteouts ("invalid whiteout name"). Engines go by the
        name alone: what a whiteout holds is lost, and a folder of such a name is lost, or turns
        into a whiteout, when the image is built upon.

    How to fix it:
        Leave the entry out, or give the file another name: layers cannot hold names that begin
        with `.wh.`.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts": an empty file with a special filename
        - containerd, pkg/archive: "invalid whiteout name"
        - moby/go-archive: "invalid whiteout entry"
    """

    id = "LYR009"
    name = "malformed-whiteout"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no whiteouts."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the entries that are called like whiteouts."""
        for layer in trees(archive):
            entries = layer.entries
            folders = _folders(entries)
            for position in in_order(entries, _suspects(entries)):
                if entries.paths[position] not in folders:
                    yield self._judge(layer, position)
            for folder, position in folders.items():
                what = f"it lies in {folder}, which is called like a whiteout"
                yield self._report(layer, position, what)

    def _judge(self, layer: Layer, position: int) -> Finding:
        entries = layer.entries
        path, kind = entries.paths[position], entries.kinds[position]
        if is_bare(path):
            what = "a whiteout that names nothing to hide"
            return self._report(layer, position, what, Severity.ERROR)
        if is_meta(path):
            what = "a name that aufs kept for itself; engines drop it, or make it a whiteout"
        elif kind not in (_REGULAR, _HARD_LINK):
            name = KIND_NAMES.get(chr(kind), f"entry of type {chr(kind)!r}")
            what = f"a whiteout is an empty file, this is a {name}, which no engine unpacks"
        else:
            size = entries.sizes[position]
            what = f"a whiteout is an empty file, this one holds {size} bytes, which are lost"
        return self._report(layer, position, what)

    def _report(
        self, layer: Layer, position: int, what: str, severity: Severity | None = None
    ) -> Finding:
        entries = layer.entries
        return self.finding(
            layer,
            f"{whose(layer)}{shown(entries, position)}: {what}",
            at={"path": entries.paths[position], "offset": entries.offsets[position]},
            severity=severity,
        )


def _suspects(entries: Entries) -> set[str]:
    """The whiteouts that anything is wrong with."""
    by_path, kinds, sizes = entries.by_path, entries.kinds, entries.sizes
    found = {
        path
        for path in entries.whiteouts
        if (sizes[position := by_path[path]] or kinds[position] != _REGULAR)
        and kinds[position] != _HARD_LINK
    }
    # Few paths have two dots there, and so have to be looked at closely.
    close = (path for path in entries.whiteouts if ".wh.." in path or path.endswith(".wh."))
    return found.union(path for path in close if is_bare(path) or is_meta(path))


def _folders(entries: Entries) -> dict[str, int]:
    """Folders called like whiteouts, and the first entry in each."""
    found: dict[str, int] = {}
    for folder in filter(is_whiteout, entries.folders):
        found[folder] = len(entries)
    for position, path in enumerate(entries.paths) if found else ():
        folder = path.rpartition("/")[0]
        if position < found.get(folder, 0):
            found[folder] = position
    return dict(sorted(found.items(), key=lambda item: item[1]))
