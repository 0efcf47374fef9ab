"""A directory as a program in C sees it: system calls on a tree, and the C library's words."""

from __future__ import annotations

from collections.abc import Mapping
from errno import (
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
)
from types import MappingProxyType

from checker.model.entries import DIRECTORY, HARD_LINK, SPELLINGS, SYMLINK, Entries
from checker.model.work import Work
from checker_engines.filesystem.tree import Node, Tree, TreeError, is_long_name, is_long_target

WORDS: Mapping[int, str] = MappingProxyType(
    {
        EEXIST: "File exists",
        EINVAL: "Invalid argument",
        EISDIR: "Is a directory",
        ELOOP: "Too many levels of symbolic links",
        ENAMETOOLONG: "File name too long",
        ENOENT: "No such file or directory",
        ENOTDIR: "Not a directory",
        ENOTEMPTY: "Directory not empty",
        EPERM: "Operation not permitted",
    }
)
"""The messages of strerror(3)."""
_NUMBERS = 2**32
_DEVICES = (2**12, 2**20)
"""Above the numbers that mknod(2) takes."""
_ABSOLUTE = frozenset(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "/")


class DeepTree(Tree):
    """A tree as a program sees it that goes down a long path step by step."""

    def check_length(self, path: str) -> None:
        """Take a path of any length."""


class Files:
    """The directory that is unpacked into. Paths are relative to it, without ``..``.

    All methods raise ``OSError`` with the number of the error.

    Args:
        work: What resolving links is spent on.
        tree: The empty tree; one with the limits of Linux if None.
    """

    def __init__(self, work: Work, tree: Tree | None = None) -> None:
        self._tree = Tree() if tree is None else tree
        self._tree.work = work

    def lstat(self, path: str) -> Node:
        """The node at a path, the last link not followed."""
        clean = clean_parts(path)
        try:
            return self._tree.lstat(clean)
        except TreeError as error:
            raise _os_error(error) from None

    def put(self, path: str, node: Node) -> None:
        """Create a node where nothing is (mkdir, mknod, open with O_EXCL, link, symlink)."""
        clean = clean_parts(path)
        try:
            if _is_dot(path) and clean:
                self._walk_parent(f"{clean}/.")
            if not clean or _is_dot(path) or self._has(clean):
                raise OSError(EEXIST, WORDS[EEXIST])
            self._tree.put(clean, node)
        except TreeError as error:
            raise _os_error(error) from None

    def make_directory(self, path: str, position: int = -1) -> None:
        """Create a directory (mkdir)."""
        self.put(path, Node(DIRECTORY, position))

    def symlink(self, target: str, path: str, position: int) -> None:
        """Create a symlink."""
        if not target:
            raise OSError(ENOENT, WORDS[ENOENT])
        if is_long_target(target):
            raise OSError(ENAMETOOLONG, WORDS[ENAMETOOLONG])
        self.put(path, Node(SYMLINK, position, target))

    def link(self, target: str, path: str) -> None:
        """Create a hard link; a symlink that is its target is not followed."""
        node = self.lstat(target)
        clean = clean_parts(path)
        if node.children is None or (clean and self._exists(clean)):
            self.put(path, node)
            return
        self._walk_parent(clean)
        raise OSError(EPERM, WORDS[EPERM])

    def remove(self, path: str) -> None:
        """Remove a file or an empty directory (unlink, rmdir)."""
        clean = clean_parts(path)
        if not clean or _is_dot(path):
            raise OSError(EINVAL, WORDS[EINVAL])
        node = self.lstat(path)
        if node.children:
            raise OSError(ENOTEMPTY, WORDS[ENOTEMPTY])
        try:
            self._tree.remove(clean)
        except TreeError as error:
            raise _os_error(error) from None

    def _exists(self, clean: str) -> bool:
        try:
            return self._has(clean)
        except TreeError:
            return False

    def _has(self, clean: str) -> bool:
        try:
            self._tree.lstat(clean)
        except TreeError as error:
            if error.number != ENOENT:
                raise
            return False
        return True

    def _walk_parent(self, clean: str) -> None:
        parent, _, base = clean.rpartition("/")
        try:
            if self._tree.walk(parent).children is None:
                raise OSError(ENOTDIR, WORDS[ENOTDIR])
        except TreeError as error:
            raise _os_error(error) from None
        if is_long_name(base):
            raise OSError(ENAMETOOLONG, WORDS[ENAMETOOLONG])


def _is_dot(path: str) -> bool:
    """Whether a path names a directory from within."""
    return path.rpartition("/")[2] == "."


def is_device(numbers: tuple[int, int]) -> bool:
    """Whether the C library takes the numbers of a device, of which 32 bits are left."""
    return all(number % _NUMBERS < bound for number, bound in zip(numbers, _DEVICES, strict=True))


def has_absolute_names(entries: Entries) -> bool:
    """Whether names, or targets of hard links, begin with a slash, which programs remove."""
    return (
        not _ABSOLUTE.isdisjoint(entries.spellings)
        or any(name.startswith("/") for name in entries.own_names.values())
        or any(entries.linknames.get(i, "").startswith("/") for i in entries.of_kind(HARD_LINK))
    )


def is_root_nameless(entries: Entries) -> bool:
    """Whether the last entry of the root has an empty name."""
    root = entries.by_path.get("")
    return root is not None and not entries.name(root)


def words_of(error: OSError) -> str:
    """What strerror(3) says of an error."""
    return WORDS.get(error.errno or 0, "")


def clean_parts(path: str) -> str:
    """A path without empty parts and ``.``."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _os_error(error: TreeError) -> OSError:
    return OSError(error.number, WORDS.get(error.number, str(error)))
