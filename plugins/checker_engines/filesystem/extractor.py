"""The extraction of a tar by ``pkg/archive`` of Docker and Podman, simulated in memory.

Sources: moby, pkg/archive (archive.go Unpack and createTarFile, diff.go UnpackLayer), and its
forks github.com/moby/go-archive and github.com/containers/storage/pkg/archive. Their differences
are in the ``Dialect``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
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
from checker.model.work import Work
from checker.model.xattrs import NOT_PERMITTED, XattrError
from checker.records import NamedTuple
from checker_engines.filesystem.content import content_error
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.plain_layers import PlainTree
from checker_engines.filesystem.privileges import DEVICES, ROOT
from checker_engines.filesystem.runs import Run, runs_of
from checker_engines.filesystem.shared import ExtractedLayer, Outcomes, steps_of
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
_INVALID = "invalid argument"


class Item(NamedTuple):
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
        self.privileges = dialect.privileges
        # Paths of this layer, and its files that hard links in layers of aufs refer to.
        self._unpacked: set[str] = set()
        self._aufs_links: set[str] = set()
        # Their times are set at the end.
        self._directories: list[Item] = []

    def unpack_archive(self, layer: ExtractedLayer) -> None:
        """Extract an archive, or a layer as one (Unpack).

        Raises:
            ExtractionError: It cannot be done.
            OutOfWork: It is not known what happens.
        """
        self._unpack_all(layer, self._unpack)

    def unpack_onto_layers(self, layer: ExtractedLayer) -> None:
        """Extract a layer onto the layers below (UnpackLayer).

        Raises:
            ExtractionError: It cannot be done.
            OutOfWork: It is not known what happens.
        """
        self._unpack_all(layer, self._unpack_layer)

    def _unpack_all(self, layer: ExtractedLayer, unpack: Callable[[Entries, int], None]) -> None:
        entries, done = layer.entries, 0
        runs = runs_of(entries) if self.privileges.allow(entries) else ()
        for run in runs:
            if run.stop > layer.number:
                break
            for position in range(done, run.start):
                unpack(entries, position)
            done = run.stop if self._add_run(entries, run) else run.start
        for position in range(done, layer.number):
            unpack(entries, position)
        if layer.is_whole:
            self._finish()

    def _add_run(self, entries: Entries, run: Run) -> bool:
        """Add files at once; False if something is in their way."""
        directory = self.tree.walked(run.parent)
        children = None if directory is None else directory.children
        if children is None or not children.keys().isdisjoint(run.nodes):
            return False
        children.update(run.nodes)
        self._unpacked.update(entries.paths[run.start : run.stop])
        return True

    def _unpack(self, entries: Entries, position: int) -> None:
        """Extract one entry of an archive, whiteouts being files like others (Unpack).

        Raises:
            ExtractionError: It cannot be done.
            OutOfWork: It is not known what happens.
        """
        if self._add(entries, position):
            return
        self._work.spend()
        if entries.kinds[position] == _GLOBAL_HEADER and self._dialect.skips_global_headers:
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

    def _unpack_layer(self, entries: Entries, position: int) -> None:
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

    def _finish(self) -> None:
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
                raise self.failed(self._calls.chtimes, item, str(error)) from error

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
        if self.privileges is not ROOT and not self._may_own(entries, position):
            return False
        name = chr(kind)
        directory.children[base] = Node(name, position)
        if kind == _DIRECTORY:
            self._directories.append(Item(name, path, path, "", position))
        return True

    def _item(self, entries: Entries, position: int) -> Item:
        name = entries.name(position)
        kind = chr(entries.kinds[position])
        target = entries.linknames.get(position, "")
        item = Item(kind, self._dialect.clean(name), entries.paths[position], target, position)
        refuse = self._confinement.name
        if refuse is not None:
            _raise(refuse(name), item)
        return item

    def _resolved(self, item: Item) -> Item:
        """The item at the path that it is extracted to."""
        resolve = self._dialect.resolve
        if resolve is None or not item.path:
            return item
        try:
            path = resolve(self.tree, item.path)
        except TreeError as error:
            raise ExtractionError(str(error), item.position) from error
        return item._replace(path=path, name=path)

    def _make_parent(self, item: Item) -> None:
        parent = item.path.rpartition("/")[0]
        try:
            if not parent or self.tree.walk(parent).children is not None:
                return
        except TreeError as error:
            # Not an error of the system: the path leaves an os.Root.
            if not error.number:
                raise self.failed(self._calls.stat, item, str(error), parent) from error
        if not self._is_missing(parent):
            return
        try:
            self.tree.make_directories(parent)
        except TreeError as error:
            where = error.path or parent
            raise self.failed(self._calls.mkdir, item, str(error), where) from error
        if not self.privileges.owns_parents:
            raise self.failed("chown {path}: ", item, NOT_PERMITTED, parent)

    def _is_missing(self, path: str) -> bool:
        """Whether lstat fails because the path does not exist."""
        try:
            self.tree.lstat(path)
        except TreeError as error:
            return error.number == ENOENT
        return False

    def _place_on_root(self, entries: Entries, item: Item) -> None:
        """Extract an entry onto the root, which most dialects cannot remove."""
        if self._dialect.root_replaced is None:
            return
        if self._dialect.removes_root and item.kind != DIRECTORY:
            self._replace_root(item)
            return
        if item.kind != DIRECTORY:
            raise ExtractionError(self._dialect.root_replaced, item.position)
        self.check_owner(entries, item, self._calls.lchown, item.path)
        self._set_xattrs(entries, item)

    def _replace_root(self, item: Item) -> None:
        """Remove the directory that is extracted to, and create something else in its place."""
        self.tree.root = Node(DIRECTORY)
        self.tree.forget_paths()
        if item.kind == HARD_LINK:
            self._link(item)
        self.tree.root = Node(item.kind, item.position)

    def _place_or_copy(self, entries: Entries, item: Item) -> None:
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

    def _keep_aufs_link(self, item: Item) -> None:
        if item.name.startswith(_AUFS_LINKS) and item.kind == REGULAR:
            self._aufs_links.add(item.path.rpartition("/")[2])

    def _place(self, entries: Entries, item: Item) -> None:
        self._clear(item)
        if self.is_converted(entries, item):
            return
        if item.kind in DEVICES and not self.privileges.creates_devices:
            self._leave_out(item)
            return
        check = self._dialect.device
        if check is not None and item.kind in _NODES:
            _raise(check(item.name, entries.devices.get(item.position, (0, 0))), item)
        self._create(item)
        if item.kind == REGULAR:
            _raise(content_error(entries, item.position), item)
        self.check_owner(entries, item, self._calls.lchown, item.path)
        if item.position in entries.xattrs:
            self._set_xattrs(entries, item)
        if item.kind == DIRECTORY:
            self._directories.append(item)

    def is_converted(self, entries: Entries, item: Item) -> bool:  # noqa: ARG002 - for others
        """Convert an entry to something else.

        Returns:
            False if it is extracted as it is, like all entries where the storage driver converts
            none.
        """
        return False

    def cleaned(self, entries: Entries, item: Item) -> str:
        """The cleaned name of an entry, before links in it are followed."""
        return self._dialect.clean(entries.name(item.position))

    def shown(self, path: str) -> str:
        """A path in the tree as messages show it."""
        return self._dialect.shown(path)

    def check_owner(self, entries: Entries, item: Item, call: str, path: str) -> None:
        """Give a path the owner of an entry.

        Raises:
            ExtractionError: The user namespace does not have its ID.
        """
        if item.kind == GLOBAL_HEADER or self._may_own(entries, item.position):
            return
        privileges = self.privileges
        uid, gid = entries.uids[item.position], entries.gids[item.position]
        shown = self._dialect.shown(path)
        words = f"{call.format(path=shown)}{_INVALID}"
        message = privileges.owner.format(path=shown, uid=uid, gid=gid, call=words)
        raise ExtractionError(message, item.position)

    def _may_own(self, entries: Entries, position: int) -> bool:
        can_own = self.privileges.can_own
        return can_own(entries.uids[position]) and can_own(entries.gids[position])

    def _leave_out(self, item: Item) -> None:
        """Create no device node, which needs privileges."""
        message = self.privileges.device
        if message:
            shown = self._dialect.shown(item.name)
            raise ExtractionError(message.format(path=shown), item.position)

    def _clear(self, item: Item) -> None:
        """Remove an existing path, unless it and the entry are directories."""
        try:
            node = self.tree.lstat(item.path)
        except TreeError:
            return
        if not node.kind == DIRECTORY == item.kind:
            self.tree.remove(item.path)

    def _create(self, item: Item) -> None:
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

    def _make_directory(self, item: Item) -> None:
        try:
            self.tree.lstat(item.path)
        except TreeError:
            self._put(self._calls.mkdir, item, Node(DIRECTORY, item.position))

    def _make_node(self, item: Item) -> None:
        call = self._calls.mknod_parent
        parent = item.path.rpartition("/")[0]
        if call is not None and self.tree.walk(parent).children is None:
            raise self.failed(call, item, _NOT_A_DIRECTORY, parent)
        self._put(self._calls.mknod, item, Node(item.kind, item.position))

    def _make_symlink(self, item: Item) -> None:
        refuse = self._confinement.symlink
        if refuse is not None:
            _raise(refuse(item.name, item.target), item)
        call = self._calls.symlink
        if not item.target:
            raise self.failed(call, item, _NOT_FOUND)
        if is_long_target(item.target):
            raise self.failed(call, item, _TOO_LONG)
        self._put(call, item, Node(SYMLINK, item.position, self._dialect.resolved(item.target)))

    def _link(self, item: Item) -> None:
        refuse = self._confinement.hard_link
        if refuse is not None:
            _raise(refuse(item.target), item)
        target = self._link_target(item)
        shown = item._replace(target=self._dialect.shown(target))
        call = self._calls.link
        try:
            node = self.tree.lstat(target)
        except TreeError as error:
            raise self.failed(call, shown, str(error)) from error
        if node.children is not None:
            raise self.failed(call, shown, "operation not permitted")
        # Errors have the position of the item: that of the node may be in another layer.
        self._put(call, shown, node)

    def _link_target(self, item: Item) -> str:
        """The path of the file that a hard link is for."""
        resolve = self._dialect.resolve
        target = clean_path(item.target)
        if resolve is None:
            return target
        try:
            return resolve(self.tree, target)
        except TreeError as error:
            raise ExtractionError(str(error), item.position) from error

    def _put(self, call: str, item: Item, node: Node) -> None:
        try:
            self.tree.put(item.path, node)
        except TreeError as error:
            raise self.failed(call, item, str(error)) from error

    def _set_xattrs(self, entries: Entries, item: Item) -> None:
        values = entries.xattrs.get(item.position, {})
        for name, words in self._xattr_errors(entries, item):
            if not values[name] and not self._dialect.sets_empty_xattrs:
                continue
            if words not in self._dialect.ignored_xattr_errors:
                path = self._dialect.shown(item.name)
                message = self._dialect.xattr.format(path=path, name=name, words=words)
                raise ExtractionError(message, item.position)

    def _xattr_errors(self, entries: Entries, item: Item) -> Iterator[XattrError]:
        if item.kind == SYMLINK and self._dialect.xattrs_follow_links:
            # They are set on what the link resolves to, even if a file cannot be there.
            try:
                self.tree.lstat(self.tree.real_path(item.path))
            except TreeError as error:
                for name in entries.xattrs.get(item.position, {}):
                    yield XattrError(name, str(error))
                return
        yield from self.privileges.xattr_errors(entries, item.position)

    def _white_out(self, parent: str, base: str, item: Item) -> None:
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
            raise self.failed(call, item, str(error), error.path or hidden) from error

    def _empty(self, directory: str, item: Item) -> None:
        """Remove the content of a directory that is from lower layers."""
        try:
            node = self.tree.lstat(directory)
        except TreeError as error:
            raise self.failed(self._calls.lstat, item, str(error), directory) from error
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

    def failed(self, call: str, item: Item, words: str, path: str | None = None) -> ExtractionError:
        """The error of a system call for the item, or for another path."""
        shown = self._dialect.shown(item.name if path is None else path)
        return ExtractionError(call.format(path=shown, target=item.target) + words, item.position)


def _raise(message: str | None, item: Item) -> None:
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
    if is_plain(entries) and dialect.privileges.allow(entries):
        _check_symlinks(dialect, entries)
        return PlainTree(entries, dialect.resolved)
    layer = ExtractedLayer(entries, len(entries), is_whole)
    outcomes = entries.cached(_Extractions).of(steps_of(dialect, entries), is_whole)
    tree = outcomes.find(dialect, work, lambda: _simulated(dialect, layer, work))
    # What is looked up in it is spent by whoever looks.
    tree.work = work
    return tree


class _Extractions:
    """What extracting entries as an archive ends with, by the steps.

    Args:
        entries: The entries.
    """

    def __init__(self, entries: Entries) -> None:
        del entries
        self._known: dict[tuple[Dialect, bool], Outcomes[Tree]] = {}

    def of(self, steps: Dialect, is_whole: bool) -> Outcomes[Tree]:  # noqa: FBT001 - a key
        return self._known.setdefault((steps, is_whole), Outcomes())


def _simulated(dialect: Dialect, layer: ExtractedLayer, work: Work) -> Tree:
    extractor = Extractor(dialect, dialect.new_tree(), work)
    extractor.unpack_archive(layer)
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
