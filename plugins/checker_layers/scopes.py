"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. It asks the
columns of the layers, or what is computed for several rules and engines anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from operator import lt

from checker import Archive, Blob, Entries, Image, Layer
from checker.checks.appledouble import metadata_files
from checker.checks.listed import Scope
from checker.checks.path_traits import (
    CONTROLS,
    OF_WINDOWS,
    OTHER_CHARACTERS,
    UPPER_CASE,
    has_any_of,
)
from checker.checks.scopes import has_ids_above, has_odd_spellings, tables_of
from checker.model.collisions import collisions
from checker.model.devices import is_usual_device
from checker.model.entries import (
    CONTIGUOUS,
    DIRECTORY,
    GLOBAL_HEADER,
    GNU_SPARSE,
    HARD_LINK,
)
from checker.model.names import FOREIGN_LAYER_TYPES, LAYER_COMPRESSION, MediaType

_DIRECTORY, _HARD_LINK = ord(DIRECTORY), ord(HARD_LINK)
_GLOBAL = GLOBAL_HEADER.encode()
_BACKSLASH = frozenset(b"\\")
# The end of a drive in a path of Windows without a backslash.
_DRIVE = ":/"
_NOT_UNPACKED = frozenset(map(ord, (GNU_SPARSE, CONTIGUOUS)))
MAPPED_IDS = 65_536
"""The ID of the user and the 65536 subordinate IDs of useradd (login.defs, SUB_UID_COUNT)."""
LONGEST_NAME = 255
"""Bytes of the name of a file (Linux, include/uapi/linux/limits.h)."""
LONGEST_TARGET = 4095
"""Bytes of the target of a symbolic link (Linux, include/uapi/linux/limits.h)."""


def _layers(archive: Archive) -> Iterator[Layer]:
    return (layer for image in archive.images for layer in image.layers)


def _blobs(archive: Archive) -> Iterator[Blob]:
    """The content of the layers; that of layers with the same content comes once."""
    found = {layer.blob.position: layer.blob for layer in _layers(archive) if layer.blob}
    return iter(found.values())


def _has_layers(archive: Archive) -> bool:
    return any(image.layers for image in archive.images)


def _where_a_blob(is_so: Callable[[Blob], bool]) -> Scope:
    return Scope(lambda archive: any(map(is_so, _blobs(archive))), None)


def _where_a_table(is_so: Callable[[Entries], bool]) -> Scope:
    return Scope(lambda archive: any(map(is_so, tables_of(archive))), None)


def _where_an_image(is_so: Callable[[Image], bool]) -> Scope:
    return Scope(lambda archive: any(map(is_so, archive.images)), None)


def _has_layers_unlike_their_image(archive: Archive) -> bool:
    # Rules that look at one layer at a time say themselves that there is none.
    return not _has_layers(archive) or any(map(_is_unlike_its_image, _layers(archive)))


def _is_unlike_its_image(layer: Layer) -> bool:
    """Whether the content is not what config and manifest say, or is to be found elsewhere."""
    blob, descriptor = layer.blob, layer.descriptor
    media_type = None if descriptor is None else descriptor.media_type
    if media_type in FOREIGN_LAYER_TYPES:
        return True
    if blob is None:
        return False
    is_other = layer.diff_id is not None and layer.diff_id != (blob.diff_id or blob.digest)
    return is_other or _stated_compression(media_type) not in (None, blob.compression.kind)


def _stated_compression(media_type: str | None) -> str | None:
    if media_type is None or media_type not in LAYER_COMPRESSION:
        return None
    return LAYER_COMPRESSION[MediaType(media_type)]


def _is_odd(blob: Blob) -> bool:
    """Whether it is not a sound tar with entries that engines unpack."""
    compression, tar = blob.compression, blob.tar
    if tar is None or tar.anomalies or blob.document is not None or not blob.inflated_size:
        return True
    if compression.error is not None or compression.truncated:
        return True
    if compression.trailing is not None or compression.skippable_first:
        return True
    kinds = tar.entries.kinds
    return not kinds.strip(_GLOBAL) or any(kind in kinds for kind in _NOT_UNPACKED)


def _has_repeated_layer(image: Image) -> bool:
    blobs = [layer.blob for layer in image.layers if layer.blob is not None]
    return len({blob.diff_id or blob.digest for blob in blobs}) < len(blobs)


def _has_windows_layout(image: Image) -> bool:
    return image.is_windows or any(layer.entries.is_windows for layer in image.layers)


def _has_whiteout_names(entries: Entries) -> bool:
    return bool(entries.whiteouts or entries.whiteout_directories)


def _has_hard_links(entries: Entries) -> bool:
    return _HARD_LINK in entries.kinds


def _has_doubtful_links(entries: Entries) -> bool:
    """Whether a hard link does not refer to a file that is before it, by its cleaned path."""
    if not _has_hard_links(entries):
        return False
    links = tuple(entries.of_kind(HARD_LINK))
    targets = [entries.linknames.get(link, "").removeprefix("./") for link in links]
    last = tuple(map(entries.by_path.get, targets, repeat(len(entries))))
    if not all(targets) or not all(map(lt, last, links)):
        return True
    return _DIRECTORY in map(entries.kinds.__getitem__, last)


def _has_unusual_devices(entries: Entries) -> bool:
    kinds, paths = entries.kinds, entries.paths
    return any(
        not is_usual_device(chr(kinds[i]), paths[i], device)
        for i, device in entries.devices.items()
    )


def _has_impossible_paths(entries: Entries) -> bool:
    has_long_paths = entries.longest_path > LONGEST_NAME or has_any_of(entries, OTHER_CHARACTERS)
    has_long_targets = entries.longest_target * 4 > LONGEST_TARGET
    return has_long_paths or has_long_targets or entries.has_bare_symlinks


def _has_odd_paths(entries: Entries) -> bool:
    return has_any_of(entries, CONTROLS | OTHER_CHARACTERS) or entries.cached(_has_unnamed_entries)


def _has_unnamed_entries(entries: Entries) -> bool:
    if "" not in entries.by_path:
        return False
    return any(not entries.name(i) for i in entries.positions(("",))[""])


def _has_paths_of_windows(entries: Entries) -> bool:
    targets = "\n".join(entries.linknames.values())
    if has_any_of(entries, _BACKSLASH) or "\\" in targets or _DRIVE in targets:
        return True
    return has_any_of(entries, OF_WINDOWS) and entries.cached(_has_drives)


def _has_drives(entries: Entries) -> bool:
    return any(_DRIVE in text for text in entries.texts())


def _is_layered_oddly(entries: Entries) -> bool:
    """Whether something is, or may be in a lower layer, below what is not a directory."""
    root = entries.by_path.get("")
    return (
        bool(entries.obstacles or entries.implied)
        or not entries.knows_all_directories
        or (root is not None and entries.kinds[root] != _DIRECTORY)
    )


LAYERS = Scope(_has_layers, "the archive has no layers")
"""Archives with layers."""
TREES = Scope(
    lambda archive: archive.rootfs is not None or _has_layers(archive),
    "the archive has no layers and no root filesystem",
)
"""Archives with layers, or with a flat root filesystem."""

UNLIKE_THEIR_IMAGE = Scope(_has_layers_unlike_their_image, None)
ODD_LAYERS = _where_a_blob(_is_odd)
REPEATED_LAYERS = _where_an_image(_has_repeated_layer)
WINDOWS_LAYOUTS = _where_an_image(_has_windows_layout)
WHITEOUT_NAMES = _where_a_table(_has_whiteout_names)
DOUBTFUL_HARD_LINKS = _where_a_table(lambda entries: entries.cached(_has_doubtful_links))
SPARSE_FILES = _where_a_table(lambda entries: bool(entries.sparse))
UNUSUAL_DEVICES = _where_a_table(_has_unusual_devices)
ATTRIBUTES = _where_a_table(lambda entries: bool(entries.xattrs or entries.unread_attributes))
LARGE_IDS = _where_a_table(lambda entries: has_ids_above(entries, MAPPED_IDS))
REPEATED_PATHS = _where_a_table(lambda entries: bool(collisions(entries)))
LAYERED_ODDLY = _where_a_table(_is_layered_oddly)
ESCAPING_PATHS = _where_a_table(
    lambda entries: has_odd_spellings(entries) or entries.cached(_has_doubtful_links)
)
IMPOSSIBLE_PATHS = _where_a_table(_has_impossible_paths)
ODD_PATHS = _where_a_table(_has_odd_paths)
UPPER_CASE_PATHS = _where_a_table(
    lambda entries: has_any_of(entries, UPPER_CASE | OTHER_CHARACTERS)
)
PATHS_OF_WINDOWS = _where_a_table(_has_paths_of_windows)
PATHS_OF_MACOS = _where_a_table(lambda entries: bool(metadata_files(entries)))
