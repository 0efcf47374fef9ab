"""The extraction of a tar by Docker: the dialects of its ``pkg/archive``.

Sources: moby 20.10 and 28, pkg/archive, in a process that called chroot; moby/go-archive 0.3.3 in
Docker 29.7, which opens all files below an ``os.Root``.
"""

from __future__ import annotations

from checker.model.entries import BARE_WHITEOUTS, clean_path, climbs_out
from checker.model.xattrs import NOT_PERMITTED, NOT_SUPPORTED, namespace_xattr_errors
from checker.records import NamedTuple
from checker_engines.filesystem.dialect import (
    CHROOT,
    OS_CALLS,
    Calls,
    Confinement,
    Dialect,
    clean_name,
)
from checker_engines.filesystem.os_root import ClosedTree, resolve_archive_path
from checker_engines.filesystem.privileges import MAPPED_IDS, Privileges
from checker_engines.filesystem.storage.overlay import Converter
from checker_engines.filesystem.tree import Tree
from checker_engines.golang.fmt import quote

_LARGEST_DEVICE = 2**32 - 1


def _from_slash(name: str) -> str:
    return f"/{clean_path(name)}"


def _refused_name(name: str) -> str | None:
    """The error for a name that is not local (go-archive, diff.go and archive.go)."""
    return f"invalid entry name {quote(name)}" if climbs_out(name.lstrip("/")) else None


def _refused_hard_link(target: str) -> str | None:
    """The error for a target that is not local (go-archive, archive.go, resolveHardlinkTarget)."""
    is_local = clean_path(target) and not climbs_out(target.lstrip("/"))
    return None if is_local else f"invalid hardlink target {quote(target)}"


def _refused_device(name: str, number: tuple[int, int]) -> str | None:
    """The error for a device number that does not fit (go-archive, archive_unix.go)."""
    if all(0 <= part <= _LARGEST_DEVICE for part in number):
        return None
    shown = ":".join(map(str, number))
    return f"device number {shown} for {quote(name)} out of range: invalid archive"


CHROOT_28 = Dialect(
    new_tree=Tree,
    clean=clean_name,
    shown=_from_slash,
    calls=OS_CALLS._replace(mknod=""),
    confinement=CHROOT,
    resolved=str,
    root_replaced="unlinkat .//: device or resource busy",
    root_removed="unlinkat .//: device or resource busy",
    xattr='lsetxattr {path}: xattr "{name}": {words}',
    ignored_xattr_errors=frozenset({NOT_PERMITTED}),
    sets_empty_xattrs=True,
)
"""Docker 25 to 28.

Since Docker 25, an attribute that the storage does not support is an error unless attributes are
best-effort (go-archive, archive.go, createTarFile), which vfs is not by default.
"""

CHROOT_20 = CHROOT_28._replace(
    xattr="{words}",
    ignored_xattr_errors=frozenset({NOT_SUPPORTED, NOT_PERMITTED}),
    no_aufs_link="Invalid aufs hardlink",
    sets_empty_xattrs=False,
)
"""Docker 20.10, which returns bare errors of extended attributes (pkg/system, Lsetxattr)."""

OS_ROOT = CHROOT_28._replace(
    new_tree=ClosedTree,
    clean=clean_path,
    shown=clean_path,
    calls=Calls(
        chtimes="chtimesat {path}: ",
        lchown="lchownat {path}: ",
        link="linkat {target} {path}: ",
        lstat="lstat {path}: ",
        mkdir="mkdirat {path}: ",
        mknod="",
        mknod_parent="openat {path}: ",
        open="openat {path}: ",
        open_to_remove="RemoveAll {path}: ",
        remove="RemoveAll {path}: ",
        stat="statat {path}: ",
        symlink="symlinkat {target} {path}: ",
    ),
    confinement=Confinement(name=_refused_name, hard_link=_refused_hard_link),
    root_replaced=None,
    root_removed="RemoveAll .: invalid argument",
    above_removed="RemoveAll ..: path escapes from parent",
    xattr='lsetxattr /{path}: xattr "{name}": {words}',
    resolve=resolve_archive_path,
    xattrs_follow_links=True,
    device=_refused_device,
)
"""Docker 29.7, whose errors are those of ``os.Root`` and name openat(2) and similar calls."""


def _quoted_mknod(path: str) -> str:
    return f"failed to mknod({quote(path)}, S_IFCHR, 0): "


def _mknod(path: str) -> str:
    return f"failed to mknod('{path}', S_IFCHR, 0): "


def _refused_whiteout(name: str, base: str) -> str | None:
    """The error for a whiteout that names nothing (go-archive 0.3.3, archive_linux.go)."""
    return f"invalid whiteout entry {quote(name)}" if base in BARE_WHITEOUTS else None


CONVERTER_20 = Converter(
    mknod=_quoted_mknod,
    set_opaque=lambda path: f"setxattr({quote(path)}, trusted.overlay.opaque=y): ",
    chown="chown {path}: ",
)
"""Docker 20.10, which converts nothing in a user namespace."""
CONVERTER_28 = Converter(
    mknod=_mknod,
    set_opaque=lambda path: f"setxattr('{path}', trusted.overlay.opaque=y): ",
    chown="chown {path}: ",
)
"""Docker 28."""
CONVERTER_29 = Converter(
    mknod=_mknod,
    set_opaque=lambda path: f"fsetxattr('{path or '.'}', trusted.overlay.opaque=y): ",
    chown="lchown {path}: ",
    open_parent="openat {path}: ",
    refused=_refused_whiteout,
    keeps_root_owned=True,
)
"""Docker 29.7, which opens the directory of a whiteout first."""
_SUBUID = " (try increasing the number of subordinate IDs in /etc/subuid and /etc/subgid)"
_LCHOWN = 'failed to Lchown "{{path}}" for UID {{uid}}, GID {{gid}}{hint}: {{call}}'


class Rootless(NamedTuple):
    """What a daemon in a user namespace may do.

    Attributes:
        archive: The privileges with which the archive is extracted.
        layers: The privileges with which layers are extracted.
        has_native_diff: Whether it extracts layers apart, where an overlay is mounted; otherwise
            onto a mounted overlay of the layers below.
    """

    archive: Privileges
    layers: Privileges
    has_native_diff: bool


_NAMESPACE = Privileges(
    highest_id=MAPPED_IDS,
    creates_devices=False,
    xattr_errors=namespace_xattr_errors,
)
# A device node that was not created cannot be given an owner (20.10, archive_unix.go).
ROOTLESS_20 = Rootless(
    archive=_NAMESPACE._replace(device="lchown {path}: no such file or directory"),
    layers=_NAMESPACE,
    has_native_diff=False,
)
"""Docker 20.10."""
ROOTLESS_28 = Rootless(
    archive=_NAMESPACE._replace(owner=_LCHOWN.format(hint=""), device=NOT_PERMITTED),
    layers=_NAMESPACE._replace(owner=_LCHOWN.format(hint=_SUBUID)),
    has_native_diff=True,
)
"""Docker 28 and 29, which set attributes ``user.overlay.*`` (Linux 5.11)."""
