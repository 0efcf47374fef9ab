"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. It asks the
columns of the layers, not a merged root. Rules about roots say themselves that there is none, so
their scopes include such archives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checker import Archive, Config, Entries, Layer
from checker.checks.listed import Scope
from checker.checks.scopes import configs_of, has_whole_root, tables_of
from checker.model.entries import (
    CONTIGUOUS,
    DIRECTORY,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    clean_path,
)
from checker.model.image import text
from checker.starting.directories import MOUNTED_DIRECTORIES, MOUNTED_FILES
from checker_rootfs.directories import MERGED, OF_KERNELS, TEMPORARY

DOCKER_MARKS = (".dockerenv", ".dockerinit")
"""The files that engines create in running containers."""
_DIRECTORY, _REGULAR, _SYMLINK = ord(DIRECTORY), ord(REGULAR), ord(SYMLINK)
_WITH_CONTENT = frozenset(map(ord, (REGULAR, HARD_LINK, CONTIGUOUS, GNU_SPARSE)))
_OTHERS_WRITE, _STICKY, _SETID = 0o002, 0o1000, 0o6000


def _stacks(archive: Archive) -> Iterator[tuple[Layer, ...]]:
    """The layers of each root filesystem, base first."""
    if archive.rootfs is not None:
        yield archive.rootfs.layers
    yield from (image.layers for image in archive.images)


def _where_a_table(is_so: Callable[[Entries], bool]) -> Scope:
    def includes(archive: Archive) -> bool:
        # Entries below a link of their layer are at another place in the root.
        return not has_whole_root(archive) or any(
            entries.obstacles or is_so(entries) for entries in tables_of(archive)
        )

    return Scope(includes, None)


def _where_a_config(is_so: Callable[[Config], bool]) -> Scope:
    def includes(archive: Archive) -> bool:
        return not has_whole_root(archive) or any(map(is_so, configs_of(archive)))

    return Scope(includes, None)


def _may_be_empty(archive: Archive) -> bool:
    return not has_whole_root(archive) or any(map(_is_little_visible, _stacks(archive)))


def _is_little_visible(layers: tuple[Layer, ...]) -> bool:
    """Whether the top layer, of which all is visible, may not have more than the root."""
    entries = layers[-1].entries if layers else Entries()
    return len(entries.by_path) < 2 or bool(entries.whiteouts or entries.obstacles)


def _kind_at(entries: Entries, path: str) -> int | None:
    """The kind of the last entry at a path; None if there is none."""
    position = entries.by_path.get(path)
    return None if position is None else entries.kinds[position]


def _has_odd_mount_points(entries: Entries) -> bool:
    return any(
        _kind_at(entries, path) not in (None, kind)
        for paths, kind in ((MOUNTED_DIRECTORIES, _DIRECTORY), (MOUNTED_FILES, _REGULAR))
        for path in paths
    )


def _may_be_half_merged(archive: Archive) -> bool:
    """Whether some of the directories that are merged into /usr are links, and some are not."""
    tables = tables_of(archive)
    if not has_whole_root(archive) or any(entries.obstacles for entries in tables):
        return True
    kinds = {_kind_at(entries, path) for entries in tables for path in MERGED}
    return kinds >= {_SYMLINK, _DIRECTORY}


def _has_leftovers(entries: Entries) -> bool:
    is_known = entries.knows_all_directories and _kind_at(entries, "var/run") != _DIRECTORY
    return not (is_known and entries.directories.isdisjoint(TEMPORARY))


def _has_boot_files(entries: Entries) -> bool:
    return not (entries.knows_all_directories and entries.directories.isdisjoint(OF_KERNELS))


def _has_writable_entries(entries: Entries) -> bool:
    """Whether others may write to a file, a hard link or a directory that is not sticky."""
    kinds, modes = entries.kinds, entries.modes
    return any(
        kinds[i] in _WITH_CONTENT or (kinds[i] == _DIRECTORY and not modes[i] & _STICKY)
        for i in entries.with_mode(_OTHERS_WRITE)
    )


def _has_setid_entries(entries: Entries) -> bool:
    return any(entries.kinds[i] != _SYMLINK for i in entries.with_mode(_SETID))


def _has_working_directory(config: Config) -> bool:
    return bool(clean_path(text(config.settings.get("WorkingDir")) or ""))


def _has_other_programs(config: Config) -> bool:
    return bool(config.settings.get("Healthcheck") or config.settings.get("Shell"))


FLAT_ROOTS = Scope(
    lambda archive: archive.rootfs is not None, "the archive is not a flat root filesystem"
)
"""Flat root filesystems."""
WITH_CONFIGS = Scope(
    lambda archive: archive.rootfs is None, "a flat root filesystem has no image config"
)
"""Archives that can have image configs."""
NOT_EXPORTED = Scope(
    lambda archive: archive.rootfs is None,
    "a flat root filesystem may be an exported container",
)
"""Archives that are not made of a container."""

EMPTY_ROOTS = Scope(_may_be_empty, None)
WHITEOUTS = _where_a_table(lambda entries: bool(entries.whiteouts))
WORKING_DIRECTORIES = _where_a_config(_has_working_directory)
COMMANDS = _where_a_config(lambda config: config.has_command)
OTHER_PROGRAMS = _where_a_config(_has_other_programs)
SYMLINKS = _where_a_table(lambda entries: _SYMLINK in entries.kinds)
HALF_MERGED = Scope(_may_be_half_merged, None)
ODD_MOUNT_POINTS = _where_a_table(_has_odd_mount_points)
WITH_LEFTOVERS = _where_a_table(_has_leftovers)
BOOT_FILES = _where_a_table(_has_boot_files)
WRITABLE_ENTRIES = _where_a_table(_has_writable_entries)
SETID_ENTRIES = _where_a_table(_has_setid_entries)
ATTRIBUTES = _where_a_table(lambda entries: bool(entries.xattrs))
DOCKER_MARKED = _where_a_table(
    lambda entries: any(path in entries.by_path for path in DOCKER_MARKS)
)
