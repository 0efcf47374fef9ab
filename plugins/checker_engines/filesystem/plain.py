"""Entries that all engines extract in the same way."""

from __future__ import annotations

from collections.abc import Collection

from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    GLOBAL_HEADER,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
    clean_path,
    is_whiteout,
)
from checker.model.untrusted import utf8
from checker.model.xattrs import xattr_errors
from checker_engines.filesystem.content import content_error

_KINDS = frozenset(
    map(ord, (REGULAR, HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO))
)
_DIRECTORY = ord(DIRECTORY)
_REGULAR = ord(REGULAR)
_GLOBAL_HEADER = ord(GLOBAL_HEADER)
_LAST_OF_ASCII = 0x7F
# Half of what Linux takes, so that no prefix that an engine adds can matter.
_NAME_BYTES = 255
_PATH_BYTES = 2048
_LARGEST_DEVICE = 2**32 - 1


def is_plain(entries: Entries) -> bool:
    """Whether every extractor extracts these entries in the same way and without an error.

    This is so if no name leaves the root, nothing is below a file, a path that occurs several times
    is always a directory or never one, hard links refer to files that are complete before them, and
    whiteouts hide nothing of the same tar. It holds for the first entries of such a tar too. False
    only means that the extraction has to be simulated entry by entry.
    """
    return entries.cached(_inspect)


def _inspect(entries: Entries) -> bool:
    return (
        _kinds_are_known(entries)
        and not any(".." in name for name in entries.own_names.values())
        and _names_are_short(entries)
        and _root_is_directory(entries)
        and entries.knows_all_directories
        and not entries.obstacles
        and not entries.whiteout_directories
        and all(_leads_back(entries, i) for i in entries.of_kind(HARD_LINK))
        and not entries.has_bare_symlinks
        and _targets_are_short(entries)
        and _whiteouts_hide_others(entries)
        and _repeats_replace(entries)
        and all(map(_is_device, entries.devices.values()))
        and not any(content_error(entries, i) for i in entries.sparse)
        and not any(error for i in entries.xattrs for error in xattr_errors(entries, i))
    )


def _kinds_are_known(entries: Entries) -> bool:
    kinds = set(entries.kinds) - _KINDS
    return kinds <= {_GLOBAL_HEADER} and all(
        _creates_nothing(entries, i) for i in (entries.of_kind(GLOBAL_HEADER) if kinds else ())
    )


def _creates_nothing(entries: Entries, position: int) -> bool:
    """Whether a global header neither needs a directory nor removes what is at its path."""
    path = entries.paths[position]
    is_alone = path not in entries.by_path and path not in entries.directories
    return bool(path) and is_alone and "/" not in path and not is_whiteout(path)


def _repeats_replace(entries: Entries) -> bool:
    """Whether entries with the path of an earlier one do nothing but replace it.

    A whiteout that is repeated is an error on an overlay.
    """
    kinds, paths, by_path = entries.kinds, entries.paths, entries.by_path
    repeated = {paths[i] for i in entries.repeated}
    return not any(map(is_whiteout, repeated)) and all(
        (kinds[i] == _DIRECTORY) is (kinds[by_path[path]] == _DIRECTORY)
        for i, path in enumerate(paths if repeated else ())
        if path in repeated
    )


def _names_are_short(entries: Entries) -> bool:
    longest = entries.longest_path
    # A character takes four bytes at most, so that short paths need not be encoded.
    if longest * 4 <= _NAME_BYTES:
        return True
    is_ascii = max(entries.path_bytes) <= _LAST_OF_ASCII
    return (is_ascii and longest <= _NAME_BYTES) or all(map(_is_short, entries.by_path))


def _is_short(path: str) -> bool:
    if len(path) * 4 <= _NAME_BYTES:
        return True
    encoded = utf8(path)
    if len(encoded) <= _NAME_BYTES:
        return True
    return len(encoded) <= _PATH_BYTES and max(map(len, encoded.split(b"/"))) <= _NAME_BYTES


def _targets_are_short(entries: Entries) -> bool:
    most = 2 * _PATH_BYTES
    return entries.longest_target * 4 <= most or all(
        len(entries.linknames[i]) * 4 <= most for i in entries.of_kind(SYMLINK)
    )


def _is_device(number: tuple[int, int]) -> bool:
    return all(0 <= part <= _LARGEST_DEVICE for part in number)


def _root_is_directory(entries: Entries) -> bool:
    root = entries.by_path.get("")
    return root is None or entries.kinds[root] == _DIRECTORY


def _leads_back(entries: Entries, position: int) -> bool:
    """Whether a hard link refers to a file that no later entry replaces."""
    linkname = entries.linknames.get(position, "")
    if ".." in linkname:
        return False
    path = clean_path(linkname)
    target = entries.by_path.get(path, position)
    # A whiteout is not kept as a file.
    return target < position and not is_whiteout(path) and entries.kinds[target] != _DIRECTORY


def _whiteouts_hide_others(entries: Entries) -> bool:
    """Whether all whiteouts are for files, and hide nothing of the same tar."""
    hides = entries.hides
    removed, kinds = hides.removed.keys(), entries.kinds
    positions = map(entries.by_path.__getitem__, entries.whiteouts)
    return (
        not hides.nameless
        and {_REGULAR}.issuperset(map(kinds.__getitem__, positions))
        and removed.isdisjoint(entries.by_path.keys())
        and removed.isdisjoint(entries.directories)
        and not _has_hidden_directories(entries)
    )


def _has_hidden_directories(entries: Entries) -> bool:
    """Whether an opaque whiteout removes a directory that has no entry, with entries in it."""
    opaque = entries.hides.emptied
    if not opaque:
        return False
    without_entry = (path for path in entries.directories if path not in entries.by_path)
    return any(_is_below(path, opaque) for path in without_entry)


def _is_below(path: str, directories: Collection[str]) -> bool:
    while path:
        path = path.rpartition("/")[0]
        if path in directories:
            return True
    return False
