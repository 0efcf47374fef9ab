"""Layers as the rules see them: where they are used, what is below them, and how they are named."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from checker import Archive, Blob, Check, Entries, Image, Kind, Layer, Source
from checker.model.entries import DIRECTORY, OPAQUE_WHITEOUT, SYMLINK, WHITEOUT_PREFIX, clean_path
from checker.model.names import LAYER_COMPRESSION
from checker.records import NamedTuple
from checker_layers.scopes import LAYERS, TREES

# Parents of a path that are examined; a limit for hostile archives.
_DEPTH = 64
_DIRECTORY, _SYMLINK = ord(DIRECTORY), ord(SYMLINK)


class Use(NamedTuple):
    """A layer as part of one image, or the single layer of a flat root filesystem.

    Attributes:
        layer: The layer.
        below: The layers below it, base first.
        image: The image; None for a flat root filesystem.
        is_known: Whether all layers below are known completely, and no others can be there.
    """

    layer: Layer
    below: tuple[Layer, ...]
    image: Image | None = None
    is_known: bool = True

    @property
    def is_windows(self) -> bool:
        """Whether the image is for Windows."""
        return self.image is not None and self.image.is_windows


class Below(NamedTuple):
    """What a lower layer contains at a path.

    Attributes:
        layer: The layer.
        position: Position of the entry; None for a directory that is implied by its content.
    """

    layer: Layer
    position: int | None


class LayerCheck(Check):
    """A check of layers; it is skipped for archives without layers."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive has no layers."""
        return LAYERS.skip_reason(archive)


class TreeCheck(Check):
    """A check of layers and flat root filesystems; it is skipped for archives without either."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive has neither."""
        return TREES.skip_reason(archive)


def trees(archive: Archive) -> Iterator[Layer]:
    """The layers whose content is in the archive, and that of a flat root filesystem."""
    if archive.rootfs is not None:
        yield from archive.rootfs.layers
    yield from (layer for layer, _ in present_layers(archive))


def uses(archive: Archive) -> Iterable[list[Use]]:
    """The uses of each layer, grouped by its content."""
    if archive.rootfs is not None:
        return [[Use(archive.rootfs.layers[0], (), is_known=archive.kind is Kind.ROOTFS)]]
    found: dict[int, list[Use]] = {}
    for image in archive.images:
        # Computed once per image, which may list a thousand layers.
        known = tuple(takewhile(is_read, image.layers))
        for layer in image.layers:
            if layer.blob is not None and is_tar_layer(layer):
                below = image.layers[: layer.position]
                use = Use(layer, below, image, is_known=len(below) <= len(known))
                found.setdefault(layer.blob.position, []).append(use)
    return found.values()


def tables_below(of_layer: Iterable[Use]) -> Iterable[Entries]:
    """The entries of all layers below a layer, in any image that uses it; those shared come once.

    Args:
        of_layer: The uses of the layer, those in one image from the base up.
    """
    # Below the last one is all that is below the others of its image.
    last = {id(use.image): use for use in of_layer}
    tables = (lower.entries for use in last.values() for lower in use.below)
    return {id(entries): entries for entries in tables}.values()


def whose(layer: Layer) -> str:
    """How messages begin: with the layer, unless the archive is the tree itself."""
    return "" if layer.location.image is None else f"{layer.label}: "


def shown(entries: Entries, position: int) -> str:
    """An entry and its offset, for messages."""
    name = entries.name(position) or "an entry without a name"
    return f"{name} at byte {entries.offsets[position]}"


def find_below(below: Sequence[Layer], path: str) -> Below | None:
    """What the topmost lower layer that affects a path contains there; None for nothing."""
    parents = list(prefixes(path, len(path) - 1))
    for layer in reversed(below):
        entries = layer.entries
        position = entries.by_path.get(path)
        if position is not None:
            return Below(layer, position)
        if path in entries.directories:
            return Below(layer, None)
        if _hides(entries, path, parents):
            return None
    return None


def _hides(entries: Entries, path: str, parents: Sequence[str]) -> bool:
    """Whether a layer hides what the layers below it contain at a path."""
    by_path, kinds = entries.by_path, entries.kinds
    if any(
        directory in by_path and kinds[by_path[directory]] != _DIRECTORY for directory in parents
    ):
        return True
    return bool(entries.whiteouts) and any(
        f"{directory}{slash}{name}" in entries.whiteouts
        for directory, slash, base in (part.rpartition("/") for part in (*parents, path))
        for name in (WHITEOUT_PREFIX + base, OPAQUE_WHITEOUT)
    )


def prefixes(path: str, longest: int) -> Iterator[str]:
    """The parents of a path and the path itself, from the root down.

    Args:
        path: The path.
        longest: Length in characters of the longest prefix that is wanted.
    """
    end = -1
    for _ in range(_DEPTH):
        end = path.find("/", end + 1)
        if not 0 <= end <= longest:
            break
        yield path[:end]
    if end < 0 and len(path) <= longest:
        yield path


def present_layers(archive: Archive) -> Iterator[tuple[Layer, Blob]]:
    """The layers whose content is in the archive, with it; shared content is yielded once."""
    seen: set[int] = set()
    for image in archive.images:
        for layer in image.layers:
            blob = layer.blob
            if blob is not None and blob.position not in seen and is_tar_layer(layer):
                seen.add(blob.position)
                yield layer, blob


def is_tar_layer(layer: Layer) -> bool:
    """Whether the layer must be a tar: an unknown media type may be encrypted, for example."""
    media_type = None if layer.descriptor is None else layer.descriptor.media_type
    return media_type is None or media_type in LAYER_COMPRESSION


def is_cut_with_archive(archive: Archive, blob: Blob) -> bool:
    """Whether the content is truncated because the archive is."""
    if archive.source is Source.DIRECTORY or blob.position < 0:
        return False
    return blob.size < archive.entries.sizes[blob.position]


def is_read(layer: Layer) -> bool:
    """Whether all entries of a layer are known."""
    blob = layer.blob
    return (
        blob is not None
        and blob.tar is not None
        and blob.tar.fatal is None
        and is_read_to_end(blob)
    )


def is_read_to_end(blob: Blob) -> bool:
    """Whether the layer was read to its end, not to a limit or a corrupt place."""
    limits = () if blob.tar is None else blob.tar.limits
    return blob.whole and blob.compression.error is None and not limits


def through_parents(layers: Sequence[Layer], path: str) -> str | None:
    """The path with the first symlink among its parents replaced by its target."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        parent = "/".join(parts[:count])
        target = symlink_at(layers, parent)
        if target is not None:
            directory = "" if target.startswith("/") else posixpath.dirname(parent)
            return clean_path(posixpath.join(directory, target.lstrip("/"), *parts[count:]))
    return None


def symlink_at(layers: Sequence[Layer], path: str) -> str | None:
    """The target of the symlink at a path, if the topmost entry there is one."""
    for layer in layers:
        entries = layer.entries
        position = entries.by_path.get(path)
        if position is not None:
            is_link = entries.kinds[position] == _SYMLINK
            return entries.linknames.get(position, "") if is_link else None
    return None
