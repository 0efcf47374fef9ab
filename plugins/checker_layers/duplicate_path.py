"""LYR004: a path that is twice in one layer."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import Archive
from checker.model.collisions import Collision, collisions
from checker.model.entries import OPAQUE_WHITEOUT, Entries, is_whiteout
from checker.model.image import Layer
from checker_layers._layers import no_layer_reason, present_layers

_SHOWN = 5


class DuplicatePath(Check):
    """A path is there more than once in one layer.

    What it means:
        Two entries of a layer have the same path once `./`, doubled and trailing slashes are taken
        off; directories and PAX global headers count too. If the names differ by a leading slash,
        the finding is a warning: they land in the same place, but are not refused.

    Why it matters:
        Docker's classic store and Podman keep the headers of a layer with tar-split, which refuses
        such a layer: "duplicates of file paths not supported". containerd takes it, and the last
        entry wins, so what an image holds depends on where it is loaded. A repeated whiteout fails
        in containerd, too: "failed to convert whiteout file: file exists".

    How to fix it:
        Write the layer so that each path comes once. The usual causes are `tar --append`, tars
        that were concatenated, and build tools that add a file to a tar without looking.

    References:
        - vbatts/tar-split, tar/storage/packer.go: ErrDuplicatePath
    """

    id = "LYR004"
    name = "duplicate-path"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there is nothing to look at."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the paths that repeat another."""
        for layer, _ in present_layers(archive):
            for collision in collisions(layer.entries):
                yield self._report(layer, collision)

    def _report(self, layer: Layer, collision: Collision) -> Finding:
        entries = layer.entries
        positions = collision.positions
        places = first_few(
            positions,
            _SHOWN,
            lambda i: (
                f"byte {entries.offsets[i]} as {entries.name(i) or 'an entry without a name'}"
            ),
        )
        if is_whiteout(collision.path) and not collision.path.endswith(OPAQUE_WHITEOUT):
            consequence = "a whiteout that is repeated is refused by nearly all engines"
        elif collision.refused:
            consequence = "Docker's classic store and Podman refuse that"
        else:
            consequence = "only the last one is left"
        return self.finding(
            layer,
            f"{layer.label}: {collision.path or 'the root'} is there {len(positions)} times, at "
            f"{places}; {consequence}",
            at={"path": collision.path, "offset": entries.offsets[positions[1]]},
            severity=Severity.ERROR if collision.refused else Severity.WARNING,
        )


def _spelled(entries: Entries, position: int) -> str:
    """Where an entry stands, and how its name is written there."""
    return (
        f"byte {entries.offsets[position]} as {entries.name(position) or 'an entry without a name'}"
    )
