"""Applying a layer as containerd does (containerd 2.3, pkg/archive, Apply).

Nothing escapes: names and the targets of hard links are resolved below the root, and what resolves
to the root is passed over. The first layer is written to a plain folder, where a whiteout deletes;
a layer above is written to the upper folder of an overlay, where a whiteout makes a device node.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from errno import ENOENT

from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    GLOBAL_HEADER,
    HARD_LINK,
    OPAQUE_WHITEOUT,
    REGULAR,
    SYMLINK,
    WHITEOUT_PREFIX,
    Entry,
)
from checker.model.tar import Tar
from checker_engines.steps.tree import Node, Tree, TreeError

LINKS_WALKED = 255
"""Symlinks that one name may lead through (containerd/continuity, fs.RootPath)."""
_PATH = "<tmp>"
_DIRECTORY_LINKS = ("", ".", "..")
_BARE_WHITEOUTS = tuple(WHITEOUT_PREFIX + name for name in _DIRECTORY_LINKS)


class ApplyError(Exception):
    """The layer cannot be applied; the text is the engine's, paths as ``<tmp>``."""


def apply_layer(tar: Tar, error_at_end: str | None, *, on_overlay: bool) -> None:
    """Apply the entries of a layer, as far as the tar can be read.

    Args:
        tar: The layer.
        error_at_end: What reading the tar ends with.
        on_overlay: Whether it lies above another layer.

    Raises:
        ApplyError: An entry cannot be written, or the tar cannot be read to its end.
    """
    _Application(_convert_on_overlay if on_overlay else _delete).run(tar)
    if error_at_end is not None:
        raise ApplyError(error_at_end)


class _Application:
    """One layer being applied."""

    def __init__(self, convert: Callable[[Tree, set[str], str], None]) -> None:
        self._tree = Tree()
        self._convert = convert
        self._written: set[str] = set()

    def run(self, tar: Tar) -> None:
        for entry in tar.entries:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        name = _clean(entry.name)
        path = self._place(name)
        if not path:
            return
        self._make_parents(path.rpartition("/")[0])
        base = path.rpartition("/")[2]
        if base in _BARE_WHITEOUTS:
            raise ApplyError(f"invalid whiteout name: {base}: invalid archive")
        if base.startswith(WHITEOUT_PREFIX):
            try:
                self._convert(self._tree, self._written, path)
            except ApplyError as error:
                raise ApplyError(f'failed to convert whiteout file "{name}": {error}') from None
            return
        self._make_way(entry, path)
        self._create(entry, path)
        self._written.add(path)

    def _place(self, name: str) -> str:
        """The path that an entry is written to; empty for the root."""
        parent, _, base = name.rpartition("/")
        try:
            folder = _resolve(self._tree, parent)
        except ApplyError as error:
            raise ApplyError(f"failed to get root path: {error}") from None
        return folder if base in _DIRECTORY_LINKS else _join(folder, base)

    def _make_parents(self, folder: str) -> None:
        """Make the folder and those above it."""
        node = _look(self._tree, folder)
        if node is None:
            self._make_missing(folder)
        elif node.kind != DIRECTORY:
            raise ApplyError(f"mkparent {_PATH}: not a directory")

    def _make_missing(self, folder: str) -> None:
        try:
            self._tree.make_directories(folder)
        except TreeError as error:
            # A name that is too long: the engine comes upon it while it resolves the parents.
            raise ApplyError(f"failed to get root path: lstat {_PATH}: {error}") from error

    def _make_way(self, entry: Entry, path: str) -> None:
        """Take away what is there, unless a directory meets a directory."""
        there = _look(self._tree, path)
        if there is not None and not (there.kind == DIRECTORY and entry.is_directory):
            self._tree.remove(path)

    def _create(self, entry: Entry, path: str) -> None:
        kind = entry.kind
        if kind == HARD_LINK:
            self._link(entry, path)
        elif kind == SYMLINK:
            self._symlink(entry, path)
        elif kind in _OPERATIONS:
            if _look(self._tree, path) is None:
                self._put(f"{_OPERATIONS[kind]} {_PATH}", path, Node(kind, entry.position))
        elif kind != GLOBAL_HEADER:
            raise ApplyError(f"unhandled tar header type {ord(kind)}")

    def _link(self, entry: Entry, path: str) -> None:
        parent, _, base = entry.linkname.rpartition("/")
        target = _clean(f"/{_resolve(self._tree, parent)}/{base}").lstrip("/")
        call = f"link {_PATH} {_PATH}"
        node = _look(self._tree, target, call)
        if node is None:
            raise ApplyError(f"{call}: no such file or directory")
        if node.kind == DIRECTORY:
            raise ApplyError(f"{call}: operation not permitted")
        self._put(call, path, node)

    def _symlink(self, entry: Entry, path: str) -> None:
        call = f"symlink {entry.linkname} {_PATH}"
        if not entry.linkname:
            raise ApplyError(f"{call}: no such file or directory")
        self._put(call, path, Node(SYMLINK, entry.position, entry.linkname))

    def _put(self, call: str, path: str, node: Node) -> None:
        try:
            self._tree.put(path, node)
        except TreeError as error:
            raise ApplyError(f"{call}: {error}") from error


_OPERATIONS = {
    REGULAR: "open",
    DIRECTORY: "mkdir",
    FIFO: "mkfifo",
    CHARACTER_DEVICE: "mknod",
    BLOCK_DEVICE: "mknod",
}
"""The kinds that can be made, and what the system call is called in the error."""


def _clean(name: str) -> str:
    """What Go's ``filepath.Clean`` makes of a name."""
    clean = posixpath.normpath(name)
    return clean[1:] if clean.startswith("//") else clean


def _join(folder: str, base: str) -> str:
    return f"{folder}/{base}" if folder else base


def _look(tree: Tree, path: str, call: str = f"lstat {_PATH}") -> Node | None:
    """What is at a path, no link followed; None if nothing is.

    Raises:
        ApplyError: A parent is there, but is no directory.
    """
    try:
        return tree.lstat(path)
    except TreeError as error:
        if error.number == ENOENT:
            return None
        raise ApplyError(f"{call}: {error}") from error


def _resolve(tree: Tree, name: str) -> str:
    """The place of a name, symlinks followed below the root; it need not be there.

    Raises:
        ApplyError: A parent is no directory, or links form a loop.
    """
    pending = name.split("/")[::-1]
    done = ""
    walked = 0
    while pending:
        part = pending.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        here = _join(done, part)
        node = _look(tree, here)
        if node is None or node.kind != SYMLINK:
            done = here
            continue
        walked += 1
        if walked > LINKS_WALKED:
            raise ApplyError("too many links")
        if node.target.startswith("/"):
            done = ""
        pending.extend(node.target.split("/")[::-1])
    return done


def _delete(tree: Tree, written: set[str], path: str) -> None:
    """What a whiteout does in a plain folder."""
    folder, _, base = path.rpartition("/")
    if base == OPAQUE_WHITEOUT:
        _empty(tree, written, folder)
    else:
        tree.remove(_join(folder, base.removeprefix(WHITEOUT_PREFIX)))


def _empty(tree: Tree, written: set[str], folder: str) -> None:
    """Remove what is in a folder, but for what this layer wrote."""
    pending = [folder]
    while pending:
        here = pending.pop()
        node = _look(tree, here)
        for name in tuple(node.children or ()) if node is not None else ():
            child = _join(here, name)
            if child in written:
                pending.append(child)
            else:
                tree.remove(child)


def _convert_on_overlay(tree: Tree, _written: set[str], path: str) -> None:
    """What a whiteout does in the upper folder of an overlay: a device node or an attribute."""
    folder, _, base = path.rpartition("/")
    if base == OPAQUE_WHITEOUT:
        return
    hidden = _join(folder, base.removeprefix(WHITEOUT_PREFIX))
    if _look(tree, hidden) is not None:
        raise ApplyError("file exists")
    try:
        tree.put(hidden, Node(CHARACTER_DEVICE))
    except TreeError as error:
        raise ApplyError(str(error)) from error
