"""LYR008: a whiteout of something that the same layer holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT, Entries, hidden_by
from checker.model.image import Layer
from checker_layers._layers import no_tree_reason, prefixes, shown, trees, whose

_DIRECTORY = ord(DIRECTORY)


class _Present(NamedTuple):
    """What a layer holds at a path that it also hides.

    Attributes:
        first: Position of the first entry at the path or below it.
        own: Position of the first entry at the path itself; None if there is none.
    """

    first: int
    own: int | None


class WhiteoutCollision(Check):
    """A layer holds what it hides itself.

    What it means:
        A whiteout and the path that it takes away, or something below that path, are in the same
        layer. A whiteout speaks of lower layers alone, so this should make no difference. It is an
        error if something at or below the path comes before the whiteout, or if something below it
        follows without an entry that makes the directory. A directory that follows is a warning,
        any other entry that follows a note: it replaces what is below without a whiteout.

    Why it matters:
        Where layers become overlay folders, as in containerd and with Docker's and Podman's usual
        drivers, a whiteout is a device node in the place of the path: "failed to convert whiteout
        file: file exists", or "not a directory". Other drivers delete what they have just
        unpacked. If a directory follows, overlay storage shows the files of the lower layers in
        it again, other storage does not.

    How to fix it:
        Leave the whiteout out, or put the opaque marker `.wh..wh..opq` into the new directory.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts": they apply to lower layers only
        - containerd, pkg/archive, the whiteout converter for overlay
        - moby/go-archive, overlayWhiteoutConverter
    """

    id = "LYR008"
    name = "whiteout-collision"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no whiteouts."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the whiteouts of each layer with its other entries."""
        for layer in trees(archive):
            entries = layer.entries
            if not entries.whiteouts:
                continue
            colliding = {
                hidden: path
                for path in entries.whiteouts
                if (hidden := hidden_by(path)) is not None
                and (hidden in entries.by_path or hidden in entries.folders)
            }
            for hidden, present in _present(entries, colliding.keys()).items():
                yield self._judge(layer, colliding[hidden], hidden, present)

    def _judge(self, layer: Layer, whiteout: str, hidden: str, present: _Present) -> Finding:
        entries = layer.entries
        position = entries.by_path[whiteout]
        if present.first < position:
            what = "comes before it: overlay storage refuses that, other storage deletes it"
            severity = Severity.ERROR
        elif present.own != present.first:
            what = "follows, and no entry before it makes the directory: engines fail there"
            severity = Severity.ERROR
        elif entries.kinds[present.first] != _DIRECTORY:
            what = "follows; it needs no whiteout to replace what is below"
            severity = Severity.NOTE
        elif f"{hidden}/{OPAQUE_WHITEOUT}" in entries.whiteouts:
            what = "follows and is opaque; it needs no whiteout"
            severity = Severity.NOTE
        else:
            what = "follows: overlay storage shows in it what lower layers have there"
            severity = Severity.WARNING
        return self.finding(
            layer,
            f"{whose(layer)}{shown(entries, position)} hides {hidden}, but "
            f"{shown(entries, present.first)} {what}",
            at={"path": whiteout, "offset": entries.offsets[position]},
            severity=severity,
        )


def _present(entries: Entries, hidden: Collection[str]) -> dict[str, _Present]:
    """Where each of some paths, and what is below it, begins; by path, in that order."""
    found: dict[str, _Present] = {}
    longest = max(map(len, hidden), default=0)
    for position, path in enumerate(entries.paths) if hidden else ():
        for part in prefixes(path, longest):
            if part in hidden:
                first, own = found.get(part, (position, None))
                if part == path and own is None:
                    own = position
                found[part] = _Present(first, own)
    return found
