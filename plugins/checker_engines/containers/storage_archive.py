"""Extraction as containers-storage does it (v1.43 and v1.59, pkg/archive).

``untar`` is how oci-archive puts a whole archive into a temporary folder: what leads out of it is
refused. ``apply_layer`` is how a layer is laid over those below it, with the folder as the root
of the file system, so that what leads out of it ends at the root. Nothing is written to disk.
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
    META_PREFIX,
    OPAQUE_WHITEOUT,
    REGULAR,
    SYMLINK,
    WHITEOUT_PREFIX,
    Entries,
    clean_path,
)
from checker.model.tar import Tar
from checker.model.xattrs import NOT_SUPPORTED, xattr_errors
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.plain_layers import PlainLayers, PlainTree
from checker_engines.filesystem.tree import Node, Tree, TreeError
from checker_engines.golang.tar import stop_of

_ELSEWHERE = "\0"
"""A name that no entry has."""


class UnpackError(ValueError):
    """Extraction fails; the text is the engine's."""


class Unpacking:
    """What was extracted so far.

    Args:
        shown: How messages show a path below the folder; of the empty path, the folder.
        chrooted: Whether that folder is the root of the file system for the extraction.
    """

    def __init__(self, shown: Callable[[str], str], *, chrooted: bool) -> None:
        self._tree = Tree()
        # Layers are followed from the first one on that is not plain.
        self._plain = PlainLayers()
        self._is_followed = False
        # Names of the directories of the tar that is being extracted.
        self._directories: list[str] = []
        self._show = shown
        self._chrooted = chrooted

    def untar(self, tar: Tar) -> None:
        """Extract an archive.

        Raises:
            UnpackError: The extraction fails.
        """
        entries = tar.entries
        if is_plain(entries):
            self._untar_plainly(entries)
        else:
            for position in range(len(entries)):
                if chr(entries.kinds[position]) != GLOBAL_HEADER:
                    self._untar_entry(entries, position)
        _raise_reading_error(tar)
        self._finish()

    def apply_layer(self, tar: Tar) -> None:
        """Lay a layer over what is there.

        Raises:
            UnpackError: The layer cannot be applied.
        """
        if not self._is_followed and not self._plain.take(tar.entries):
            self._is_followed = True
            for below in self._plain.layers:
                self._follow_layer(below)
        if self._is_followed:
            self._follow_layer(tar.entries)
        _raise_reading_error(tar)
        self._finish()

    def _finish(self) -> None:
        """Set the times of directories, which must be there still."""
        for name in self._directories:
            try:
                self._tree.walk(clean_path(name))
            except TreeError as error:
                raise UnpackError(f"chtimes {self._shown(name)}: {error}") from None

    def _follow_layer(self, entries: Entries) -> None:
        self._directories.clear()
        unpacked: set[str] = set()
        for position in range(len(entries)):
            self._apply_entry(entries, position, unpacked)

    def _untar_plainly(self, entries: Entries) -> None:
        for position in entries.of_kind(SYMLINK):
            name = posixpath.normpath(entries.name(position))
            self._refuse_symlink(name, entries.linknames[position])
        self._tree = PlainTree(entries, self._kept_target)

    def file_at(self, path: str) -> int | None:
        """Position of the entry whose content a path leads to; None if there is no file."""
        try:
            node = self._tree.walk(path)
        except TreeError:
            return None
        return node.position if node.kind == REGULAR else None

    def _untar_entry(self, entries: Entries, position: int) -> None:
        name = posixpath.normpath(entries.name(position) or ".")
        self._make_parent(name)
        self._refuse_breakout(name)
        present = self._present(name)
        kind = chr(entries.kinds[position])
        if present is not None:
            if present.kind == DIRECTORY and name == ".":
                return
            if not (present.kind == DIRECTORY == kind):
                self._remove(name)
        self._create(name, entries, position)

    def _apply_entry(self, entries: Entries, position: int, unpacked: set[str]) -> None:
        name = posixpath.normpath(entries.name(position) or ".")
        self._make_parent(name)
        if name.startswith(META_PREFIX) and name != OPAQUE_WHITEOUT:
            return
        base = posixpath.basename(posixpath.normpath(f"/{name}"))
        if base == OPAQUE_WHITEOUT:
            self._clear(posixpath.dirname(name), unpacked)
        elif base.startswith(WHITEOUT_PREFIX):
            hidden = base.removeprefix(WHITEOUT_PREFIX)
            self._remove(posixpath.join(posixpath.dirname(name), hidden))
        else:
            present = self._present(name)
            kind = chr(entries.kinds[position])
            if present is not None and not (present.kind == DIRECTORY == kind):
                self._remove(name)
            self._create(name, entries, position)
            unpacked.add(clean_path(name))

    def _refuse_breakout(self, name: str) -> None:
        # The folder above itself goes unnoticed; only a folder can be put there.
        if not self._chrooted and name.startswith("../"):
            folder = self._show("")
            raise UnpackError(f'"{name}" is outside of "{folder}"')

    def _make_parent(self, name: str) -> None:
        """Make the folders that no entry made before."""
        parent = clean_path(posixpath.dirname(name))
        try:
            self._tree.lstat(parent)
        except TreeError as error:
            # A file on the way is no missing parent.
            if error.number == ENOENT:
                self._make_folders(parent)

    def _make_folders(self, parent: str) -> None:
        try:
            self._tree.make_directories(parent)
        except TreeError as error:
            raise UnpackError(f"mkdir {self._shown(parent)}: {error}") from None

    def _present(self, name: str) -> Node | None:
        try:
            return self._tree.lstat(clean_path(name))
        except TreeError:
            return None

    def _remove(self, name: str) -> None:
        path = clean_path(name)
        if not path:
            raise UnpackError("unlinkat .//: device or resource busy")
        self._tree.remove(path)

    def _clear(self, name: str, unpacked: set[str]) -> None:
        """Take away what lower layers left in a folder."""
        place = clean_path(name)
        try:
            node = self._tree.lstat(place)
        except TreeError as error:
            raise UnpackError(f"lstat {self._shown(place)}: {error}") from None
        pending = [(node, place)]
        while pending:
            folder, at = pending.pop()
            children = folder.children or {}
            for base, child in tuple(children.items()):
                path = f"{at}/{base}" if at else base
                if path in unpacked:
                    pending.append((child, path))
                else:
                    del children[base]

    def _create(self, name: str, entries: Entries, position: int) -> None:
        kind = chr(entries.kinds[position])
        if kind == GLOBAL_HEADER:
            return
        target = entries.linknames.get(position, "")
        if kind == HARD_LINK:
            self._link(name, target)
        elif kind == SYMLINK:
            self._refuse_symlink(name, target)
            verb = f"symlink {target} {self._shown(name)}: "
            if not target:
                raise UnpackError(f"{verb}no such file or directory")
            self._place(name, Node(SYMLINK, position, self._kept_target(target)), verb)
        elif kind == DIRECTORY:
            self._make_folder(name, position)
        elif kind == REGULAR:
            self._place(name, Node(REGULAR, position), f"open {self._shown(name)}: ")
        elif kind in (CHARACTER_DEVICE, BLOCK_DEVICE, FIFO):
            self._place(name, Node(kind, position), "")
        else:
            raise UnpackError(f"unhandled tar header type {ord(kind)}")
        if position in entries.xattrs:
            self._set_xattrs(name, entries, position)
        if kind == DIRECTORY:
            self._directories.append(name)

    def _set_xattrs(self, name: str, entries: Entries, position: int) -> None:
        for _, words in xattr_errors(entries, position):
            if words != NOT_SUPPORTED:
                raise UnpackError(f"lsetxattr {self._shown(name)}: {words}")

    def _kept_target(self, target: str) -> str:
        """Where a symlink leads: outside ``chroot``, an absolute one to files that nobody knows."""
        return target if self._chrooted or not target.startswith("/") else _ELSEWHERE

    def _make_folder(self, name: str, position: int) -> None:
        present = self._present(name)
        if present is None or present.kind != DIRECTORY:
            self._place(name, Node(DIRECTORY, position), f"mkdir {self._shown(name)}: ")

    def _link(self, name: str, target: str) -> None:
        inside = posixpath.normpath(target)
        if not self._chrooted and (inside == ".." or inside.startswith("../")):
            raise UnpackError(f'invalid hardlink "{self._show(inside)}" -> "{target}"')
        try:
            node = self._tree.lstat(clean_path(target))
        except TreeError as error:
            raise UnpackError(str(error)) from None
        if node.kind == DIRECTORY:
            raise UnpackError("operation not permitted")
        self._place(name, node, "")

    def _refuse_symlink(self, name: str, target: str) -> None:
        if self._chrooted:
            return
        # As the engine does, an absolute target is taken as one below the entry's folder.
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(name), target.lstrip("/")))
        if joined == ".." or joined.startswith("../"):
            raise UnpackError(f'invalid symlink "{self._shown(name)}" -> "{target}"')

    def _place(self, name: str, node: Node, verb: str) -> None:
        path = clean_path(name)
        if not path:
            return
        try:
            self._tree.put(path, node)
        except TreeError as error:
            raise UnpackError(f"{verb}{error}") from None

    def _shown(self, name: str) -> str:
        if self._chrooted:
            return posixpath.normpath(f"/{name}").replace("//", "/")
        return self._show(posixpath.normpath(name).lstrip("/"))


def _raise_reading_error(tar: Tar) -> None:
    error = stop_of(tar)
    if error is not None:
        raise UnpackError(error)
