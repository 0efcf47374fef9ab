"""LYR004: a path that appears more than once in one layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.listing import first_few
from checker.model.collisions import Collision, collisions
from checker.model.entries import OPAQUE_WHITEOUT, is_whiteout
from checker_layers.layers import LayerCheck, present_layers

_SHOWN = 5


class DuplicatePath(LayerCheck):
    """A path appears more than once in one layer.

    What it means:
        Two entries of a layer have the same path after ``./`` and doubled or trailing slashes are
        removed; directories and PAX global headers count too. Names that differ by a leading slash
        are a warning: they are unpacked to the same path, but are not rejected.

    Why it matters:
        Docker's classic image store and Podman record the headers of a layer with tar-split, which
        rejects it: "duplicates of file paths not supported". containerd accepts it, and the last
        entry wins, so the content of the image depends on where it is loaded. containerd rejects
        repeated whiteouts, too: "failed to convert whiteout file: file exists".

    How to fix it:
        Write each path once. The usual causes are ``tar --append``, concatenated tars, and build
        tools that add a file without checking for an existing entry.

    References:
        - vbatts/tar-split, tar/storage/packer.go: ErrDuplicatePath
    """

    id = "LYR004"
    name = "duplicate-path"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the paths that appear more than once."""
        for layer, _ in present_layers(archive):
            for collision in collisions(layer.entries):
                yield self._report(layer, collision)

    def _report(self, layer: Layer, collision: Collision) -> Finding:
        entries = layer.entries
        positions = collision.positions
        places = first_few(positions, _SHOWN, partial(_spelled, entries))
        if is_whiteout(collision.path) and not collision.path.endswith(OPAQUE_WHITEOUT):
            consequence = "nearly all engines reject a repeated whiteout"
        elif collision.refused:
            consequence = "Docker's classic image store and Podman reject the layer"
        else:
            consequence = "the last entry wins"
        return self.finding(
            layer,
            f"{layer.label}: {collision.path or 'the root'} appears {len(positions)} times, at "
            f"{places}; {consequence}",
            at={"path": collision.path, "offset": entries.offsets[positions[1]]},
            severity=Severity.ERROR if collision.refused else Severity.WARNING,
        )


def _spelled(entries: Entries, position: int) -> str:
    """The offset of an entry, and its name as it is written in the header."""
    return (
        f"byte {entries.offsets[position]} as {entries.name(position) or 'an entry without a name'}"
    )
