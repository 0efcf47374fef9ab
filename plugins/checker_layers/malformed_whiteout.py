"""LYR009: a malformed whiteout."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.model.entries import (
    CONTIGUOUS,
    GNU_SPARSE,
    HARD_LINK,
    KIND_NAMES,
    REGULAR,
    WHITEOUT_PREFIX,
)
from checker_layers.layers import TreeCheck, shown, trees, whose
from checker_layers.whiteouts import in_order, is_bare, is_meta

_REGULAR = ord(REGULAR)
# aufs used hard links for its whiteouts, and old versions of Docker wrote them to layers.
_HARD_LINK = ord(HARD_LINK)


class MalformedWhiteout(TreeCheck):
    """An entry is named like a whiteout, but is not a valid one.

    What it means:
        A whiteout is an empty file whose name is ``.wh.`` followed by the name that it hides.
        Errors: a whiteout without a name to hide, or one that hides its directory or the parent
        (``.wh.``, ``.wh..``, ``.wh...``). Warnings: names that are reserved by aufs
        (``.wh..wh.plnk`` and others, but not the opaque whiteout ``.wh..wh..opq``), whiteouts that
        have content or are not files, and directories that are named like whiteouts and contain
        entries.

    Why it matters:
        Docker and containerd reject bare whiteouts ("invalid whiteout name"). Engines go by the
        name alone: the content of a whiteout is lost, and a directory with such a name is lost, or
        turns into a whiteout when another image is built on this one.

    How to fix it:
        Remove the entry, or rename the file: names in layers cannot begin with ``.wh.``.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts": an empty file with a special filename
        - containerd, pkg/archive: "invalid whiteout name"
        - moby/go-archive: "invalid whiteout entry"
    """

    id = "LYR009"
    name = "malformed-whiteout"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the entries that are named like whiteouts."""
        for layer in trees(archive):
            entries = layer.entries
            directories = _directories(entries)
            for position in in_order(entries, _suspects(entries)):
                if entries.paths[position] not in directories and not _is_refused(
                    entries, position
                ):
                    yield self._judge(layer, position)
            for directory, position in directories.items():
                what = f" is in {directory}, a directory that is named like a whiteout"
                yield self._report(layer, position, what)

    def _judge(self, layer: Layer, position: int) -> Finding:
        entries = layer.entries
        path, kind = entries.paths[position], entries.kinds[position]
        if is_bare(path):
            what = ": a whiteout without a name to hide; Docker and containerd reject the layer"
            return self._report(layer, position, what, Severity.ERROR)
        if is_meta(path):
            what = ": a name that is reserved by aufs; engines drop it or treat it as a whiteout"
        elif kind not in (_REGULAR, _HARD_LINK):
            name = KIND_NAMES.get(chr(kind), f"entry of type {chr(kind)!r}")
            what = f": a whiteout must be an empty file, this is a {name}, which is not unpacked"
        else:
            size = entries.sizes[position]
            what = f": a whiteout must be an empty file, this one has content ({size} bytes)"
        return self._report(layer, position, what)

    def _report(
        self, layer: Layer, position: int, what: str, severity: Severity | None = None
    ) -> Finding:
        entries = layer.entries
        return self.finding(
            layer,
            f"{whose(layer)}{shown(entries, position)}{what}",
            at={"path": entries.paths[position], "offset": entries.offsets[position]},
            severity=severity,
        )


def _is_refused(entries: Entries, position: int) -> bool:
    """Whether engines do not unpack entries of this type, which LYR007 reports."""
    kind = chr(entries.kinds[position])
    return kind in (CONTIGUOUS, GNU_SPARSE) or kind not in KIND_NAMES


def _suspects(entries: Entries) -> set[str]:
    """The whiteouts that are malformed."""
    positions = [entries.by_path[path] for path in entries.whiteouts]
    sizes = map(entries.sizes.__getitem__, positions)
    kinds = map(entries.kinds.__getitem__, positions)
    found = {
        path
        for path, size, kind in zip(entries.whiteouts, sizes, kinds, strict=True)
        if kind != _REGULAR or size
        if kind != _HARD_LINK
    }
    return found | entries.hides.nameless


def _directories(entries: Entries) -> dict[str, int]:
    """Directories that are named like whiteouts, and the first entry in each."""
    wanted = entries.whiteout_directories
    found: dict[str, int] = {}
    for position, path in enumerate(entries.paths if wanted else ()):
        if len(found) == len(wanted):
            break
        for directory in _whiteouts_above(path):
            if directory in found:
                break  # what is above it was found with it
            if directory in wanted:
                found[directory] = position
    return found


def _whiteouts_above(path: str) -> Iterator[str]:
    """The directories above a path that are named like whiteouts, the inmost first."""
    end = len(path)
    while (start := path.rfind(WHITEOUT_PREFIX, 0, end)) >= 0:
        slash = path.find("/", start, end)
        if slash >= 0 and (not start or path[start - 1] == "/"):
            yield path[:slash]
        end = start
