"""Extraction as containers-storage does it (v1.43 and v1.59, pkg/archive).

``untar`` is how oci-archive puts a whole archive into a temporary folder: what leads out of it is
refused. ``apply_layer`` is how a layer is laid over those below it, with the folder as the root
of the file system, so that what leads out of it ends at the root. Nothing is written to disk.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

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
    Entries,
)
from checker.model.tar import Tar
from checker_engines.steps.go_tar import stop_of

_META_PREFIX = ".wh..wh."
_MISSING = "no such file or directory"
_NOT_DIRECTORY = "not a directory"
_LOOP = "too many levels of symbolic links"
_TOO_LONG = "file name too long"
_NAME_MAX = 255
_LINKS_FOLLOWED = 40


class UnpackError(ValueError):
    """Extraction fails; the text is the engine's."""


class _PathError(ValueError):
    """A path cannot be walked; the text is the error of the operating system."""


@dataclass(slots=True)
class Node:
    """What lies at a path of the extracted tree.

    Attributes:
        kind: Type flag of the entry that made it.
        position: Position of that entry; -1 for a folder that none made.
        target: Where a symlink leads.
        children: What a folder holds.
    """

    kind: str
    position: int = -1
    target: str = ""
    children: dict[str, Node] = field(default_factory=dict)


class Tree:
    """An extracted tree.

    Args:
        shown: How messages show a path below the folder; of the empty path, the folder.
        chrooted: Whether that folder is the root of the file system for the extraction.
    """

    def __init__(self, shown: Callable[[str], str], *, chrooted: bool) -> None:
        self._top = Node(DIRECTORY)
        self._show = shown
        self._chrooted = chrooted

    def untar(self, tar: Tar) -> None:
        """Extract an archive.

        Raises:
            UnpackError: The extraction fails.
        """
        entries = tar.entries
        for position in range(len(entries)):
            if chr(entries.kinds[position]) != GLOBAL_HEADER:
                self._untar_entry(entries, position)
        _raise_reading_error(tar)

    def apply_layer(self, tar: Tar) -> None:
        """Lay a layer over the tree.

        Raises:
            UnpackError: The layer cannot be applied.
        """
        entries = tar.entries
        unpacked: set[str] = set()
        for position in range(len(entries)):
            self._apply_entry(entries, position, unpacked)
        _raise_reading_error(tar)

    def file_at(self, path: str) -> int | None:
        """Position of the entry whose content a path leads to; None if there is no file."""
        try:
            node = self._walk(path, follow_last=True)
        except _PathError:
            return None
        return node.position if node is not None and node.kind == REGULAR else None

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
        if name.startswith(_META_PREFIX) and name != OPAQUE_WHITEOUT:
            return
        base = posixpath.basename(posixpath.normpath(f"/{name}"))
        if base == OPAQUE_WHITEOUT:
            self._clear(posixpath.dirname(name), unpacked)
        elif base.startswith(WHITEOUT_PREFIX):
            self._white_out(posixpath.dirname(name), base.removeprefix(WHITEOUT_PREFIX))
        else:
            present = self._present(name)
            kind = chr(entries.kinds[position])
            if present is not None and not (present.kind == DIRECTORY == kind):
                self._remove(name)
            self._create(name, entries, position)
            unpacked.add(_key(name))

    def _refuse_breakout(self, name: str) -> None:
        if not self._chrooted and (name == ".." or name.startswith("../")):
            folder = self._show("")
            raise UnpackError(f'"{name}" is outside of "{folder}"')

    def _make_parent(self, name: str) -> None:
        """Make the folders that no entry made before."""
        parent = posixpath.dirname(name)
        self._refuse_parent(parent)
        try:
            if self._walk(parent, follow_last=False) is None:
                self._make_folders(parent)
        except _PathError:
            # The engine looks whether the parent is missing, which a file on the way is not.
            return

    def _refuse_parent(self, parent: str) -> None:
        if any(
            len(part.encode("utf-8", "surrogateescape")) > _NAME_MAX for part in parent.split("/")
        ):
            raise UnpackError(f"mkdir {self._shown(parent)}: {_TOO_LONG}")

    def _make_folders(self, path: str) -> None:
        node = self._top
        done: list[str] = []
        for part in _parts(path):
            done.append(part)
            found = self._walk("/".join(done), follow_last=True)
            if found is None:
                found = node.children.setdefault(part, Node(DIRECTORY))
            if found.kind != DIRECTORY:
                raise UnpackError(f"mkdir {self._shown('/'.join(done))}: {_NOT_DIRECTORY}")
            node = found

    def _present(self, name: str) -> Node | None:
        try:
            return self._walk(name, follow_last=False)
        except _PathError:
            return None

    def _remove(self, name: str) -> None:
        parts = _parts(name)
        if not parts:
            raise UnpackError("unlinkat .//: device or resource busy")
        parent = self._walk("/".join(parts[:-1]), follow_last=True)
        if parent is not None:
            parent.children.pop(parts[-1], None)

    def _white_out(self, parent: str, base: str) -> None:
        target = posixpath.normpath(posixpath.join("/", parent, base)).lstrip("/")
        try:
            self._remove(target)
        except _PathError:
            # A parent that is gone or no folder takes its content along.
            return

    def _clear(self, name: str, unpacked: set[str]) -> None:
        try:
            node = self._walk(name, follow_last=True)
        except _PathError as error:
            raise UnpackError(f"lstat {self._shown(name)}: {error}") from None
        if node is None:
            raise UnpackError(f"lstat {self._shown(name)}: {_MISSING}")
        self._clear_below(node, _key(name), unpacked)

    def _clear_below(self, node: Node, place: str, unpacked: set[str]) -> None:
        pending = [(node, place)]
        while pending:
            folder, at = pending.pop()
            for base in tuple(folder.children):
                path = f"{at}/{base}" if at else base
                if path in unpacked:
                    pending.append((folder.children[base], path))
                else:
                    del folder.children[base]

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
            self._place(name, Node(SYMLINK, position, target), verb)
        elif kind == DIRECTORY:
            self._make_folder(name, position)
        elif kind == REGULAR:
            self._place(name, Node(REGULAR, position), f"open {self._shown(name)}: ")
        elif kind in (CHARACTER_DEVICE, BLOCK_DEVICE, FIFO):
            self._place(name, Node(kind, position), "")
        else:
            raise UnpackError(f"unhandled tar header type {ord(kind)}")

    def _make_folder(self, name: str, position: int) -> None:
        present = self._present(name)
        if present is None or present.kind != DIRECTORY:
            self._place(name, Node(DIRECTORY, position), f"mkdir {self._shown(name)}: ")

    def _link(self, name: str, target: str) -> None:
        inside = posixpath.normpath(target)
        if not self._chrooted and (inside == ".." or inside.startswith("../")):
            raise UnpackError(f'invalid hardlink "{self._show(inside)}" -> "{target}"')
        try:
            node = self._walk(target, follow_last=False)
        except _PathError as error:
            raise UnpackError(str(error)) from None
        if node is None:
            raise UnpackError(_MISSING)
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
        parts = _parts(name)
        if not parts:
            return
        if len(parts[-1].encode("utf-8", "surrogateescape")) > _NAME_MAX:
            raise UnpackError(f"{verb}{_TOO_LONG}")
        try:
            parent = self._walk("/".join(parts[:-1]), follow_last=True)
        except _PathError as error:
            raise UnpackError(f"{verb}{error}") from None
        if parent is None:
            raise UnpackError(f"{verb}{_MISSING}")
        if parent.kind != DIRECTORY:
            raise UnpackError(f"{verb}{_NOT_DIRECTORY}")
        parent.children[parts[-1]] = node

    def _walk(self, path: str, *, follow_last: bool) -> Node | None:
        """What lies at a path; None if nothing does.

        Raises:
            _PathError: A part on the way is no folder, or links form a loop.
        """
        pending = _raw_parts(path)[::-1]
        stack = [self._top]
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":
                stack = stack[: max(1, len(stack) - 1)]
                continue
            if stack[-1].kind != DIRECTORY:
                raise _PathError(_NOT_DIRECTORY)
            node = stack[-1].children.get(part)
            if node is None:
                return None
            if node.kind == SYMLINK and (pending or follow_last):
                followed += 1
                if followed > _LINKS_FOLLOWED:
                    raise _PathError(_LOOP)
                if node.target.startswith("/"):
                    if not self._chrooted:
                        # It leads to a file of the host, which nobody can know.
                        return None
                    stack = [self._top]
                pending += _raw_parts(node.target)[::-1]
                continue
            stack.append(node)
        return stack[-1]

    def _shown(self, name: str) -> str:
        if self._chrooted:
            return posixpath.normpath(f"/{name}").replace("//", "/")
        return self._show(posixpath.normpath(name).lstrip("/"))


def _raise_reading_error(tar: Tar) -> None:
    error = stop_of(tar)
    if error is not None:
        raise UnpackError(error)


def _raw_parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _parts(name: str) -> list[str]:
    """The parts of a name, clamped to the root."""
    return _raw_parts(posixpath.normpath(f"/{name}"))


def _key(name: str) -> str:
    return "/".join(_parts(name))
