"""LYR008: a whiteout of a path in the same layer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT
from checker.records import NamedTuple
from checker_layers.layers import TreeCheck, prefixes, shown, trees, whose

_DIRECTORY = ord(DIRECTORY)


class _Present(NamedTuple):
    """What a layer contains at a path that it also hides.

    Attributes:
        first: Position of the first entry at the path or below it.
        own: Position of the first entry at the path itself; None without one.
    """

    first: int
    own: int | None


class WhiteoutCollision(TreeCheck):
    """A layer contains a path and a whiteout of it.

    What it means:
        A whiteout and the path that it hides, or a path below that one, are in the same layer.
        Whiteouts apply to lower layers only, so this should make no difference. It is an error if
        an entry at or below the path comes before the whiteout, or if an entry below it follows
        without an entry that creates the directory. A directory that follows is a warning, any
        other entry that follows is a note: it replaces the lower one without a whiteout.

    Why it matters:
        Where layers become overlay directories, as in containerd and with the usual drivers of
        Docker and Podman, a whiteout is a device node at the path: "failed to convert whiteout
        file: file exists", or "not a directory". Other drivers delete the files that they have just
        unpacked. If a directory follows, overlay storage shows the files of the lower layers in it
        again, other storage drivers do not.

    How to fix it:
        Remove the whiteout, or put the opaque whiteout into the new directory:

            before:  .wh.conf, conf/, conf/new
            after:   conf/, conf/.wh..wh..opq, conf/new

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts": they apply to lower layers only
        - containerd, pkg/archive, the whiteout converter for overlay
        - moby/go-archive, overlayWhiteoutConverter
    """

    id = "LYR008"
    name = "whiteout-collision"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the whiteouts of each layer with its other entries."""
        for layer in trees(archive):
            entries = layer.entries
            if not entries.whiteouts:
                continue
            removed = entries.hides.removed
            colliding = removed.keys() & entries.by_path.keys()
            colliding |= removed.keys() & entries.directories
            for hidden, present in _present(entries, colliding).items():
                yield self._judge(layer, removed[hidden], hidden, present)

    def _judge(self, layer: Layer, whiteout: str, hidden: str, present: _Present) -> Finding:
        entries = layer.entries
        position = entries.by_path[whiteout]
        if present.first < position:
            what = "comes before it: overlay storage fails, other storage drivers delete it"
            severity = Severity.ERROR
        elif present.own != present.first:
            what = "follows, and no earlier entry creates the directory: engines fail"
            severity = Severity.ERROR
        elif entries.kinds[present.first] != _DIRECTORY:
            what = "follows; replacing a lower entry needs no whiteout"
            severity = Severity.NOTE
        elif f"{hidden}/{OPAQUE_WHITEOUT}" in entries.whiteouts:
            what = "follows and is opaque; the whiteout is redundant"
            severity = Severity.NOTE
        else:
            what = "follows: overlay storage shows the content of lower layers in it"
            severity = Severity.WARNING
        return self.finding(
            layer,
            f"{whose(layer)}{shown(entries, position)} hides {hidden}, but "
            f"{shown(entries, present.first)} {what}",
            at={"path": whiteout, "offset": entries.offsets[position]},
            severity=severity,
        )


def _present(entries: Entries, hidden: Collection[str]) -> dict[str, _Present]:
    """The first entries at and below each of some paths; by path, in that order."""
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
