"""LYR005: a hard link whose target does not exist when it is created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.turns import Turns
from checker.model.entries import DIRECTORY, HARD_LINK, clean_path, climbs_out
from checker.model.members import LINKS_FOLLOWED
from checker.records import NamedTuple
from checker_layers.layers import (
    TreeCheck,
    Use,
    find_below,
    is_read,
    through_parents,
    uses,
    whose,
)

_DIRECTORY = ord(DIRECTORY)
# All layers below are searched for each.
_LOOKUPS = 20
_LEFT_OUT = "not all targets of hard links were looked up in lower layers"


class _Doubt(NamedTuple):
    """A hard link whose target does not come before it in its layer, or is not a file."""

    position: int
    target: str
    comes_later: bool = False
    is_directory: bool = False


class MissingHardLinkTarget(TreeCheck):
    """The target of a hard link does not exist when the link is created.

    What it means:
        A hard link in a layer, or in a root filesystem, refers to a path that no earlier entry
        creates, or to a directory. A target that exists only in a lower layer is a warning. Windows
        layers may link to lower layers, which is ignored. Targets that escape the root are reported
        by escaping-layer-path or escaping-name.

    Why it matters:
        Engines create entries in the order of the tar, so a target must come first; one that comes
        later fails like a missing one: "link …: no such file or directory". A target in a lower
        layer works where layers are stacked while they are unpacked, as in containerd, and may fail
        where each layer is unpacked to a separate directory, as with Docker's overlay2 driver.
        Linux does not allow hard links to directories: "operation not permitted".

    How to fix it:
        Put the file before its links in the same layer. GNU tar does so unless files to which
        others are linked are excluded (``--exclude``).

            before:  bin/sh (hard link to bin/busybox), bin/busybox
            after:   bin/busybox, bin/sh (hard link to bin/busybox)

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format", typeflag 1: a file that was archived before
        - moby/go-archive, createTarFile: os.Link in the order of the entries
    """

    id = "LYR005"
    name = "missing-hard-link-target"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the hard links of each layer, in every image that uses it."""
        turns = Turns(self, _LEFT_OUT, _LOOKUPS)
        for of_layer in uses(archive):
            layer = of_layer[0].layer
            for doubt in _doubts(layer.entries):
                yield from self._judge(layer, doubt, of_layer, turns)

    def _judge(
        self, layer: Layer, doubt: _Doubt, of_layer: Sequence[Use], turns: Turns
    ) -> Iterator[Finding]:
        below = [use for use in of_layer if _finds(use.below, doubt.target)]
        for _ in turns.take((doubt,) if below else ()):
            below = [use for use in below if find_below(use.below, doubt.target) is not None]
        if doubt.is_directory:
            yield self._report(layer, doubt, "is a directory", Severity.ERROR)
        elif doubt.target == layer.entries.paths[doubt.position]:
            yield self._report(layer, doubt, "is the link itself", Severity.ERROR)
        elif below:
            if not any(use.is_windows for use in below):
                yield self._report(layer, doubt, "exists only in a lower layer", Severity.WARNING)
        elif doubt.comes_later:
            yield self._report(layer, doubt, "comes later in the same tar", Severity.ERROR)
        elif is_read(layer) and all(_is_nowhere(use, doubt) for use in of_layer):
            yield self._report(layer, doubt, "does not exist", Severity.ERROR)

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
        # A link in the place of the root is reported by path-through-non-directory.
        if climbs_out(target) or not entries.paths[position]:
            continue
        last = by_path.get(target)
        if last is None:
            target = clean_path(target)
            last = by_path.get(target)
        if not target or (last is not None and kinds[last] == _DIRECTORY):
            directories.append(_Doubt(position, target, is_directory=True))
        elif last is None or last >= position:
            pending.append((position, target))
    places = entries.positions({target for _, target in pending})
    late = [
        _Doubt(position, target, bool(places[target]) and places[target][-1] > position)
        for position, target in pending
        if not places[target] or places[target][0] >= position
    ]
    return sorted(directories + late)


def _finds(layers: Iterable[Layer], path: str) -> bool:
    return any(path in layer.entries.by_path for layer in layers)


def _is_nowhere(use: Use, doubt: _Doubt) -> bool:
    """Whether the target does not exist, symlinks among its parents followed, and all is known."""
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
