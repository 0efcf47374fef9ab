"""The extraction of a tar by containers-storage (v1.43 and v1.62, pkg/archive).

``untar`` extracts an archive to a temporary directory, as oci-archive does: paths that leave it are
refused. ``apply_layer`` extracts a layer in a process that called chroot, where paths that leave
the root end at the root.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from checker.model.entries import clean_path
from checker.model.tar import Tar
from checker.model.work import Work
from checker.model.xattrs import (
    NOT_PERMITTED,
    NOT_SUPPORTED,
    namespace_xattr_errors,
    user_xattr_errors,
)
from checker.patterns import pattern
from checker_engines.filesystem.dialect import CHROOT, OS_CALLS, Confinement, Dialect, clean_name
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.extractor import extract
from checker_engines.filesystem.privileges import MAPPED_IDS, ROOT, Privileges
from checker_engines.filesystem.storage import Layers
from checker_engines.filesystem.storage.overlay import Converter
from checker_engines.filesystem.tar_split import Stop
from checker_engines.filesystem.tree import Tree
from checker_engines.golang.fmt import quote
from checker_engines.golang.tar import tar_error

_MARKED = pattern("\0([^\0]*)\0")
_OUTSIDE = "<tmp>"
_TEMPORARY_DIRECTORY = "/var/tmp"  # noqa: S108 - the usual one, as messages show it
_ELSEWHERE = "\0"
"""A name that no entry has."""


class UnpackError(ValueError):
    """The extraction fails; the message is that of the engine."""


def _from_slash(name: str) -> str:
    return f"/{clean_path(name)}"


LAYERS = Dialect(
    new_tree=Tree,
    clean=clean_name,
    shown=_from_slash,
    # Hard links and device nodes are created without package os (handleLLink, Mknod).
    calls=OS_CALLS._replace(link="", mknod=""),
    confinement=CHROOT,
    resolved=str,
    root_replaced="unlinkat .//: device or resource busy",
    root_removed="unlinkat .//: device or resource busy",
    xattr="lsetxattr {path}: {words}",
    ignored_xattr_errors=frozenset({NOT_SUPPORTED}),
    skips_global_headers=False,
)
"""Layers, in a process that called chroot (pkg/chrootarchive)."""


def _nothing(path: str) -> str:  # noqa: ARG001 - the errors of the system calls are bare
    return ""


CONVERTER = Converter(
    mknod=_nothing,
    set_opaque=_nothing,
    chown="chown {path}: ",
    ignores_below_files=True,
)
"""Whiteouts on the overlay driver (pkg/archive/archive_linux.go)."""
IN_NAMESPACE = Privileges(
    highest_id=MAPPED_IDS,
    creates_devices=False,
    xattr_errors=namespace_xattr_errors,
)
"""Layers, extracted by root of a user namespace."""
ARCHIVE_IN_NAMESPACE = Privileges(
    creates_devices=False, device=NOT_PERMITTED, xattr_errors=namespace_xattr_errors
)
"""An archive, of which the owners are not kept, extracted by root of a user namespace."""
ARCHIVE_OF_USER = ARCHIVE_IN_NAMESPACE._replace(xattr_errors=user_xattr_errors, owns_parents=False)
"""The same by a user without privileges, whom the directory of an entry without one is not given
(idtools.MkdirAllAndChownNew)."""


def layers_dialect(owner: str) -> Dialect:
    """Layers, extracted by root of a user namespace.

    Args:
        owner: The error for an owner that it does not have (``Privileges.owner``).
    """
    return LAYERS._replace(
        privileges=IN_NAMESPACE._replace(owner=owner),
        ignored_xattr_errors=frozenset({NOT_SUPPORTED, NOT_PERMITTED}),
    )


def untar(tar: Tar, work: Work, shown: Callable[[str], str], privileges: Privileges = ROOT) -> Tree:
    """Extract an archive to a temporary directory.

    Args:
        tar: The archive.
        work: What may be spent on it.
        shown: Returns a path below the directory as messages show it; for the empty path, the
            directory.
        privileges: What the process may do.

    Returns:
        The tree, read-only.

    Raises:
        UnpackError: The extraction fails.
        OutOfWork: It is not known whether it fails.
    """
    stop = tar_error(tar)
    try:
        dialect = _BELOW._replace(privileges=privileges)
        tree = extract(dialect, tar.entries, work, is_whole=stop is None)
    except ExtractionError as error:
        text = _MARKED.sub(lambda match: shown(match[1]), str(error))
        raise UnpackError(text) from None
    if stop is not None:
        raise UnpackError(stop)
    return tree


def apply_layer(tar: Tar, layers: Layers, stop: Stop | None) -> None:
    """Extract a layer on top of the layers below.

    Args:
        tar: The layer.
        layers: The layers below.
        stop: Where tar-split ends the stream. To the extractor that is the end of the layer, and
            the error is not raised here.

    Raises:
        UnpackError: The layer cannot be applied.
    """
    count = len(tar.entries) if stop is None else stop.position + 1
    error_at_end = tar_error(tar) if stop is None else None
    try:
        layers.extract_layer(tar.entries, count, is_whole=error_at_end is None)
    except ExtractionError as error:
        raise UnpackError(str(error)) from None
    if error_at_end is not None:
        raise UnpackError(error_at_end)


def _marked(path: str) -> str:
    """A path below the directory, to be replaced by what messages show for it."""
    return f"\0{path}\0"


def _marked_inside(name: str) -> str:
    return _marked(name.lstrip("/"))


def _refused_path(name: str) -> str | None:
    # The parent of the directory is not refused; only a directory can be extracted to it.
    return f'{quote(name)} is outside of "{_marked("")}"' if name.startswith("../") else None


def _refused_hard_link(target: str) -> str | None:
    inside = posixpath.normpath(target)
    return f'invalid hardlink "{_climbed(inside)}" -> {quote(target)}' if _leaves(inside) else None


def _climbed(path: str) -> str:
    """Where a path leads that leaves the directory, as messages show it."""
    if not path.startswith("../../"):
        return _OUTSIDE
    return posixpath.normpath(f"{_TEMPORARY_DIRECTORY}/{path.removeprefix('../')}")


def _refused_symlink(name: str, target: str) -> str | None:
    # The engine joins an absolute target to the directory of the entry too.
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(name), target.lstrip("/")))
    message = f'invalid symlink "{_marked_inside(name)}" -> {quote(target)}'
    return message if _leaves(joined) else None


def _leaves(path: str) -> bool:
    return path == ".." or path.startswith("../")


def _resolved(target: str) -> str:
    """The path that a symlink resolves to: an absolute one leads to unknown files of the host."""
    return _ELSEWHERE if target.startswith("/") else target


# One for all builds, so that an archive is extracted once: only what they show differs.
_BELOW = LAYERS._replace(
    shown=_marked_inside,
    confinement=Confinement(
        path=_refused_path, hard_link=_refused_hard_link, symlink=_refused_symlink
    ),
    resolved=_resolved,
    removes_root=True,
)
"""A directory that is not the root of the process."""
