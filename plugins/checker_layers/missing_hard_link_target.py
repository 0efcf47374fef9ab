"""LYR005: a hard link to something that is not there when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import DIRECTORY, HARD_LINK, Entries, clean_path, climbs_out
from checker.model.image import Layer
from checker.model.members import LINKS_FOLLOWED
from checker_layers._layers import (
    Use,
    find_below,
    is_read,
    no_tree_reason,
    through_parents,
    uses,
    whose,
)

_DIRECTORY = ord(DIRECTORY)
# Targets that are followed through what lies between; a bound for hostile archives.
_LOOKED_AT = 500


class _Doubt(NamedTuple):
    """A hard link whose target does not come before it in its layer, or is no file."""

    position: int
    target: str
    comes_later: bool = False
    is_directory: bool = False


class MissingHardLinkTarget(Check):
    """The target of a hard link is not there when the link is made.

    What it means:
        A hard link in a layer, or in a root filesystem, names a path that no earlier entry made,
        or that of a directory. If the path is in a lower layer only, the finding is a warning.
        Windows layers may link to lower layers; that is left alone. Targets that climb out of the
        root are reported by escaping-layer-path, or escaping-name.

    Why it matters:
        Engines make entries in the order of the tar, so a target must come first, and one that
        comes later is as bad as none: "link …: no such file or directory". A target in a lower
        layer works where layers are stacked while they are unpacked, as containerd does, and may
        fail where each is unpacked into a folder of its own, as Docker's overlay2 driver does.
        Nobody can make a hard link to a directory: "operation not permitted".

    How to fix it:
        Put the file before its links and into the same layer. GNU tar does so by itself unless
        files are left out of the archive (`--exclude`) to which others are linked.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format", typeflag 1: a file that was archived before
        - moby/go-archive, createTarFile: os.Link in the order of the entries
    """

    id = "LYR005"
    name = "missing-hard-link-target"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers or a root filesystem there are no links to look at."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the hard links of each layer, in every image that uses it."""
        turns = iter(range(_LOOKED_AT))
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            for doubt in _doubts(layer.entries):
                yield from self._judge(layer, doubt, of_layer, turns)

    def _judge(
        self, layer: Layer, doubt: _Doubt, of_layer: Sequence[Use], turns: Iterator[int]
    ) -> Iterator[Finding]:
        below = [use for use in of_layer if _finds(use.below, doubt.target)]
        if below and next(turns, None) is not None:
            below = [use for use in below if find_below(use.below, doubt.target) is not None]
        if doubt.is_directory:
            yield self._report(layer, doubt, "is a directory", Severity.ERROR)
        elif doubt.target == layer.entries.paths[doubt.position]:
            yield self._report(layer, doubt, "is the link itself", Severity.ERROR)
        elif below:
            if not any(use.is_windows for use in below):
                yield self._report(layer, doubt, "is in a lower layer only", Severity.WARNING)
        elif doubt.comes_later:
            yield self._report(layer, doubt, "comes later in the same tar", Severity.ERROR)
        elif is_read(layer) and all(_is_nowhere(use, doubt) for use in of_layer):
            yield self._report(layer, doubt, "is nowhere", Severity.ERROR)

    def _report(self, layer: Layer, doubt: _Doubt, what: str, severity: Severity) -> Finding:
        entries = layer.entries
        offset = entries.offsets[doubt.position]
        path = entries.paths[doubt.position]
        target = doubt.target or "the root"
        return self.finding(
            layer,
            f"{whose(layer)}{path} at byte {offset} is a hard link to {target}, which {what}",
            at={"path": path, "offset": offset},
            severity=severity,
        )


def _doubts(entries: Entries) -> list[_Doubt]:
    """The hard links whose target is not among the entries before them, or is a directory."""
    by_path, linknames, kinds = entries.by_path, entries.linknames, entries.kinds
    pending: list[tuple[int, str]] = []
    directories: list[_Doubt] = []
    for position in entries.of_kind(HARD_LINK):
        target = linknames.get(position, "")
        if climbs_out(target):
            continue
        last = by_path.get(target)
        if last is None:
            target = clean_path(target)
            last = by_path.get(target)
        if not target or (last is not None and kinds[last] == _DIRECTORY):
            directories.append(_Doubt(position, target, is_directory=True))
        elif last is None or last >= position:
            pending.append((position, target))
    places = entries.places({target for _, target in pending})
    late = [
        _Doubt(position, target, bool(places[target]) and places[target][-1] > position)
        for position, target in pending
        if not places[target] or places[target][0] >= position
    ]
    return sorted(directories + late)


def _finds(layers: Iterable[Layer], path: str) -> bool:
    return any(path in layer.entries.by_path for layer in layers)


def _is_nowhere(use: Use, doubt: _Doubt) -> bool:
    """Whether all is known and even the symlinks among the target's parents lead to nothing."""
    if not use.is_known:
        return False
    layers = (use.layer, *reversed(use.below))
    path = doubt.target
    for _ in range(LINKS_FOLLOWED):
        through = through_parents(layers, path)
        if through is None:
            return path == doubt.target or not _finds(layers, path)
        path = through
    return True
