"""LYR005: a hard link to something that is not there when it is made."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, Kind
from checker.model.entries import HARD_LINK, SYMLINK, Entries, clean_path
from checker.model.image import Image, Layer
from checker.model.members import LINKS_FOLLOWED
from checker_layers._layers import is_read_to_end

_SYMLINK = ord(SYMLINK)


class _Use(NamedTuple):
    """A layer in one image.

    Attributes:
        layer: The layer.
        below: The layers below it, base first.
        is_root: Whether nothing else can lie below.
        links_down: Whether links into lower layers are usual, as on Windows.
    """

    layer: Layer
    below: tuple[Layer, ...]
    is_root: bool = True
    links_down: bool = False

    @property
    def is_known(self) -> bool:
        """Whether all that lies below is known."""
        return self.is_root and all(_is_read(layer) for layer in self.below)


class _Doubt(NamedTuple):
    """A hard link whose target does not come before it in its layer."""

    position: int
    target: str
    comes_later: bool


class MissingHardLinkTarget(Check):
    """The target of a hard link is not there when the link is made.

    What it means:
        A hard link in a layer, or in a root filesystem, names a path that no earlier entry made.
        If the path is in a lower layer only, the finding is a warning. Windows layers may link to
        lower layers; that is left alone.

    Why it matters:
        Engines make entries in the order of the tar, so a target must come first, and one that
        comes later is as bad as none: "link …: no such file or directory". A target in a lower
        layer works where layers are stacked while they are unpacked, as containerd does, and may
        fail where each is unpacked into a folder of its own, as Docker's overlay2 driver does.

    How to mend it:
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
        if archive.rootfs is None and not any(image.layers for image in archive.images):
            return "the archive has no layers and no root filesystem"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the hard links of each layer, in every image that uses it."""
        for uses in _uses(archive):
            layer = uses[0].layer
            for doubt in _doubts(layer.entries):
                yield from self._judge(layer, doubt, uses)

    def _judge(self, layer: Layer, doubt: _Doubt, uses: Sequence[_Use]) -> Iterator[Finding]:
        below = [use for use in uses if _finds(use.below, doubt.target)]
        if below:
            if not any(use.links_down for use in below):
                yield self._report(layer, doubt, "is in a lower layer only", Severity.WARNING)
        elif doubt.comes_later:
            yield self._report(layer, doubt, "comes later in the same tar", Severity.ERROR)
        elif _is_read(layer) and all(_is_nowhere(use, doubt) for use in uses):
            yield self._report(layer, doubt, "is nowhere", Severity.ERROR)

    def _report(self, layer: Layer, doubt: _Doubt, what: str, severity: Severity) -> Finding:
        entries = layer.entries
        offset = entries.offsets[doubt.position]
        path = entries.paths[doubt.position]
        whose = "" if layer.location.image is None else f"{layer.label}: "
        return self.finding(
            layer,
            f"{whose}{path} at byte {offset} is a hard link to {doubt.target}, which {what}",
            at={"path": path, "offset": offset},
            severity=severity,
        )


def _uses(archive: Archive) -> Iterable[list[_Use]]:
    """The uses of each layer, by its content."""
    if archive.rootfs is not None:
        return [[_Use(archive.rootfs.layers[0], (), is_root=archive.kind is Kind.ROOTFS)]]
    found: dict[int, list[_Use]] = {}
    for image in archive.images:
        for use in _uses_in(image):
            if use.layer.blob is not None:
                found.setdefault(use.layer.blob.position, []).append(use)
    return found.values()


def _uses_in(image: Image) -> Iterator[_Use]:
    for layer in image.layers:
        yield _Use(layer, image.layers[: layer.position], links_down=image.is_windows)


def _is_read(layer: Layer) -> bool:
    """Whether all entries of a layer are known."""
    blob = layer.blob
    return (
        blob is not None
        and blob.tar is not None
        and blob.tar.fatal is None
        and is_read_to_end(blob)
    )


def _doubts(entries: Entries) -> list[_Doubt]:
    """The hard links whose target is not among the entries before them."""
    by_path, linknames = entries.by_path, entries.linknames
    pending: list[tuple[int, str]] = []
    for position in entries.of_kind(HARD_LINK):
        target = linknames.get(position, "")
        last = by_path.get(target)
        if last is None:
            target = clean_path(target)
            last = by_path.get(target)
        if last is None or last >= position:
            pending.append((position, target))
    places = entries.places({target for _, target in pending})
    return [
        _Doubt(position, target, bool(places[target]) and places[target][-1] > position)
        for position, target in pending
        if not places[target] or places[target][0] >= position
    ]


def _finds(layers: Iterable[Layer], path: str) -> bool:
    return any(path in layer.entries.by_path for layer in layers)


def _is_nowhere(use: _Use, doubt: _Doubt) -> bool:
    """Whether all is known and even the symlinks among the target's parents lead to nothing."""
    if not use.is_known:
        return False
    layers = (use.layer, *reversed(use.below))
    path = doubt.target
    for _ in range(LINKS_FOLLOWED):
        through = _through_parents(layers, path)
        if through is None:
            return path == doubt.target or not _finds(layers, path)
        path = through
    return True


def _through_parents(layers: Sequence[Layer], path: str) -> str | None:
    """The path with the first symlink among its parents replaced by its target."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        parent = "/".join(parts[:count])
        target = _symlink_at(layers, parent)
        if target is not None:
            folder = "" if target.startswith("/") else posixpath.dirname(parent)
            return clean_path(posixpath.join(folder, target.lstrip("/"), *parts[count:]))
    return None


def _symlink_at(layers: Sequence[Layer], path: str) -> str | None:
    """The target of the symlink at a path, if the topmost entry there is one."""
    for layer in layers:
        entries = layer.entries
        position = entries.by_path.get(path)
        if position is not None:
            is_link = entries.kinds[position] == _SYMLINK
            return entries.linknames.get(position, "") if is_link else None
    return None
