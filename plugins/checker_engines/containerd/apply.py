"""Applying a layer as containerd does (containerd 2.3, pkg/archive, Apply).

Nothing escapes: names and the targets of hard links are resolved below the root, and what resolves
to the root itself is ignored. The first layer is written to a plain directory, where a whiteout
deletes; further layers are written to the upper directory of an overlay, where a whiteout becomes a
device node.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from functools import partial

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
    Entry,
)
from checker.model.tar import Tar
from checker.model.untrusted import utf8
from checker.model.work import Known, OutOfWork, Work
from checker.model.xattrs import NOT_PERMITTED, NOT_SUPPORTED, namespace_xattr_errors
from checker.records import NamedTuple
from checker.verdicts import Host
from checker_engines.containerd.parents import (
    LINKS_WALKED,
    Below,
    Look,
    Stack,
    look_in_tree,
    parent_error,
    plain_look,
)
from checker_engines.filesystem.content import content_error
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.privileges import DEVICES, MAPPED_IDS, ROOT, Privileges
from checker_engines.filesystem.runs import Run, runs_of
from checker_engines.filesystem.tree import Node
from checker_engines.golang.fmt import quote

_PATH = "<tmp>"
_DIRECTORY_LINKS = ("", ".", "..")
_NAME_MAX = 255
# A character takes four bytes at most.
_SURELY_SHORT = _NAME_MAX // 4
_ADDED = frozenset({REGULAR, DIRECTORY})
_PATH_MAX = 4095
STORE_ROOT = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs"
"""The directory that a layer is applied in, by default: each path has it in front."""
_PATH_LEFT = _PATH_MAX - len(STORE_ROOT) - 1
_TOO_LONG = "file name too long"
# Layers of the stacks that are kept for one base layer.
_LAYERS_KEPT = 10_000
_OPAQUE = OPAQUE_WHITEOUT.removeprefix(WHITEOUT_PREFIX)
_BARE_WHITEOUTS = tuple(WHITEOUT_PREFIX + name for name in _DIRECTORY_LINKS)


_Convert = Callable[[Node, str, set[Node]], None]
"""Applies a whiteout: directory, hidden name, and the nodes that this layer wrote."""


_HINT = "try increasing the number of subordinate IDs in /etc/subuid and /etc/subgid"
IN_NAMESPACE = Privileges(
    highest_id=MAPPED_IDS,
    owner='failed to Lchown "{path}" for UID {uid}, GID {gid}: {call} (Hint: ' + _HINT + ")",
    creates_devices=False,
    xattr_errors=namespace_xattr_errors,
)
"""Root of a user namespace, who leaves device nodes out (skipFile)."""


def privileges_on(host: Host) -> Privileges:
    """What containerd may do on a host."""
    return IN_NAMESPACE if host.rootless else ROOT


class ApplyError(Exception):
    """The layer cannot be applied; the text is the engine's, paths as ``<tmp>``."""


class Place(NamedTuple):
    """Where a layer is in its image.

    Attributes:
        stack: The layers of the image.
        number: The number of the layer, from 0.
    """

    stack: Stack
    number: int


def apply_layer(
    tar: Tar,
    error_at_end: str | None,
    work: Work,
    *,
    place: Place | None = None,
    privileges: Privileges = ROOT,
) -> None:
    """Apply the entries of a layer, as far as the tar can be read.

    Args:
        tar: The layer.
        error_at_end: What reading the tar ends with.
        work: What may be spent on it.
        place: Where it is in its image; None if it is the only layer.
        privileges: What containerd may do.

    Raises:
        ApplyError: An entry cannot be written, or the tar cannot be read to its end.
        OutOfWork: It is not known whether all entries can be written.
    """
    errors = _errors_of(place or Place(Stack((tar.entries,)), 0), tar.entries, work, privileges)
    error = errors.of_entries or error_at_end or errors.of_end
    if error is not None:
        raise ApplyError(error)


def _errors_of(place: Place, entries: Entries, work: Work, privileges: Privileges) -> _Errors:
    """What applying the entries of a layer on top of others ends with."""
    if place.stack.may_block(place.number, work):
        below = place.stack.below(place.number)
        looks = [_look(place.stack, each, work, privileges) for each in reversed(below)]
        application = _Application(entries, _convert_on_overlay, work, None, privileges, looks)
        return _applied(application)
    if is_plain(entries) and privileges.allow(entries):
        return _Errors()
    convert = _convert_on_overlay if place.number else _delete
    return entries.cached(_Applied).of(entries, convert, work, privileges)


def _look(stack: Stack, below: Below, work: Work, privileges: Privileges) -> Look:
    """How to look into a layer below, which could be applied."""
    look = plain_look(below, work, privileges)
    if look is not None:
        return look
    extract = partial(_extracted, below, work, privileges)
    return look_in_tree(stack.tree_of(below, privileges, work, extract))


def _extracted(below: Below, work: Work, privileges: Privileges) -> Node:
    root = Node(DIRECTORY)
    convert = _delete if below.is_base else _convert_on_overlay
    _Application(below.entries, convert, work, root, privileges).run()
    return root


class Stacking(NamedTuple):
    """What applying a stack of layers ends with.

    Attributes:
        layer: Number of the layer that cannot be applied, from 0; None if all can.
        error: The error.
    """

    layer: int | None = None
    error: str = ""


def apply_on_overlayfs(layers: Sequence[Entries], work: Work) -> Stacking:
    """Apply layers as the snapshotter ``overlayfs`` does: each to a separate directory.

    Raises:
        OutOfWork: It is not known whether all entries can be written.
    """
    stack = Stack(layers)
    for number, entries in enumerate(layers):
        errors = _errors_of(Place(stack, number), entries, work, ROOT)
        error = errors.of_entries or errors.of_end
        if error is not None:
            return Stacking(number, error)
    return Stacking()


def apply_natively(layers: Sequence[Entries], work: Work) -> Stacking:
    """Apply layers as the snapshotter ``native`` does: each to a copy of those below it.

    Raises:
        OutOfWork: It is not known whether all entries can be written.
    """
    if not layers:
        return Stacking()
    known = layers[0].cached(_Stackings).of(layers)
    return known.find(work, lambda: _applied_natively(layers, work))


class _Stackings:
    """What applying stacks of layers natively ends with, by their layers, base first.

    Args:
        base: The entries of the lowest layer.
    """

    def __init__(self, base: Entries) -> None:
        del base
        self._known: dict[tuple[Entries, ...], Known[Stacking]] = {}
        self._room = _LAYERS_KEPT

    def of(self, layers: Sequence[Entries]) -> Known[Stacking]:
        """What is known of a stack."""
        key = tuple(layers)
        known = self._known.get(key, Known())
        if key not in self._known and len(key) <= self._room:
            self._room -= len(key)
            self._known[key] = known
        return known


def _applied_natively(layers: Sequence[Entries], work: Work) -> Stacking:
    root = Node(DIRECTORY)
    for number, entries in enumerate(layers):
        errors = _applied(_Application(entries, _delete, work, root))
        error = errors.of_entries or errors.of_end
        if error is not None:
            return Stacking(number, error)
    return Stacking()


class _Errors(NamedTuple):
    """What applying the entries of a layer ends with: the same for all images that have it.

    Attributes:
        of_entries: The error of the first entry that cannot be applied.
        of_end: The error after all entries were applied.
    """

    of_entries: str | None = None
    of_end: str | None = None


class _Applied:
    """What was found by applying the entries of a layer.

    Args:
        entries: The entries.
    """

    def __init__(self, entries: Entries) -> None:
        del entries
        self._found: dict[tuple[_Convert, Privileges], _Errors] = {}
        self._not_enough = -1

    def of(
        self, entries: Entries, convert: _Convert, work: Work, privileges: Privileges = ROOT
    ) -> _Errors:
        """Apply the entries, unless that was done before."""
        key = (convert, privileges)
        if key not in self._found:
            application = _Application(entries, convert, work, privileges=privileges)
            self._found[key] = self._apply(application, work)
        return self._found[key]

    def _apply(self, application: _Application, work: Work) -> _Errors:
        before = work.left
        if before <= self._not_enough:
            work.spend_parts(before + 1)
        try:
            return _applied(application)
        except OutOfWork:
            self._not_enough = max(self._not_enough, before)
            raise


def _applied(application: _Application) -> _Errors:
    try:
        application.run()
    except ApplyError as error:
        return _Errors(of_entries=str(error))
    try:
        application.finish()
    except ApplyError as error:
        return _Errors(of_end=str(error))
    return _Errors()


class _Application:
    """One layer being applied."""

    def __init__(
        self,
        entries: Entries,
        convert: _Convert,
        work: Work,
        root: Node | None = None,
        privileges: Privileges = ROOT,
        lower: Sequence[Look] = (),
    ) -> None:
        self._privileges = privileges
        # The layers below, topmost first, if one may have something else for a directory.
        self._lower = lower
        self._entries = entries
        self._work = work
        self._has_lost = False
        self._root = Node(DIRECTORY) if root is None else root
        self._convert = convert
        self._written: set[Node] = set()
        # Directories by the name that resolved to them, until something is removed.
        self._parents: dict[str, Node] = {}
        # Names of directories, whose times are set last.
        self._directories: list[str] = []

    def finish(self) -> None:
        """Set the times of the directories, which must still exist."""
        if not self._has_lost:
            return
        for name in self._directories:
            _, nodes = self._resolve(name)
            if nodes and nodes[-1] is None:
                raise ApplyError(
                    f"failed call to UtimesNanoAt for {_PATH}: no such file or directory"
                )

    def run(self) -> None:
        """Apply all entries."""
        done = 0
        is_allowed = self._privileges.allow(self._entries)
        for run in runs_of(self._entries) if is_allowed else ():
            self._apply_each(done, run.start)
            done = run.stop if self._add_run(run) else run.start
        self._apply_each(done, len(self._entries))

    def _apply_each(self, start: int, stop: int) -> None:
        for position in range(start, stop):
            if not self._add(position):
                self._work.spend()
                self._apply(self._entries[position])

    def _add_run(self, run: Run) -> bool:
        """Add files at once; False if something is in their way."""
        directory = self._parents.get(run.parent)
        children = None if directory is None else directory.children
        if children is None or not children.keys().isdisjoint(run.nodes):
            return False
        # A layer can be applied twice to one root: what was written now must be told apart.
        nodes = [Node(REGULAR, position) for position in range(run.start, run.stop)]
        children.update(zip(run.nodes, nodes, strict=True))
        self._written.update(nodes)
        return True

    def _add(self, position: int) -> bool:
        """Add a file or directory that is certain to be new, in a directory that is known.

        Returns:
            Whether it was added. If not, each step of the engine has to be followed.
        """
        entries = self._entries
        path = entries.paths[position]
        # The name is the path: it is clean.
        if entries.spellings[position] or len(path) > _SURELY_SHORT:
            return False
        parent, _, base = path.rpartition("/")
        directory = self._parents.get(parent)
        kind = chr(entries.kinds[position])
        if directory is None or directory.children is None or base in directory.children:
            return False
        if not base or WHITEOUT_PREFIX in path:
            return False
        if position in entries.xattrs or position in entries.sparse:
            return False
        if kind not in _ADDED or self._privileges is not ROOT:
            return False
        node = directory.children[base] = Node(kind, position)
        self._written.add(node)
        if kind == DIRECTORY:
            self._directories.append(path)
        return True

    def _apply(self, entry: Entry) -> None:
        if entry.kind in DEVICES and not self._privileges.creates_devices:
            return
        name = _clean(entry.name)
        parent, _, base = name.rpartition("/")
        if base in _DIRECTORY_LINKS:
            # The root: no clean name below it ends like this.
            return
        directory = self._parents.get(parent) or self._enter(parent)
        if base in _BARE_WHITEOUTS:
            raise ApplyError(f"invalid whiteout name: {base}: invalid archive")
        if base.startswith(WHITEOUT_PREFIX):
            self._white_out(directory, name, entry)
        else:
            self._write(entry, directory, base)
            if entry.is_directory:
                self._directories.append(name)

    def _enter(self, parent: str) -> Node:
        """The parent directory of a name, created with its parents."""
        try:
            parts, nodes = self._resolve(parent)
        except ApplyError as error:
            raise ApplyError(f"failed to get root path: {error}") from None
        directory = self._root
        for depth, (part, node) in enumerate(zip(parts, nodes, strict=True), 1):
            inner = node or Node(DIRECTORY)
            if directory.children is None or inner.children is None:
                raise ApplyError(f"mkparent {_PATH}: not a directory")
            directory.children[part] = inner
            directory = inner
            if node is None:
                self._check_below("/".join(parts[:depth]))
        self._parents[parent] = directory
        return directory

    def _check_below(self, created: str) -> None:
        """Look for a directory without an entry in the layers below, if there are any."""
        error = parent_error(created, self._lower, self._work)
        if error is not None:
            raise ApplyError(error)

    def _resolve(self, name: str) -> tuple[list[str], list[Node | None]]:
        """Resolve a name, following links below the root: its parts, and the node at each.

        Raises:
            ApplyError: A parent is not a directory, a part is too long, or links form a loop.
        """
        parts: list[str] = []
        nodes: list[Node | None] = []
        pending = name.split("/")[::-1]
        walked = 0
        if _size(name) > _PATH_LEFT:
            raise ApplyError(f"lstat {_PATH}: {_TOO_LONG}")
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                del parts[-1:], nodes[-1:]
                continue
            node = _child(nodes[-1] if nodes else self._root, part)
            if node is None or node.kind != SYMLINK:
                parts.append(part)
                nodes.append(node)
                continue
            walked += 1
            if walked > LINKS_WALKED:
                raise ApplyError("too many links")
            if node.target.startswith("/"):
                parts, nodes = [], []
            target = node.target.split("/")
            self._work.spend_parts(1 + len(target))
            pending.extend(target[::-1])
        return parts, nodes

    def _white_out(self, directory: Node, name: str, entry: Entry) -> None:
        hidden = name.rpartition("/")[2].removeprefix(WHITEOUT_PREFIX)
        try:
            self._convert(directory, hidden, self._written)
            if self._convert is _convert_on_overlay and hidden != _OPAQUE:
                self._check_owner(entry, f"chown {_PATH}: {_INVALID}", "{call}")
        except ApplyError as error:
            raise ApplyError(f"failed to convert whiteout file {quote(name)}: {error}") from None
        self._forget_parents()

    def _forget_parents(self) -> None:
        self._has_lost = True
        self._parents.clear()

    def _write(self, entry: Entry, directory: Node, base: str) -> None:
        children = directory.children if directory.children is not None else {}
        there = children.get(base)
        if there is not None and there.kind == DIRECTORY and entry.is_directory:
            self._written.add(there)
            self._set_attributes(entry)
            return
        if there is not None:
            del children[base]
            self._forget_parents()
        node = self._new_node(entry, base)
        if node is not None:
            children[base] = node
            self._written.add(node)
            error = content_error(self._entries, entry.position)
            if error is not None and entry.kind == REGULAR:
                raise ApplyError(error)
            self._set_attributes(entry)

    def _set_attributes(self, entry: Entry) -> None:
        """Set the owner of an entry, and its extended attributes but those of ``trusted``."""
        self._check_owner(entry, f"lchown {_PATH}: {_INVALID}", self._privileges.owner)
        for name, words in self._privileges.xattr_errors(self._entries, entry.position):
            is_ignored = words == NOT_SUPPORTED or name.startswith("trusted.")
            # Links and device nodes cannot have attributes of users.
            if is_ignored or (words == NOT_PERMITTED and name.startswith("user.")):
                continue
            raise ApplyError(f'failed to setxattr "{_PATH}" for key {quote(name)}: {words}')

    def _check_owner(self, entry: Entry, call: str, message: str) -> None:
        uid, gid = entry.uid, entry.gid
        if not (self._privileges.can_own(uid) and self._privileges.can_own(gid)):
            raise ApplyError(message.format(path=_PATH, uid=uid, gid=gid, call=call))

    def _new_node(self, entry: Entry, base: str) -> Node | None:
        """The node that an entry creates; None if it creates none."""
        kind = entry.kind
        if kind == GLOBAL_HEADER:
            return None
        if kind == HARD_LINK:
            call = f"link {_PATH} {_PATH}"
            node = self._link_target(entry.linkname, call)
        elif kind == SYMLINK:
            call = f"symlink {entry.linkname} {_PATH}"
            node = Node(kind, entry.position, entry.linkname)
            if not entry.linkname:
                raise ApplyError(f"{call}: no such file or directory")
        elif kind in _OPERATIONS:
            call = f"{_OPERATIONS[kind]} {_PATH}"
            node = Node(kind, entry.position)
        else:
            raise ApplyError(f"unhandled tar header type {ord(kind)}")
        is_long_target = kind == SYMLINK and _size(entry.linkname) > _PATH_MAX
        if is_long_target or _is_too_long(base) or _size(entry.path) > _PATH_LEFT:
            raise ApplyError(f"{call}: {_TOO_LONG}")
        return node

    def _link_target(self, linkname: str, call: str) -> Node:
        parent, _, base = linkname.rpartition("/")
        _, nodes = self._resolve(parent)
        node = nodes[-1] if nodes else self._root
        if node is not None and base not in _DIRECTORY_LINKS:
            if node.children is None:
                raise ApplyError(f"{call}: not a directory")
            node = node.children.get(base)
        if node is None:
            raise ApplyError(f"{call}: no such file or directory")
        if node.kind == DIRECTORY:
            raise ApplyError(f"{call}: operation not permitted")
        return node


_INVALID = "invalid argument"
_OPERATIONS = {
    REGULAR: "open",
    DIRECTORY: "mkdir",
    FIFO: "mkfifo",
    CHARACTER_DEVICE: "mknod",
    BLOCK_DEVICE: "mknod",
}
"""The kinds that can be created, and the name of the system call in error messages."""


def _clean(name: str) -> str:
    """A name as Go's ``filepath.Clean`` returns it."""
    clean = posixpath.normpath(name)
    return clean[1:] if clean.startswith("//") else clean


def _child(node: Node | None, name: str) -> Node | None:
    """The entry of a directory with a name; None if it does not exist.

    Raises:
        ApplyError: It is not a directory, or the name is too long.
    """
    if node is not None and node.children is None:
        raise ApplyError(f"lstat {_PATH}: not a directory")
    if _is_too_long(name):
        raise ApplyError(f"lstat {_PATH}: {_TOO_LONG}")
    return None if node is None else (node.children or {}).get(name)


def _size(text: str) -> int:
    return len(utf8(text))


def _is_too_long(name: str) -> bool:
    """Whether the name exceeds Linux's limit, which is in bytes."""
    return len(name) > _NAME_MAX // 4 and len(utf8(name)) > _NAME_MAX


def _delete(directory: Node, hidden: str, written: set[Node]) -> None:
    """Apply a whiteout in a plain directory."""
    children = directory.children if directory.children is not None else {}
    if hidden == _OPAQUE:
        _empty(directory, written)
    else:
        children.pop(hidden, None)


def _empty(directory: Node, written: set[Node]) -> None:
    """Remove the content of a directory, except what this layer wrote."""
    pending = [directory]
    while pending:
        children = pending.pop().children
        for name, child in tuple((children or {}).items()):
            if child in written:
                pending.append(child)
            elif children is not None:
                del children[name]


def _convert_on_overlay(directory: Node, hidden: str, _written: set[Node]) -> None:
    """Apply a whiteout in the upper directory of an overlay: a device node or an attribute."""
    if hidden == _OPAQUE:
        return
    children = directory.children if directory.children is not None else {}
    if hidden in children:
        raise ApplyError("file exists")
    if _is_too_long(hidden):
        raise ApplyError(_TOO_LONG)
    children[hidden] = Node(CHARACTER_DEVICE)
