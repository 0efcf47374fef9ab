"""Unpacking layers onto each other (umoci 0.6, oci/layer/unpack.go and tar_extract.go)."""

from __future__ import annotations

import posixpath
from errno import ENOENT

from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    OPAQUE_WHITEOUT,
    REGULAR,
    SYMLINK,
    WHITEOUT_PREFIX,
    Entries,
    clean_path,
)
from checker.model.work import Work
from checker.model.xattrs import NOT_SUPPORTED, xattr_errors
from checker_engines.answers.refusal import LAYER_DAMAGED, LAYER_NOT_EXTRACTED, Refusal
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node, Tree, TreeError, is_long_target
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.tar import tar_error

_GZIP, _ZSTD = "gzip", "zstd"
_GZIP_HEADER = 10
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE, FIFO})
_OPENED = frozenset({"gzip: invalid header", "EOF"})
_ROOT = "<tmp>/rootfs"


def unpacking_error(blob: Blob | None, compression: str) -> str | None:
    """The error of reading a layer to its end; None if it can be read.

    Args:
        blob: The layer; None if it is empty.
        compression: What its media type says: ``gzip``, ``zstd`` or nothing.
    """
    found = Compression(CompressionKind.NONE) if blob is None else blob.compression
    size = 0 if blob is None else blob.size
    if compression == _GZIP:
        return _gzip_error(blob, found, size)
    if compression == _ZSTD and size and found.kind is not CompressionKind.ZSTD:
        return "unpack layer: read next entry: invalid input: magic number mismatch"
    if not compression and found.kind is not CompressionKind.NONE:
        cut = size < 512
        words = "unexpected EOF" if cut else "archive/tar: invalid tar header"
        return f"unpack layer: read next entry: {words}"
    stop = None if blob is None or blob.tar is None else tar_error(blob.tar)
    if stop is not None:
        return f"unpack layer: read next entry: {stop}"
    return _zstd_error(found) if compression == _ZSTD else None


def _gzip_error(blob: Blob | None, found: Compression, size: int) -> str | None:
    start = "create gzip reader: "
    if size < _GZIP_HEADER:
        return f"{start}{'unexpected EOF' if size else 'EOF'}"
    if found.kind is not CompressionKind.GZIP:
        return f"{start}gzip: invalid header"
    error = inflating_error(found, size)
    if error is not None and found.part == "header" and found.streams <= 1:
        return start + error
    stop = None if blob is None or blob.tar is None else tar_error(blob.tar)
    if stop is not None:
        return f"unpack layer: read next entry: {error or stop}"
    return None if error is None else f"discard trailing archive bits: {error}"


def _zstd_error(found: Compression) -> str | None:
    if found.truncated:
        return "unpack layer: read next entry: unexpected EOF"
    start = "discard trailing archive bits: "
    if found.error is not None:
        return start + ("CRC check failed" if "checksum" in found.error else "unexpected EOF")
    return None if found.trailing is None else f"{start}invalid input: magic number mismatch"


class RootDirectory:
    """The directory that layers are unpacked into.

    Args:
        work: What may be spent on it.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._tree = Tree()
        self._tree.work = work
        self._upper: set[str] = set()
        self._plain: list[Entries] = []
        self._is_plain = True

    def unpack(self, entries: Entries) -> None:
        """Unpack a layer (UnpackLayer).

        Raises:
            Refusal: An entry cannot be unpacked.
            OutOfWork: It is not known whether it can.
        """
        if self._is_plain and is_plain(entries):
            self._plain.append(entries)
            return
        if self._is_plain:
            self._is_plain = False
            for below in self._plain:
                self._unpack(below)
        self._unpack(entries)

    def _unpack(self, entries: Entries) -> None:
        self._upper = set()
        for position in range(len(entries)):
            self._work.spend()
            try:
                self._one(entries, position)
            except _EntryError as error:
                name = _clean(entries.name(position))
                raise Refusal(
                    f"{error.notice}unpack layer: unpack entry: {name}: {error}",
                    f"{entries.name(position)!r} cannot be unpacked",
                    (*LAYER_NOT_EXTRACTED, *LAYER_DAMAGED),
                ) from None

    def _one(self, entries: Entries, position: int) -> None:
        """Unpack an entry (UnpackEntry)."""
        name, kind = _clean(entries.name(position)), chr(entries.kinds[position])
        inside = clean_path(name)
        if not inside:
            if kind != DIRECTORY:
                raise _EntryError(
                    "malicious tar entry -- refusing to change type of root directory"
                )
            return
        parent, _, base = inside.rpartition("/")
        directory = self._joined(parent)
        path = f"{directory}/{base}" if directory else base
        if base.startswith(WHITEOUT_PREFIX):
            self._white_out(directory, base)
            return
        self._make_parents(directory)
        self._place(entries, position, kind, path)
        self._keep(path)

    def _joined(self, path: str) -> str:
        """The path with its links resolved in the root (SecureJoinVFS)."""
        if not path:
            return ""
        try:
            self._tree.walk(path)
        except TreeError as error:
            if "links" in str(error):
                words = f"SecureJoin {_ROOT}/{path}/: {error}"
                raise _EntryError(f"sanitise symlinks in root: {words}") from None
        return self._tree.real_path(path)

    def _white_out(self, directory: str, base: str) -> None:
        """Remove what is from lower layers (ociWhiteout)."""
        name = "" if base == OPAQUE_WHITEOUT else base.removeprefix(WHITEOUT_PREFIX)
        path = clean_path(f"{directory}/{name}")
        try:
            node = self._tree.lstat(path)
        except TreeError:
            return
        if name and path and path not in self._upper:
            self._remove(path)
            return
        if name and not path:
            # It names the root, with all that is in it.
            self._refuse_parent(directory)
        pending = [(path, node)]
        while pending:
            at, node = pending.pop()
            children = node.children or {}
            for child_name in list(children):
                child = f"{at}/{child_name}" if at else child_name
                self._work.spend()
                if child in self._upper:
                    pending.append((child, children[child_name]))
                else:
                    del children[child_name]
                    self._tree.forget_paths()

    def _refuse_parent(self, directory: str) -> None:
        """The metadata of the directory that the entry is in cannot be restored."""
        at = f"{_ROOT}/{directory}"
        words = f"restore chown metadata: {at}: lchown {at}: no such file or directory"
        raise _EntryError(f"restore parent directory: {words}")

    def _make_parents(self, path: str) -> None:
        """Create missing directories; what is in their way is removed (mkdirAll)."""
        at = ""
        for part in filter(None, path.split("/")):
            at = f"{at}/{part}" if at else part
            try:
                node = self._tree.lstat(at)
            except TreeError as error:
                if error.number != ENOENT:
                    words = f"mkdir {_ROOT}/{at}: {error}"
                    raise _EntryError(f"mkdir parent: {words}") from None
                self._put(at, Node(DIRECTORY), "mkdir parent: mkdir {path}: ")
                continue
            if node.children is None:
                self._remove(at)
                self._put(at, Node(DIRECTORY), "mkdir parent: mkdir {path}: ")

    def _place(self, entries: Entries, position: int, kind: str, path: str) -> None:
        old = self._node(path)
        if old is not None and not (old.children is not None and kind == DIRECTORY):
            self._remove(path)
            old = None
        if kind in {REGULAR, "\0"}:
            self._put(path, Node(REGULAR, position), "create regular: open {path}: ")
        elif kind == DIRECTORY:
            if old is None:
                self._put(path, Node(DIRECTORY, position), "mkdirall: mkdir {path}: ")
        elif kind == SYMLINK:
            self._symlink(entries.linknames.get(position, ""), path, position)
        elif kind == HARD_LINK:
            self._link(entries.linknames.get(position, ""), path)
            return
        elif kind in _NODES:
            self._put(path, Node(kind, position), "mknod: mknod {path}: ")
        else:
            name = _clean(entries.name(position))
            raise _EntryError(f"unpack entry: {name}: unknown typeflag '\\x{ord(kind):x}'")
        self._set_attributes(entries, position, path)

    def _symlink(self, target: str, path: str, position: int) -> None:
        shown = f"link: symlink {target} {_ROOT}/{path}: "
        if not target:
            raise _EntryError(f"{shown}no such file or directory")
        if is_long_target(target):
            raise _EntryError(f"{shown}file name too long")
        self._put(path, Node(SYMLINK, position, target), shown)

    def _link(self, target: str, path: str) -> None:
        parent, _, base = clean_path(target).rpartition("/")
        directory = self._joined(parent)
        found = f"{directory}/{base}" if directory else base
        call = f"link: link {_ROOT}/{found} {_ROOT}/{path}: "
        try:
            node = self._tree.lstat(found)
        except TreeError as error:
            raise _EntryError(f"{call}{error}") from None
        if node.children is not None:
            raise _EntryError("link: operation not permitted", is_permission=True)
        self._put(path, node, call)

    def _set_attributes(self, entries: Entries, position: int, path: str) -> None:
        for name, words in xattr_errors(entries, position):
            if words == NOT_SUPPORTED or not entries.xattrs[position].get(name):
                continue
            at = f"{_ROOT}/{path}"
            text = f"apply hdr metadata: restore xattr metadata: {at}: {words}"
            raise _EntryError(text, is_permission="permitted" in words)

    def _put(self, path: str, node: Node, call: str) -> None:
        try:
            self._tree.put(path, node)
        except TreeError as error:
            shown = call.format(path=f"{_ROOT}/{path}") if "{path}" in call else call
            raise _EntryError(f"{shown}{error}") from None

    def _node(self, path: str) -> Node | None:
        try:
            return self._tree.lstat(path)
        except TreeError:
            return None

    def _remove(self, path: str) -> None:
        try:
            self._tree.remove(path)
        except TreeError as error:
            at = f"{_ROOT}/{path}"
            raise _EntryError(f"clobber old path: unlinkat {at}: {error}") from None

    def _keep(self, path: str) -> None:
        """Remember that a path and the directories that it is in are of this layer."""
        while path and path not in self._upper:
            self._upper.add(path)
            path = path.rpartition("/")[0]


class _EntryError(Exception):
    """An entry cannot be unpacked.

    Args:
        message: The error.
        is_permission: Whether umoci says that ``--rootless`` may help.
    """

    def __init__(self, message: str, *, is_permission: bool = False) -> None:
        super().__init__(message)
        self.notice = _NOTICE if is_permission else ""


_NOTICE = "\0"
"""In place of the notice before an error of permissions."""


def _clean(name: str) -> str:
    """A name as messages have it (CleanPath)."""
    if not name:
        return ""
    if name.startswith("/"):
        return posixpath.normpath("/" + name.lstrip("/"))
    return posixpath.normpath(f"/{name}").lstrip("/") or "."
