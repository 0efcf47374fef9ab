"""LYR010: a whiteout of something that no lower layer has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import WHITEOUT_PREFIX, hidden_by
from checker_layers._layers import Use, find_below, no_layer_reason, shown, uses
from checker_layers._whiteouts import in_order

# Whiteouts that are followed through what lies between; a bound for hostile archives.
_LOOKED_AT = 500


class WhiteoutOfNothing(Check):
    """A whiteout hides something that is not there.

    What it means:
        A whiteout takes a path of the lower layers away. No layer below this one has the path, or
        a layer between them has taken it away already. Opaque markers are left alone: overlay
        storage makes them for every new directory.

    Why it matters:
        It does no harm, apart from the folder that it lies in, which engines make. But it may show
        that the layer was made for another base, or that layers are missing or out of order.

    How to fix it:
        If the image is as it should be, nothing. Else compare the layers with those of the build.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
    """

    id = "LYR010"
    name = "whiteout-of-nothing"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no whiteouts."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for what each whiteout hides, in every image that uses the layer."""
        turns = iter(range(_LOOKED_AT))
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            if layer.entries.whiteouts and all(use.is_known for use in of_layer):
                for position in _of_nothing(of_layer, turns):
                    yield self._report(of_layer[0], position)

    def _report(self, use: Use, position: int) -> Finding:
        layer, entries = use.layer, use.layer.entries
        path, offset = entries.paths[position], entries.offsets[position]
        where = "no lower layer has it" if use.below else "there is no lower layer"
        return self.finding(
            layer,
            f"{layer.label}: {shown(entries, position)} hides {hidden_by(path)}, but {where}",
            at={"path": path, "offset": offset},
        )


def _of_nothing(of_layer: Sequence[Use], turns: Iterator[int]) -> list[int]:
    """The whiteouts whose path no image has below the layer."""
    entries = of_layer[0].layer.entries
    hidden = filter(None, map(hidden_by, entries.whiteouts))
    # What the same layer holds is another rule's: whiteout-collision.
    paths = {path for path in hidden if path not in entries.by_path and path not in entries.folders}
    somewhere = _somewhere(of_layer, paths)
    paths -= somewhere
    paths.update(
        path
        for path, _ in zip(somewhere, turns, strict=False)
        if not any(find_below(use.below, path) for use in of_layer)
    )
    return in_order(entries, map(_whiteout_of, paths))


def _whiteout_of(path: str) -> str:
    folder, slash, base = path.rpartition("/")
    return f"{folder}{slash}{WHITEOUT_PREFIX}{base}"


def _somewhere(of_layer: Sequence[Use], paths: set[str]) -> set[str]:
    """Those of some paths that any lower layer has, whether or not it is hidden again."""
    found: set[str] = set()
    for entries in {id(lower): lower.entries for use in of_layer for lower in use.below}.values():
        found.update(path for path in paths if path in entries.by_path or path in entries.folders)
        paths = paths - found
    return found
