"""Go's ``os.Root``, below which Docker 29.7 extracts, and how go-archive resolves names in it.

Sources: Go 1.26, os/root_openat.go; moby/go-archive 0.3.3, archive.go and rootpath.go.
"""

from __future__ import annotations

import posixpath
from errno import ENOENT

from checker.model.entries import SYMLINK
from checker.records import NamedTuple
from checker_engines.filesystem.tree import (
    Node,
    Tree,
    TreeError,
    is_long_path,
    reversed_parts,
)

ESCAPES = "path escapes from parent"
_TOO_LONG = "file name too long"
_LINKS_RESOLVED = 255
"""Most symlinks that go-archive follows while it resolves one path (walkLink)."""


class ClosedTree(Tree):
    """A tree that no path leaves: absolute links and ``..`` of the root are errors.

    Directories are opened one after the other, so that no path is too long.
    """

    links_followed = 8

    def above_root(self) -> None:
        """Refuse.

        Raises:
            TreeError: Always.
        """
        raise TreeError(0, ESCAPES)

    def absolute_link(self) -> None:
        """Refuse.

        Raises:
            TreeError: Always.
        """
        raise TreeError(0, ESCAPES)

    def check_length(self, path: str) -> None:
        """Accept any length."""


class _Resolved(NamedTuple):
    """A path without links, as far as it exists.

    Attributes:
        path: The path.
        is_absolute: Whether a link with an absolute target was followed.
        left_root: Whether a relative link led above the root before that.
    """

    path: str
    is_absolute: bool
    left_root: bool


def resolve_archive_path(tree: Tree, path: str) -> str:
    """The path that an entry is extracted to (go-archive, archive.go, resolveArchivePath).

    Links among its parents are followed as after ``chroot``. What a dangling link names is kept,
    to be created later.

    Raises:
        TreeError: Its parent cannot be resolved; with the whole text of the error.
    """
    parent, _, base = path.rpartition("/")
    if not parent:
        return path
    try:
        tree.walk(parent)
    except TreeError as error:
        escapes = not error.number
        failure = TreeError(0, f"statat {parent}: {error}")
        if error.number != ENOENT and not escapes:
            raise failure from error
    else:
        return path
    resolved = _resolve(tree, parent)
    if escapes and (not resolved.is_absolute or resolved.left_root):
        raise failure
    return f"{resolved.path}/{base}" if resolved.path else base


def _resolve(tree: Tree, path: str) -> _Resolved:
    """Resolve the links of a path below the root (go-archive, rootpath.go, resolveFSRootPath)."""
    names: list[str] = []
    nodes: list[Node | None] = [tree.root]
    pending = reversed_parts(path)
    followed = 0
    is_absolute = left_root = False
    while pending:
        part = pending.pop()
        above = nodes[-1]
        node = None if above is None or above.children is None else above.children.get(part)
        names.append(part)
        nodes.append(node)
        if node is None or node.kind != SYMLINK:
            continue
        followed += 1
        if followed > _LINKS_RESOLVED:
            raise TreeError(0, "too many links")
        target = posixpath.normpath(posixpath.join("/".join(names[:-1]), node.target))
        tree.parts_of_link(node)
        if target.startswith("/"):
            is_absolute = True
        elif target == ".." or target.startswith("../"):
            left_root = left_root or not is_absolute
        names, nodes = [], [tree.root]
        pending += [part for part in reversed_parts(target) if part != ".."]
    _check_length(names)
    return _Resolved("/".join(names), is_absolute, left_root)


def _check_length(names: list[str]) -> None:
    """Refuse a path that is too long, with the shortest part of it that is."""
    if not is_long_path("/".join(names)):
        return
    short, long = 0, len(names)
    while long - short > 1:
        middle = (short + long) // 2
        if is_long_path("/".join(names[:middle])):
            long = middle
        else:
            short = middle
    raise TreeError(0, f"lstat /{'/'.join(names[:long])}: {_TOO_LONG}")
