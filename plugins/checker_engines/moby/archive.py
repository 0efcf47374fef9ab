"""How Docker unpacks a tar, tried on a tree in memory.

Sources: moby 20.10 to 28, pkg/archive (archive.go Unpack, diff.go UnpackLayer), behind chroot;
moby/go-archive 0.3.3 of Docker 29.7, which opens everything below an ``os.Root``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from errno import ENOENT
from typing import NamedTuple

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
    climbs_out,
)
from checker.model.xattrs import INVALID, xattr_errors
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.plain_layers import PlainLayers, PlainTree
from checker_engines.filesystem.tree import ClosedTree, Node, Tree, TreeError

_LINK_FOLDER = ".wh..wh.plnk"
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE, FIFO})


class ExtractionError(Exception):
    """An entry cannot be extracted; the text is the engine's.

    Attributes:
        position: Position of the entry.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class Dialect(NamedTuple):
    """How an extractor calls the system, and so what its errors look like.

    Attributes:
        new_tree: Makes an empty tree to extract to.
        root: What its paths begin with.
        verbs: Suffix of the names of its calls.
        checks_names: Whether a name that leads out is an error; else it ends at the root.
        bare_whiteout: What it says of a whiteout without a name at the root.
        xattr: What it says of an extended attribute that the system does not take.
    """

    new_tree: Callable[[], Tree]
    root: str
    verbs: str
    checks_names: bool
    bare_whiteout: str
    xattr: str


CHROOT = Dialect(
    new_tree=Tree,
    root="/",
    verbs="",
    checks_names=False,
    bare_whiteout="unlinkat .//: device or resource busy",
    xattr='lsetxattr {path}: xattr "{name}": {words}',
)
CHROOT_20 = CHROOT._replace(xattr="{words}")
OS_ROOT = CHROOT._replace(
    new_tree=ClosedTree,
    root="",
    verbs="at",
    checks_names=True,
    bare_whiteout="RemoveAll .: invalid argument",
)


class Extractor:
    """One extraction under way.

    Args:
        dialect: How the engine does it.
        tree: What to extract to.
    """

    def __init__(self, dialect: Dialect, tree: Tree) -> None:
        self.dialect = dialect
        self.tree = tree
        # Paths of this layer, and its files that other storage drivers would keep to link to.
        self._unpacked: set[str] = set()
        self._kept_links: set[str] = set()
        # Directories, whose times are set when all else is done.
        self._directories: list[tuple[str, int]] = []

    def take(self, entries: Entries, position: int) -> None:
        """Extract one entry of an archive, whiteouts being files like others.

        Raises:
            ExtractionError: It cannot be done.
        """
        kind = chr(entries.kinds[position])
        if kind == GLOBAL_HEADER:
            return
        path = self._path(entries, position)
        if path:
            self._make_parent(path, position)
            self._place(entries, position, path)
        elif posixpath.normpath(entries.name(position) or ".") != ".":
            self._refuse_root(kind, position)

    def take_of_layer(self, entries: Entries, position: int) -> None:
        """Extract one entry of a layer, onto the layers below, whiteouts deleting files.

        Raises:
            ExtractionError: It cannot be done.
        """
        path = self._path(entries, position)
        self._make_parent(path, position)
        if path.startswith(META_PREFIX):
            self._keep_link(entries, position, path)
            if path != OPAQUE_WHITEOUT:
                return
        base = path.rpartition("/")[2]
        if base.startswith(WHITEOUT_PREFIX):
            self._white_out(path, base, position)
        elif path:
            self._place_of_layer(entries, position, path)
        else:
            self._refuse_root(chr(entries.kinds[position]), position)

    def finish(self) -> None:
        """Set the times of the directories, which must be there still.

        Raises:
            ExtractionError: One is not.
        """
        for path, position in self._directories:
            try:
                self.tree.walk(path)
            except TreeError as error:
                call = f"chtimes{self.dialect.verbs} {self._shown(path)}"
                raise ExtractionError(f"{call}: {error}", position) from error

    def _refuse_root(self, kind: str, position: int) -> None:
        """Refuse what is no directory in the place of the root, where nothing can be removed."""
        if kind != DIRECTORY and not self.dialect.checks_names:
            raise ExtractionError(self.dialect.bare_whiteout, position)

    def _path(self, entries: Entries, position: int) -> str:
        path = entries.paths[position]
        name = entries.name(position).lstrip("/")
        if self.dialect.checks_names and climbs_out(name):
            raise ExtractionError(f'invalid entry name "{name}"', position)
        return path

    def _make_parent(self, path: str, position: int) -> None:
        parent = path.rpartition("/")[0]
        try:
            if not parent or self.tree.walk(parent).children is not None:
                return
        except TreeError as error:
            if not error.number:
                call = f"stat{self.dialect.verbs} {self._shown(parent)}"
                raise ExtractionError(f"{call}: {error}", position) from error
        if self._is_missing(parent):
            self._make_parents(parent, position)

    def _make_parents(self, parent: str, position: int) -> None:
        try:
            self.tree.make_directories(parent)
        except TreeError as error:
            call = f"mkdir{self.dialect.verbs} {self._shown(parent)}"
            raise ExtractionError(f"{call}: {error}", position) from error

    def _is_missing(self, path: str) -> bool:
        """Whether looking for it says that it is not there, and nothing else."""
        try:
            self.tree.lstat(path)
        except TreeError as error:
            return error.number == ENOENT
        return False

    def _place_of_layer(self, entries: Entries, position: int, path: str) -> None:
        target = clean_path(entries.linknames.get(position, ""))
        is_link = chr(entries.kinds[position]) == HARD_LINK
        if is_link and target.startswith(_LINK_FOLDER):
            if target.rpartition("/")[2] not in self._kept_links:
                raise ExtractionError("invalid aufs hardlink", position)
            self._clear(path, REGULAR)
            self._create(REGULAR, path, position, "")
        else:
            self._place(entries, position, path)
        self._unpacked.add(path)

    def _keep_link(self, entries: Entries, position: int, path: str) -> None:
        if path.startswith(_LINK_FOLDER) and chr(entries.kinds[position]) == REGULAR:
            self._kept_links.add(path.rpartition("/")[2])

    def _place(self, entries: Entries, position: int, path: str) -> None:
        kind = chr(entries.kinds[position])
        self._clear(path, kind)
        self._create(kind, path, position, entries.linknames.get(position, ""))
        if position in entries.xattrs:
            self._set_xattrs(entries, position, path)
        if kind == DIRECTORY:
            self._directories.append((path, position))

    def _set_xattrs(self, entries: Entries, position: int, path: str) -> None:
        """Set the extended attributes; those that are not supported or permitted are left out."""
        for name, words in xattr_errors(entries, position):
            if words == INVALID:
                shown = self._shown(path)
                message = self.dialect.xattr.format(path=shown, name=name, words=words)
                raise ExtractionError(message, position)

    def _clear(self, path: str, kind: str) -> None:
        """Remove what is in the way; a directory stays where a directory comes."""
        try:
            node = self.tree.lstat(path)
        except TreeError:
            return
        if node.kind != DIRECTORY or kind != DIRECTORY:
            self.tree.remove(path)

    def _create(self, kind: str, path: str, position: int, linkname: str) -> None:
        at = self.dialect.verbs
        if kind == DIRECTORY:
            self._make_directory(path, position)
        elif kind == REGULAR:
            self._put(f"open{at}", path, Node(kind, position), position)
        elif kind == HARD_LINK:
            self._link(path, position, linkname)
        elif kind == SYMLINK:
            call = f"symlink{at} {linkname}"
            if not linkname:
                message = f"{call} {self._shown(path)}: no such file or directory"
                raise ExtractionError(message, position)
            self._put(call, path, Node(kind, position, linkname), position)
        elif kind in _NODES:
            self._put(f"mknod{at}", path, Node(kind, position), position)
        elif kind != GLOBAL_HEADER:
            raise ExtractionError(f"unhandled tar header type {ord(kind)}", position)

    def _make_directory(self, path: str, position: int) -> None:
        try:
            self.tree.lstat(path)
        except TreeError:
            self._put(f"mkdir{self.dialect.verbs}", path, Node(DIRECTORY, position), position)

    def _link(self, path: str, position: int, linkname: str) -> None:
        target = clean_path(linkname)
        stripped = linkname.lstrip("/")
        if self.dialect.checks_names and (not target or climbs_out(stripped)):
            raise ExtractionError(f'invalid hardlink target "{linkname}"', position)
        call = f"link{self.dialect.verbs} {self._shown(target)}"
        try:
            node = self.tree.lstat(target)
        except TreeError as error:
            raise ExtractionError(f"{call} {self._shown(path)}: {error}", position) from error
        if node.children is not None:
            message = f"{call} {self._shown(path)}: operation not permitted"
            raise ExtractionError(message, position)
        self._put(call, path, node, position)

    def _put(self, call: str, path: str, node: Node, position: int) -> None:
        """Put a node, which a hard link did not make: its position may be of another layer."""
        try:
            self.tree.put(path, node)
        except TreeError as error:
            raise ExtractionError(f"{call} {self._shown(path)}: {error}", position) from error

    def _white_out(self, path: str, base: str, position: int) -> None:
        parent = path.rpartition("/")[0]
        if base == OPAQUE_WHITEOUT:
            self._empty(parent, position)
            return
        hidden = base.removeprefix(WHITEOUT_PREFIX)
        gone = clean_path(f"{parent}/{hidden}")
        if not gone:
            raise ExtractionError(self.dialect.bare_whiteout, position)
        self.tree.remove(gone)

    def _empty(self, folder: str, position: int) -> None:
        """Remove what lower layers left in a directory."""
        try:
            node = self.tree.lstat(folder)
        except TreeError as error:
            call = f"lstat {self._shown(folder)}"
            raise ExtractionError(f"{call}: {error}", position) from error
        pending = [(folder, node)]
        while pending:
            at, node = pending.pop()
            for name, child in list((node.children or {}).items()):
                path = f"{at}/{name}" if at else name
                if path not in self._unpacked:
                    del (node.children or {})[name]
                elif child.children:
                    pending.append((path, child))

    def _shown(self, path: str) -> str:
        return self.dialect.root + path


def extract(dialect: Dialect, entries: Entries, *, is_whole: bool = True) -> Tree:
    """Extract all entries of an archive.

    Args:
        dialect: How the engine does it.
        entries: The entries.
        is_whole: Whether the archive can be read to its end: else what is done last is not done.

    Returns:
        The tree, to be read alone.

    Raises:
        ExtractionError: One of them cannot be extracted.
    """
    if is_plain(entries):
        return PlainTree(entries)
    extractor = Extractor(dialect, dialect.new_tree())
    for position in range(len(entries)):
        extractor.take(entries, position)
    if is_whole:
        extractor.finish()
    return extractor.tree


class Root:
    """A root that layers are extracted to, one over the other.

    Args:
        dialect: How the engine does it.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._plain = PlainLayers()
        self._tree: Tree | None = None

    def extract_layer(self, entries: Entries, count: int, *, is_whole: bool = True) -> None:
        """Extract the first entries of a layer onto those that are there.

        Args:
            entries: The entries.
            count: How many of them.
            is_whole: Whether the end of the layer comes behind them, and no error.

        Raises:
            ExtractionError: One of them cannot be extracted.
        """
        if self._tree is None and count == len(entries) and self._plain.take(entries):
            return
        if self._tree is None:
            self._tree = self._dialect.new_tree()
            for layer in self._plain.layers:
                self._follow(layer, len(layer), self._tree)
        extractor = self._follow(entries, count, self._tree)
        if is_whole:
            extractor.finish()

    def _follow(self, entries: Entries, count: int, tree: Tree) -> Extractor:
        extractor = Extractor(self._dialect, tree)
        for position in range(count):
            extractor.take_of_layer(entries, position)
        return extractor
