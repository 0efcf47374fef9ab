"""A directory tree in memory, on which an extraction is simulated without writing to disk.

It has names and kinds only, and fails as Linux's file system calls do.
"""

from __future__ import annotations

from collections.abc import Mapping
from errno import EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM
from types import MappingProxyType

from checker.model.entries import DIRECTORY, SYMLINK
from checker.model.members import LINKS_FOLLOWED
from checker.model.untrusted import utf8
from checker.model.work import Work

_NAME_BYTES = 255
_PATH_BYTES = 4095
_PATHS_KEPT = 64

# The messages of Go's syscall package, which differ from those of the C library.
_WORDS = MappingProxyType(
    {
        EEXIST: "file exists",
        EISDIR: "is a directory",
        ELOOP: "too many levels of symbolic links",
        ENAMETOOLONG: "file name too long",
        ENOENT: "no such file or directory",
        ENOTDIR: "not a directory",
        EPERM: "operation not permitted",
    },
)


class TreeError(Exception):
    """A file system call fails.

    Attributes:
        number: The error number; 0 if it is not an error of the system.
        path: The path that it is about, if it is not that of the call.
    """

    def __init__(self, number: int, words: str | None = None, path: str | None = None) -> None:
        super().__init__(words or _WORDS[number])
        self.number = number
        self.path = path


class Node:
    """A file, directory or link.

    Attributes:
        kind: Type flag of the entry that created it.
        target: The target of a symlink.
        position: Position of the entry that created it; -1 for a directory without an entry.
        children: The content of a directory; None for anything else.
    """

    __slots__ = ("children", "kind", "position", "target")

    def __init__(self, kind: str, position: int = -1, target: str = "") -> None:
        self.kind = kind
        self.position = position
        self.target = target
        self.children: dict[str, Node] | None = {} if kind == DIRECTORY else None


class Tree:
    """A tree whose root cannot be left, as after ``chroot``: ``..`` of the root is the root.

    Attributes:
        links_followed: Most symlinks that one lookup follows.
        has_lost: Whether something was removed from it.
        work: What resolving links is spent on; None if it is not bounded.
    """

    links_followed = LINKS_FOLLOWED

    def __init__(self) -> None:
        self.root = Node(DIRECTORY)
        self.has_lost = False
        # A hostile archive could take hours otherwise: each lookup may follow 40 links of 2000
        # parts.
        self.work: Work | None = None
        # Where the last paths led: entries of one directory follow each other, and the way to
        # it may lead through the same links again and again.
        self._walked: dict[str, Node] = {}

    def above_root(self) -> None:
        """Ignore a path that goes above the root."""

    def absolute_link(self) -> None:
        """Follow a link with an absolute target, from the root."""

    def top(self) -> Mapping[str, Node]:
        """What is in the root, by name."""
        return self.root.children or {}

    def walk(self, path: str) -> Node:
        """The node at a path, all links followed.

        Raises:
            TreeError: It does not exist.
        """
        self.check_length(path)
        found = self._walked.get(path)
        if found is None:
            if len(self._walked) >= _PATHS_KEPT:
                self._walked.clear()
            found = self._walked[path] = self._walk(path)[-1]
        return found

    def walked(self, path: str) -> Node | None:
        """The node at a path, if it was walked to lately."""
        return self._walked.get(path)

    def forget_paths(self) -> None:
        """Call this after nodes were removed: paths may lead elsewhere now."""
        self.has_lost = True
        self._walked.clear()

    def check_length(self, path: str) -> None:
        """Refuse a path that is longer than a system call takes.

        Raises:
            TreeError: It is.
        """
        if is_long_path(path):
            raise TreeError(ENAMETOOLONG)

    def real_path(self, path: str) -> str:
        """The path with existing links resolved; the rest is unchanged (``SecureJoin``)."""
        return "/".join(self._names(path))

    def lstat(self, path: str) -> Node:
        """The node at a cleaned path, the last link not followed.

        Raises:
            TreeError: It does not exist.
        """
        self.check_length(path)
        parent, _, base = path.rpartition("/")
        return self._child(self.walk(parent), base) if base else self.root

    def put(self, path: str, node: Node) -> None:
        """Create a node at a cleaned path that does not exist.

        Raises:
            TreeError: Its parent is missing or is not a directory, or the name is too long.
        """
        self.check_length(path)
        parent, _, base = path.rpartition("/")
        children = self.walk(parent).children
        if not base:
            raise TreeError(EISDIR)
        if children is None:
            raise TreeError(ENOTDIR)
        if is_long_name(base):
            raise TreeError(ENAMETOOLONG)
        children[base] = node

    def remove(self, path: str) -> None:
        """Remove a cleaned path with everything below it, if it exists (Go's ``os.RemoveAll``).

        Raises:
            TreeError: Its parent is not a directory, or cannot be opened, in which case the error
                has the parent's path.
        """
        parent, _, base = path.rpartition("/")
        try:
            children = self.walk(parent).children
        except TreeError as error:
            if error.number == ENOENT:
                return
            raise TreeError(error.number, str(error), parent) from error
        if children is None:
            raise TreeError(ENOTDIR)
        if is_long_name(base):
            raise TreeError(ENAMETOOLONG)
        children.pop(base, None)
        self.forget_paths()

    def make_directories(self, path: str) -> None:
        """Create a directory and its missing parents.

        Raises:
            TreeError: An existing part is not a directory, or a part is too long; it has the path
                up to that part.
        """
        node, at = self.root, ""
        for part in path.split("/"):
            at = f"{at}/{part}" if at else part
            child = None if node.children is None else node.children.get(part)
            # Each step continues from the last: deep paths would take long from the root.
            if child is None or child.kind != DIRECTORY:
                try:
                    child = self._make_child(node, part, at)
                except TreeError as error:
                    raise TreeError(error.number, str(error), at) from error
            node = child

    def _make_child(self, parent: Node, name: str, path: str) -> Node:
        """Create a directory if it does not exist, unless a link resolves to one."""
        if parent.children is None or name in parent.children or name in ("", ".", ".."):
            self._make_directory(path)
            return self.walk(path)
        self.check_length(path)
        if is_long_name(name):
            raise TreeError(ENAMETOOLONG)
        child = parent.children[name] = Node(DIRECTORY)
        return child

    def _make_directory(self, path: str) -> None:
        try:
            node = self.lstat(path)
        except TreeError as error:
            if error.number != ENOENT:
                raise
            self.put(path, Node(DIRECTORY))
            return
        if node.kind == SYMLINK:
            try:
                node = self.walk(path)
            except TreeError as error:
                raise TreeError(EEXIST) from error
        if node.children is None:
            raise TreeError(ENOTDIR)

    def _walk(self, path: str) -> list[Node]:
        stack = [self.root]
        pending = reversed_parts(path)
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":
                if len(stack) == 1:
                    self.above_root()
                else:
                    stack.pop()
                continue
            node = self._child(stack[-1], part)
            if node.kind != SYMLINK:
                stack.append(node)
                continue
            followed += 1
            if followed > self.links_followed:
                raise TreeError(ELOOP)
            if node.target.startswith("/"):
                self.absolute_link()
                stack = [self.root]
            pending += self.parts_of_link(node)
        return stack

    def _names(self, path: str) -> list[str]:
        names: list[str] = []
        # The node of each name, None where there is none: no name is walked to from the root.
        nodes: list[Node | None] = []
        pending = reversed_parts(path)
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":
                del names[-1:], nodes[-1:]
                continue
            node = self._node_in(nodes[-1] if nodes else self.root, part)
            if node is None or node.kind != SYMLINK or followed >= LINKS_FOLLOWED:
                names.append(part)
                nodes.append(node)
                continue
            followed += 1
            if node.target.startswith("/"):
                names, nodes = [], []
            pending += self.parts_of_link(node)
        return names

    def _node_in(self, directory: Node | None, name: str) -> Node | None:
        if directory is None:
            return None
        try:
            return self._child(directory, name)
        except TreeError:
            return None

    def parts_of_link(self, node: Node) -> list[str]:
        """The parts of a link's target, last first.

        Raises:
            OutOfWork: All lookups together resolved too many parts.
        """
        parts = reversed_parts(node.target)
        if self.work is not None:
            self.work.spend_parts(1 + len(parts))
        return parts

    def _child(self, node: Node, name: str) -> Node:
        if node.children is None:
            raise TreeError(ENOTDIR)
        child = node.children.get(name)
        if child is None:
            raise TreeError(ENAMETOOLONG if is_long_name(name) else ENOENT)
        return child


def reversed_parts(path: str) -> list[str]:
    """The parts of a path, last first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def is_long_name(name: str) -> bool:
    """Whether a file name has more bytes than Linux takes (NAME_MAX)."""
    return len(name) * 4 > _NAME_BYTES and _size(name) > _NAME_BYTES


def is_long_path(path: str) -> bool:
    """Whether a path has more bytes than Linux takes (PATH_MAX), a leading slash included."""
    return (len(path) + 1) * 4 > _PATH_BYTES and _size(path) + 1 > _PATH_BYTES


def is_long_target(target: str) -> bool:
    """Whether the target of a symlink has more bytes than Linux takes."""
    return _size(target) > _PATH_BYTES


def _size(text: str) -> int:
    return len(utf8(text))
