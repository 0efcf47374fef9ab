"""LYR010: a whiteout of a path that no lower layer contains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker import Archive, Entries, Finding, Severity
from checker.checks.turns import Turns
from checker.model.entries import DIRECTORY, hidden_by
from checker_layers.layers import (
    LayerCheck,
    Use,
    find_below,
    prefixes,
    shown,
    tables_below,
    uses,
)
from checker_layers.whiteouts import in_order

_DIRECTORY = ord(DIRECTORY)
# All layers below are searched for each.
_LOOKUPS = 20
_LEFT_OUT = "not all paths that whiteouts hide were looked up in lower layers"


class WhiteoutOfNothing(LayerCheck):
    """A whiteout hides a path that does not exist.

    What it means:
        A whiteout hides a path of the lower layers. No lower layer contains the path, or a layer in
        between already hides it. Opaque whiteouts are ignored: overlay storage creates them for
        every new directory. Whiteouts below a file or symbolic link are reported by
        path-through-non-directory.

    Why it matters:
        It is harmless, except that engines create the directory that contains it. But it may show
        that the layer was made for another base image, or that layers are missing or out of order.

    How to fix it:
        If the image is as intended, no change is needed. Otherwise compare the layers with those of
        the build.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
    """

    id = "LYR010"
    name = "whiteout-of-nothing"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look up the path that each whiteout hides, in every image that uses the layer."""
        turns = Turns(self, _LEFT_OUT, _LOOKUPS)
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            if layer.entries.whiteouts and all(use.is_known for use in of_layer):
                for position in _of_nothing(of_layer, turns):
                    yield self._report(of_layer[0], position)

    def _report(self, use: Use, position: int) -> Finding:
        layer, entries = use.layer, use.layer.entries
        path, offset = entries.paths[position], entries.offsets[position]
        where = "which no lower layer contains" if use.below else "but there is no lower layer"
        return self.finding(
            layer,
            f"{layer.label}: {shown(entries, position)} hides {hidden_by(path)}, {where}",
            at={"path": path, "offset": offset},
        )


def _of_nothing(of_layer: Sequence[Use], turns: Turns) -> list[int]:
    """The whiteouts whose path no image contains below the layer."""
    entries = of_layer[0].layer.entries
    removed = entries.hides.removed
    # Paths in the same layer are reported by whiteout-collision.
    paths = removed.keys() - entries.by_path.keys() - entries.directories
    paths -= set(_through_odd(of_layer, paths, turns))
    somewhere = _somewhere(of_layer, paths)
    paths -= somewhere
    paths.update(
        path
        for path in turns.take(somewhere)
        if not any(find_below(use.below, path) for use in of_layer)
    )
    return in_order(entries, map(removed.__getitem__, paths))


def _through_odd(of_layer: Sequence[Use], paths: set[str], turns: Turns) -> Iterator[str]:
    """Those of some paths that lead through a file or link of the layer, or of one below it."""
    layer = of_layer[0].layer
    directories = layer.entries.directories
    suspects = set(layer.entries.obstacles)
    for table in tables_below(of_layer):
        if table is not layer.entries:
            known = directories & table.by_path.keys()
            suspects.update(path for path in known if _is_odd(table, path))
    odd = {
        directory
        for directory in turns.take(suspects)
        if any(_is_odd_in(use, directory) for use in of_layer)
    }
    longest = max(map(len, odd), default=0)
    for path in paths if odd else ():
        if not odd.isdisjoint(prefixes(path, min(longest, len(path) - 1))):
            yield path


def _is_odd(entries: Entries, path: str) -> bool:
    """Whether a layer has something else than a directory at a path."""
    position = entries.by_path.get(path)
    return position is not None and entries.kinds[position] != _DIRECTORY


def _is_odd_in(use: Use, path: str) -> bool:
    """Whether a layer, or else the topmost one below it, has no directory at a path."""
    if path in use.layer.entries.by_path:
        return _is_odd(use.layer.entries, path)
    below = find_below(use.below, path)
    return below is not None and _is_odd(below.layer.entries, path)


def _somewhere(of_layer: Sequence[Use], paths: set[str]) -> set[str]:
    """Those of some paths that a lower layer contains, hidden again or not."""
    found: set[str] = set()
    for entries in tables_below(of_layer):
        found |= paths & entries.by_path.keys() | paths & entries.directories
        paths = paths - found
    return found
