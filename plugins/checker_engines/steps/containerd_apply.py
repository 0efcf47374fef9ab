"""Applying a layer as containerd does (containerd 2.3, pkg/archive, Apply).

Nothing escapes: names and the targets of hard links are resolved below the root, and what resolves
to the root is passed over. The first layer is written to a plain folder, where a whiteout deletes;
a layer above is written to the upper folder of an overlay, where a whiteout makes a device node.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

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

LINKS_WALKED = 255
"""Symlinks that one name may lead through (containerd/continuity, fs.RootPath)."""
_NAME_MAX = 255
_PATH = "<tmp>"
_NO_FILE = "no such file or directory"
_EXISTS = "file exists"
_NOT_DIRECTORY = "not a directory"
_DIRECTORY_LINKS = ("", ".", "..")
_BARE_WHITEOUTS = tuple(WHITEOUT_PREFIX + name for name in _DIRECTORY_LINKS)


class ApplyError(Exception):
    """The layer cannot be applied; the text is the engine's, paths as ``<tmp>``."""


class _Node(NamedTuple):
    """What lies at a path: a type flag, and the target of a symlink."""

    kind: str
    target: str = ""


_FOLDER = _Node(DIRECTORY)
_WHITEOUT_DEVICE = _Node(CHARACTER_DEVICE)


class _Tree:
    """The folder that a layer is written to. Paths are absolute; the root is empty."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {"": _FOLDER}
        self._children: dict[str, set[str]] = {}

    def get(self, path: str, operation: str = "lstat") -> _Node | None:
        """What is there, no link followed.

        Raises:
            ApplyError: A parent is there, but is no directory.
        """
        node = self._nodes.get(path)
        if node is not None:
            return node
        parent = path
        while parent:
            parent = parent.rpartition("/")[0]
            above = self._nodes.get(parent)
            if above is not None:
                if above.kind != DIRECTORY:
                    raise ApplyError(f"{operation} {_PATH}: {_NOT_DIRECTORY}")
                return None
        return None

    def put(self, path: str, node: _Node) -> None:
        self._nodes[path] = node
        self._children.setdefault(path.rpartition("/")[0], set()).add(path)

    def remove(self, path: str) -> None:
        """Take away what is there, with all below it."""
        if self._nodes.pop(path, None) is None:
            return
        self._children.get(path.rpartition("/")[0], set()).discard(path)
        pending = [path]
        while pending:
            for child in self._children.pop(pending.pop(), ()):
                self._nodes.pop(child, None)
                pending.append(child)

    def below(self, folder: str) -> tuple[str, ...]:
        """The paths right below a folder."""
        return tuple(self._children.get(folder, ()))

    def resolve(self, name: str) -> str:
        """The place of a name, symlinks followed below the root; it need not be there.

        Raises:
            ApplyError: A parent is no directory, or links form a loop.
        """
        pending = [part for part in reversed(name.split("/")) if part]
        done = ""
        walked = 0
        while pending:
            part = pending.pop()
            if part == ".":
                continue
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            here = f"{done}/{part}"
            node = self.get(here)
            if node is None or node.kind != SYMLINK:
                done = here
                continue
            walked += 1
            if walked > LINKS_WALKED:
                raise ApplyError("too many links")
            if node.target.startswith("/"):
                done = ""
            pending.extend(part for part in reversed(node.target.split("/")) if part)
        return done


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

    def __init__(self, convert: Callable[[_Tree, set[str], str], None]) -> None:
        self._tree = _Tree()
        self._convert = convert
        self._written: set[str] = set()

    def run(self, tar: Tar) -> None:
        for entry in tar.entries:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        parent, _, base = _clean(entry.name).rpartition("/")
        path = self._place(parent, base)
        if not path:
            return
        self._make_parents(path.rpartition("/")[0])
        base = path.rpartition("/")[2]
        _check_whiteout(base)
        if base.startswith(WHITEOUT_PREFIX):
            try:
                self._convert(self._tree, self._written, path)
            except ApplyError as error:
                name = _clean(entry.name)
                raise ApplyError(f'failed to convert whiteout file "{name}": {error}') from None
            return
        self._make_way(entry, path)
        self._create(entry, path)
        self._written.add(path)

    def _place(self, parent: str, base: str) -> str:
        try:
            folder = self._tree.resolve(parent)
        except ApplyError as error:
            raise ApplyError(f"failed to get root path: {error}") from None
        return folder if base in _DIRECTORY_LINKS else f"{folder}/{base}"

    def _make_parents(self, folder: str) -> None:
        """Make the folder and those above it."""
        missing: list[str] = []
        while folder:
            node = self._tree.get(folder)
            if node is not None:
                if node.kind != DIRECTORY:
                    raise ApplyError(f"mkparent {_PATH}: {_NOT_DIRECTORY}")
                break
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for path in reversed(missing):
            self._tree.put(path, _FOLDER)

    def _make_way(self, entry: Entry, path: str) -> None:
        """Take away what is there, unless a directory meets a directory."""
        there = self._tree.get(path)
        if there is not None and not (there.kind == DIRECTORY and entry.is_directory):
            self._tree.remove(path)

    def _create(self, entry: Entry, path: str) -> None:
        kind = entry.kind
        if kind == GLOBAL_HEADER:
            return
        if kind == HARD_LINK:
            self._link(entry, path)
        elif kind == SYMLINK:
            self._symlink(entry, path)
        elif kind in _OPERATIONS:
            _check_length(path, _OPERATIONS[kind])
            self._tree.put(path, _Node(kind))
        else:
            raise ApplyError(f"unhandled tar header type {ord(kind)}")

    def _link(self, entry: Entry, path: str) -> None:
        parent, _, base = entry.linkname.rpartition("/")
        target = posixpath.normpath(f"{self._tree.resolve(parent)}/{base}").lstrip("/")
        node = self._tree.get(f"/{target}" if target else "", f"link {_PATH}")
        if node is None:
            raise ApplyError(f"link {_PATH} {_PATH}: {_NO_FILE}")
        if node.kind == DIRECTORY:
            raise ApplyError(f"link {_PATH} {_PATH}: operation not permitted")
        self._tree.put(path, node)

    def _symlink(self, entry: Entry, path: str) -> None:
        if not entry.linkname:
            raise ApplyError(f"symlink  {_PATH}: {_NO_FILE}")
        _check_length(path, f"symlink {entry.linkname}")
        self._tree.put(path, _Node(SYMLINK, entry.linkname))


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


def _check_length(path: str, operation: str) -> None:
    if len(path.rpartition("/")[2].encode("utf-8", "surrogateescape")) > _NAME_MAX:
        raise ApplyError(f"{operation} {_PATH}: file name too long")


def _check_whiteout(base: str) -> None:
    """Refuse a whiteout that names its own folder, or the one above it."""
    if base in _BARE_WHITEOUTS:
        raise ApplyError(f"invalid whiteout name: {base}: invalid archive")


def _delete(tree: _Tree, written: set[str], path: str) -> None:
    """What a whiteout does in a plain folder."""
    folder, _, base = path.rpartition("/")
    if base != OPAQUE_WHITEOUT:
        tree.remove(f"{folder}/{base.removeprefix(WHITEOUT_PREFIX)}")
        return
    pending = list(tree.below(folder))
    while pending:
        child = pending.pop()
        if child in written:
            pending.extend(tree.below(child))
        else:
            tree.remove(child)


def _convert_on_overlay(tree: _Tree, _written: set[str], path: str) -> None:
    """What a whiteout does in the upper folder of an overlay: a device node or an attribute."""
    folder, _, base = path.rpartition("/")
    if base == OPAQUE_WHITEOUT:
        return
    hidden = f"{folder}/{base.removeprefix(WHITEOUT_PREFIX)}"
    if tree.get(hidden) is not None:
        raise ApplyError(_EXISTS)
    tree.put(hidden, _WHITEOUT_DEVICE)
