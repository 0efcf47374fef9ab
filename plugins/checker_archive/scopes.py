"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. It asks the
columns of the members, or what is computed for several rules and engines anyway.
"""

from __future__ import annotations

from checker import Archive, CompressionKind, Entries, Source
from checker.checks.listed import Scope
from checker.checks.path_traits import CONTROLS, OTHER_CHARACTERS, has_any_of
from checker.checks.scopes import has_ids_above, has_odd_spellings
from checker.model.archive import FLAT_KINDS, IMAGE_KINDS
from checker.model.collisions import collisions
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    FIFO,
    GNU_SPARSE,
    HARD_LINK,
    SPELLINGS,
    SYMLINK,
    climbs_out,
)

LARGEST_ID = 0xFFFFFFFE
"""The largest user or group ID; the largest 32-bit number means "unchanged" (chown(2))."""
_HARD_LINK, _SYMLINK = ord(HARD_LINK), ord(SYMLINK)
LONGEST_PART = 255
"""Bytes of a component of a path (Linux, include/uapi/linux/limits.h)."""
_NOT_EXTRACTED = frozenset(map(ord, (GNU_SPARSE, CONTIGUOUS)))
_DOTTED = tuple(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "./")
_DEVICES = frozenset(map(ord, (CHARACTER_DEVICE, BLOCK_DEVICE, FIFO)))


def _is_unsound(archive: Archive) -> bool:
    """Whether anything is irregular about the tar, its compressed stream or a file in it."""
    return (
        bool(archive.tar.anomalies)
        or not archive.entries.by_path
        or archive.inside is not None
        or _is_stream_unsound(archive)
        or any(blob.error is not None for blob in archive.members.blobs.values())
    )


def _is_stream_unsound(archive: Archive) -> bool:
    compression = archive.compression
    is_damaged = compression.error is not None or compression.truncated
    return is_damaged or compression.trailing is not None or compression.skippable_first


def _is_malformed(archive: Archive) -> bool:
    if archive.tar.anomalies or archive.rootfs is not None:
        return bool(archive.tar.anomalies)
    return has_ids_above(archive.entries, LARGEST_ID)


def _has_unsupported_types(archive: Archive) -> bool:
    kinds = archive.entries.kinds
    return bool(archive.tar.anomalies) or any(kind in kinds for kind in _NOT_EXTRACTED)


def _is_not_a_plain_tar(archive: Archive) -> bool:
    """Whether it is anything but an uncompressed file with the extension of a tar."""
    is_named_tar = archive.source is Source.FILE and archive.path.lower().endswith(".tar")
    is_tar = bool(archive.size) and not archive.tar.anomalies
    return not (is_named_tar and is_tar and archive.compression.kind is CompressionKind.NONE)


def _has_escaping_names(archive: Archive) -> bool:
    entries = archive.entries
    # In root filesystems, absolute symlinks are usual.
    links = (HARD_LINK,) if archive.kind in FLAT_KINDS else (HARD_LINK, SYMLINK)
    return has_odd_spellings(entries) or any(
        _leads_out(entries, i) for i in entries.of_kind(*links)
    )


def _leads_out(entries: Entries, position: int) -> bool:
    """Whether a link may be absolute, or may lead out of the archive."""
    target = entries.linknames.get(position, "")
    if ".." not in target:
        return target.startswith("/")
    directory = entries.paths[position].rpartition("/")[0]
    is_symlink = entries.kinds[position] == _SYMLINK
    return target.startswith("/") or climbs_out(f"{directory}/{target}" if is_symlink else target)


def _has_unportable_names(archive: Archive) -> bool:
    entries = archive.entries
    is_odd = entries.longest_path > LONGEST_PART or has_any_of(entries, CONTROLS | OTHER_CHARACTERS)
    return is_odd or "" in entries.by_path


def _has_dotted_names(archive: Archive) -> bool:
    return any(code in archive.entries.spellings for code in _DOTTED)


def _has_hard_links(archive: Archive) -> bool:
    return _HARD_LINK in archive.entries.kinds


TARS = Scope(
    lambda archive: archive.source is not Source.DIRECTORY,
    "the archive is a directory, which does not have tar headers",
)
"""All archives but directories."""
NOT_ROOTS = Scope(
    lambda archive: archive.rootfs is None,
    "the entries of a root filesystem are checked by the rules for layers",
)
"""All archives but flat root filesystems."""
IMAGES = Scope(lambda archive: archive.kind in IMAGE_KINDS, "the archive is not an image archive")
"""Archives of images, at their top level."""

UNSOUND = Scope(_is_unsound, None)
MALFORMED_HEADERS = Scope(_is_malformed, None)
UNSUPPORTED_TYPES = Scope(_has_unsupported_types, None)
NOT_PLAIN_TARS = Scope(_is_not_a_plain_tar, None)
REPEATED_MEMBERS = Scope(lambda archive: bool(collisions(archive.entries)), None)
ESCAPING_NAMES = Scope(_has_escaping_names, None)
UNPORTABLE_NAMES = Scope(_has_unportable_names, None)
DOTTED_NAMES = Scope(_has_dotted_names, None)
NESTED = Scope(lambda archive: bool(archive.nested_images), None)
MEMBERS_BELOW_FILES = Scope(lambda archive: bool(archive.entries.obstacles), None)
HARD_LINKS = Scope(_has_hard_links, None)
DEVICES = Scope(lambda archive: any(kind in archive.entries.kinds for kind in _DEVICES), None)
