"""The extraction of a tar by ``pkg/archive`` of Docker and Podman, simulated in memory.

Sources: moby, pkg/archive (archive.go Unpack and createTarFile, diff.go UnpackLayer), and its
forks github.com/moby/go-archive and github.com/containers/storage/pkg/archive. Their differences
are in the ``Dialect``.
"""

from __future__ import annotations

import posixpath
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
)
from checker.model.work import Work
from checker.model.xattrs import xattr_errors
from checker_engines.filesystem.content import content_error
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.plain_layers import PlainLayers, PlainTree
from checker_engines.filesystem.tree import Node, Tree, TreeError, is_long_target

_AUFS_LINKS = ".wh..wh.plnk"
"""The directory in which aufs kept the files that have several names (WhiteoutLinkDir)."""
_GLOBAL_HEADER = ord(GLOBAL_HEADER)
_DIRECTORY = ord(DIRECTORY)
_ADDED = frozenset(map(ord, (REGULAR, DIRECTORY)))
# A character takes four bytes at most, and a name 255.
_SURELY_SHORT = 255 // 4
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE, FIFO})
_NOT_FOUND = "no such file or directory"
_TOO_LONG = "file name too long"
_NOT_A_DIRECTORY = "not a directory"


class ExtractionError(Exception):
    """An entry cannot be extracted; the message is that of the engine.

    Attributes:
        position: Position of the entry.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class _Item(NamedTuple):
    """An entry to be extracted.

    Attributes:
        kind: Its type flag.
        name: Its name, cleaned as the engine does.
        path: Its place in the tree.
        target: Target of a link, else empty.
        position: Its position among the entries.
    """

    kind: str
    name: str
    path: str
    target: str
    position: int


class Extractor:
    """One extraction.

    Args:
        dialect: The fork and version.
        tree: The tree to extract to.
        work: What may be spent on it.
    """

    def __init__(self, dialect: Dialect, tree: Tree, work: Work) -> None:
        self.tree = tree
        tree.work = work
        self._work = work
        self._dialect = dialect
        self._calls = dialect.calls
        self._confinement = dialect.confinement
        # Paths of this layer, and its files that hard links in layers of aufs refer to.
        self._unpacked: set[str] = set()
        self._aufs_links: set[str] = set()
        # Their times are set at the end.
        self._directories: list[_Item] = []

    def unpack(self, entries: Entries, position: int) -> None:
        """Extract one entry of an archive, whiteouts being files like others (Unpack).

        Raises:
            ExtractionError: It cannot be done.
            OutOfWork: It is not known what happens.
        """
        if self._add(entries, position):
            return
        self._work.spend()
        if entries.kinds[position] == _GLOBAL_HEADER:
            return
        item = self._resolved(self._item(entries, position))
        self._make_parent(item)
        refuse = self._confinement.path
        if refuse is not None:
            _raise(refuse(item.name), item)
        if item.path:
            self._place(entries, item)
        elif posixpath.normpath(entries.name(position) or ".") != ".":
            self._place_on_root(entries, item)

    def unpack_layer(self, entries: Entries, position: int) -> None:
        """Extract one entry of a layer onto the layers below (UnpackLayer).

        Raises:
            ExtractionError: It cannot be done.
            OutOfWork: It is not known what happens.
        """
        if self._add(entries, position):
            self._unpacked.add(entries.paths[position])
            return
        self._work.spend()
        item = self._item(entries, position)
        is_kept_by_aufs = item.name.startswith(META_PREFIX) and item.name != OPAQUE_WHITEOUT
        if not is_kept_by_aufs or self._dialect.resolve is None:
            item = self._resolved(item)
            self._make_parent(item)
        if is_kept_by_aufs:
            self._keep_aufs_link(item)
            return
        parent, _, base = item.path.rpartition("/")
        if base == OPAQUE_WHITEOUT:
            self._empty(parent, item)
        elif base.startswith(WHITEOUT_PREFIX):
            self._white_out(parent, base, item)
        elif item.path:
            self._place_or_copy(entries, item)
            self._unpacked.add(item.path)
        else:
            self._place_on_root(entries, item)

    def finish(self) -> None:
        """Set the times of the directories, which must still exist.

        Raises:
            ExtractionError: One does not.
        """
        if not self.tree.has_lost:
            return
        for item in self._directories:
            try:
                self.tree.walk(item.path)
            except TreeError as error:
                raise self._failed(self._calls.chtimes, item, str(error)) from error

    def _add(self, entries: Entries, position: int) -> bool:
        """Add a file or directory that is certain to be new, in a directory that is known.

        Returns:
            Whether it was added. If not, each step of the engine has to be followed.
        """
        kind = entries.kinds[position]
        path = entries.paths[position]
        # The name is the path: no dialect refuses it or changes it.
        if entries.spellings[position] or kind not in _ADDED or len(path) > _SURELY_SHORT:
            return False
        parent, _, base = path.rpartition("/")
        directory = self.tree.walked(parent)
        if directory is None or directory.children is None or base in directory.children:
            return False
        if not base or WHITEOUT_PREFIX in path:
            return False
        if position in entries.xattrs or position in entries.sparse:
            return False
        name = chr(kind)
        directory.children[base] = Node(name, position)
        if kind == _DIRECTORY:
            self._directories.append(_Item(name, path, path, "", position))
        return True

    def _item(self, entries: Entries, position: int) -> _Item:
        name = entries.name(position)
        kind = chr(entries.kinds[position])
        target = entries.linknames.get(position, "")
        item = _Item(kind, self._dialect.clean(name), entries.paths[position], target, position)
        refuse = self._confinement.name
        if refuse is not None:
            _raise(refuse(name), item)
        return item

    def _resolved(self, item: _Item) -> _Item:
        """The item at the path that it is extracted to."""
        resolve = self._dialect.resolve
        if resolve is None or not item.path:
            return item
        try:
            path = resolve(self.tree, item.path)
        except TreeError as error:
            raise ExtractionError(str(error), item.position) from error
        return item._replace(path=path, name=path)

    def _make_parent(self, item: _Item) -> None:
        parent = item.path.rpartition("/")[0]
        try:
            if not parent or self.tree.walk(parent).children is not None:
                return
        except TreeError as error:
            # Not an error of the system: the path leaves an os.Root.
            if not error.number:
                raise self._failed(self._calls.stat, item, str(error), parent) from error
        if not self._is_missing(parent):
            return
        try:
            self.tree.make_directories(parent)
        except TreeError as error:
            where = error.path or parent
            raise self._failed(self._calls.mkdir, item, str(error), where) from error

    def _is_missing(self, path: str) -> bool:
        """Whether lstat fails because the path does not exist."""
        try:
            self.tree.lstat(path)
        except TreeError as error:
            return error.number == ENOENT
        return False

    def _place_on_root(self, entries: Entries, item: _Item) -> None:
        """Extract an entry onto the root, which most dialects cannot remove."""
        if self._dialect.root_replaced is None:
            return
        if self._dialect.removes_root and item.kind != DIRECTORY:
            self._replace_root(item)
            return
        if item.kind != DIRECTORY:
            raise ExtractionError(self._dialect.root_replaced, item.position)
        self._set_xattrs(entries, item)

    def _replace_root(self, item: _Item) -> None:
        """Remove the directory that is extracted to, and create something else in its place."""
        self.tree.root = Node(DIRECTORY)
        self.tree.forget_paths()
        if item.kind == HARD_LINK:
            self._link(item)
        self.tree.root = Node(item.kind, item.position)

    def _place_or_copy(self, entries: Entries, item: _Item) -> None:
        """Extract an entry; a hard link to a file that aufs kept becomes a copy of it."""
        target = posixpath.normpath(item.target)
        if item.kind != HARD_LINK or not target.startswith(_AUFS_LINKS):
            self._place(entries, item)
        elif target.rpartition("/")[2] in self._aufs_links:
            copy = item._replace(kind=REGULAR, target="")
            self._clear(copy)
            self._create(copy)
        else:
            raise ExtractionError(self._dialect.no_aufs_link, item.position)

    def _keep_aufs_link(self, item: _Item) -> None:
        if item.name.startswith(_AUFS_LINKS) and item.kind == REGULAR:
            self._aufs_links.add(item.path.rpartition("/")[2])

    def _place(self, entries: Entries, item: _Item) -> None:
        self._clear(item)
        check = self._dialect.device
        if check is not None and item.kind in _NODES:
            _raise(check(item.name, entries.devices.get(item.position, (0, 0))), item)
        self._create(item)
        if item.kind == REGULAR:
            _raise(content_error(entries, item.position), item)
        if item.position in entries.xattrs:
            self._set_xattrs(entries, item)
        if item.kind == DIRECTORY:
            self._directories.append(item)

    def _clear(self, item: _Item) -> None:
        """Remove an existing path, unless it and the entry are directories."""
        try:
            node = self.tree.lstat(item.path)
        except TreeError:
            return
        if not node.kind == DIRECTORY == item.kind:
            self.tree.remove(item.path)

    def _create(self, item: _Item) -> None:
        if item.kind == DIRECTORY:
            self._make_directory(item)
        elif item.kind == REGULAR:
            self._put(self._calls.open, item, Node(REGULAR, item.position))
        elif item.kind == HARD_LINK:
            self._link(item)
        elif item.kind == SYMLINK:
            self._make_symlink(item)
        elif item.kind in _NODES:
            self._make_node(item)
        elif item.kind != GLOBAL_HEADER:
            message = f"unhandled tar header type {ord(item.kind)}"
            raise ExtractionError(message, item.position)

    def _make_directory(self, item: _Item) -> None:
        try:
            self.tree.lstat(item.path)
        except TreeError:
            self._put(self._calls.mkdir, item, Node(DIRECTORY, item.position))

    def _make_node(self, item: _Item) -> None:
        call = self._calls.mknod_parent
        parent = item.path.rpartition("/")[0]
        if call is not None and self.tree.walk(parent).children is None:
            raise self._failed(call, item, _NOT_A_DIRECTORY, parent)
        self._put(self._calls.mknod, item, Node(item.kind, item.position))

    def _make_symlink(self, item: _Item) -> None:
        refuse = self._confinement.symlink
        if refuse is not None:
            _raise(refuse(item.name, item.target), item)
        call = self._calls.symlink
        if not item.target:
            raise self._failed(call, item, _NOT_FOUND)
        if is_long_target(item.target):
            raise self._failed(call, item, _TOO_LONG)
        self._put(call, item, Node(SYMLINK, item.position, self._dialect.resolved(item.target)))

    def _link(self, item: _Item) -> None:
        refuse = self._confinement.hard_link
        if refuse is not None:
            _raise(refuse(item.target), item)
        target = self._link_target(item)
        shown = item._replace(target=self._dialect.shown(target))
        call = self._calls.link
        try:
            node = self.tree.lstat(target)
        except TreeError as error:
            raise self._failed(call, shown, str(error)) from error
        if node.children is not None:
            raise self._failed(call, shown, "operation not permitted")
        # Errors have the position of the item: that of the node may be in another layer.
        self._put(call, shown, node)

    def _link_target(self, item: _Item) -> str:
        """The path of the file that a hard link is for."""
        resolve = self._dialect.resolve
        target = clean_path(item.target)
        if resolve is None:
            return target
        try:
            return resolve(self.tree, target)
        except TreeError as error:
            raise ExtractionError(str(error), item.position) from error

    def _put(self, call: str, item: _Item, node: Node) -> None:
        try:
            self.tree.put(item.path, node)
        except TreeError as error:
            raise self._failed(call, item, str(error)) from error

    def _set_xattrs(self, entries: Entries, item: _Item) -> None:
        values = entries.xattrs.get(item.position, {})
        for name, words in xattr_errors(entries, item.position):
            if not values[name] and not self._dialect.sets_empty_xattrs:
                continue
            if words not in self._dialect.ignored_xattr_errors:
                path = self._dialect.shown(item.name)
                message = self._dialect.xattr.format(path=path, name=name, words=words)
                raise ExtractionError(message, item.position)

    def _white_out(self, parent: str, base: str, item: _Item) -> None:
        """Remove the path that a whiteout names."""
        name = base.removeprefix(WHITEOUT_PREFIX)
        hidden = clean_path(f"{parent}/{name}")
        if not hidden:
            is_above = not parent and name == ".."
            above = self._dialect.above_removed if is_above else None
            raise ExtractionError(above or self._dialect.root_removed, item.position)
        try:
            self.tree.remove(hidden)
        except TreeError as error:
            call = self._calls.remove if error.path is None else self._calls.open_to_remove
            raise self._failed(call, item, str(error), error.path or hidden) from error

    def _empty(self, directory: str, item: _Item) -> None:
        """Remove the content of a directory that is from lower layers."""
        try:
            node = self.tree.lstat(directory)
        except TreeError as error:
            raise self._failed(self._calls.lstat, item, str(error), directory) from error
        if self._dialect.resolve is not None and node.kind == SYMLINK:
            # go-archive follows the link where other forks find nothing below it.
            directory = self.tree.real_path(directory)
            node = self.tree.walk(directory)
        pending = [(directory, node)]
        while pending:
            at, node = pending.pop()
            children = node.children or {}
            for name, child in list(children.items()):
                path = f"{at}/{name}" if at else name
                if path not in self._unpacked:
                    del children[name]
                    self.tree.forget_paths()
                elif child.children:
                    pending.append((path, child))

    def _failed(
        self, call: str, item: _Item, words: str, path: str | None = None
    ) -> ExtractionError:
        """The error of a system call for the item, or for another path."""
        shown = self._dialect.shown(item.name if path is None else path)
        return ExtractionError(call.format(path=shown, target=item.target) + words, item.position)


def _raise(message: str | None, item: _Item) -> None:
    if message is not None:
        raise ExtractionError(message, item.position)


def extract(dialect: Dialect, entries: Entries, work: Work, *, is_whole: bool = True) -> Tree:
    """Extract all entries of an archive.

    Args:
        dialect: The fork and version.
        entries: The entries.
        work: What may be spent on it.
        is_whole: Whether the archive can be read to its end; else ``finish`` is not reached.

    Returns:
        The tree, read-only.

    Raises:
        ExtractionError: One of them cannot be extracted.
        OutOfWork: It is not known whether they can be extracted.
    """
    if is_plain(entries):
        _check_symlinks(dialect, entries)
        return PlainTree(entries, dialect.resolved)
    found = entries.cached(_LastExtraction).of(entries, dialect, work, is_whole=is_whole)
    if isinstance(found, ExtractionError):
        raise ExtractionError(str(found), found.position)
    return found


class _LastExtraction:
    """The result of extracting entries, kept for the next version with the same dialect.

    Args:
        entries: The entries.
    """

    def __init__(self, entries: Entries) -> None:
        del entries
        self._question: tuple[Dialect, bool] | None = None
        self._answer: Tree | ExtractionError = Tree()

    def of(
        self, entries: Entries, dialect: Dialect, work: Work, *, is_whole: bool
    ) -> Tree | ExtractionError:
        if self._question != (dialect, is_whole):
            self._answer = _simulated(dialect, entries, work, is_whole=is_whole)
            self._question = (dialect, is_whole)
        return self._answer


def _simulated(
    dialect: Dialect, entries: Entries, work: Work, *, is_whole: bool
) -> Tree | ExtractionError:
    extractor = Extractor(dialect, dialect.new_tree(), work)
    try:
        for position in range(len(entries)):
            extractor.unpack(entries, position)
        if is_whole:
            extractor.finish()
    except ExtractionError as error:
        return error
    return extractor.tree


def _check_symlinks(dialect: Dialect, entries: Entries) -> None:
    """Refuse symlinks that leave the root, the only error that is possible in a plain tar."""
    refuse = dialect.confinement.symlink
    if refuse is None:
        return
    for position in entries.of_kind(SYMLINK):
        message = refuse(dialect.clean(entries.name(position)), entries.linknames[position])
        if message is not None:
            raise ExtractionError(message, position)


class Root:
    """A root that layers are extracted to, base first.

    Args:
        dialect: The fork and version.
        work: What may be spent on it.
    """

    def __init__(self, dialect: Dialect, work: Work) -> None:
        self._dialect = dialect
        self._work = work
        # Extraction is simulated from the first layer that is not plain.
        self._plain = PlainLayers()
        self._tree: Tree | None = None

    def extract_layer(self, entries: Entries, count: int, *, is_whole: bool = True) -> None:
        """Extract the first entries of a layer onto the layers below.

        Args:
            entries: The entries.
            count: The number of entries to extract.
            is_whole: Whether they are followed by the end of the layer, not by an error.

        Raises:
            ExtractionError: One of them cannot be extracted.
            OutOfWork: It is not known whether they can be extracted.
        """
        if self._tree is None and self._plain.add(entries, count):
            return
        if self._tree is None:
            self._tree = self._dialect.new_tree()
            for layer, extracted in self._plain.layers:
                self._simulate(layer, extracted, self._tree)
        extractor = self._simulate(entries, count, self._tree)
        if is_whole:
            extractor.finish()

    def _simulate(self, entries: Entries, count: int, tree: Tree) -> Extractor:
        extractor = Extractor(self._dialect, tree, self._work)
        for position in range(count):
            extractor.unpack_layer(entries, position)
        return extractor
