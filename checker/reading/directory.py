"""A directory as the source of members: listed and read without following a link.

Entries are what ``tar -C DIR -c .`` packs, in the order of their names: further names of a file are
hard links to the first one, and sockets are left out, which is noted. Nothing but regular files and
directories is opened, and those only if they are still what they were when they were listed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from checker.interpretation.kind import looks_like_rootfs
from checker.model.content import ContentPlan
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
)
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.meter import SILENT, Meter
from checker.reading.tar.anomalies import AnomalyLog, WalkEnded
from checker.reading.tar.contents import NOTHING, Contents
from checker.reading.tar.cursor import Cursor
from checker.reading.tar.header import Header
from checker.reading.tar.table import EntryTable
from checker.records import NamedTuple
from checker.typing_names import NoReturn

_CHUNK = 1 << 21
_MOST_NAMED = 3
_NO_OFFSET = -1
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = {
    stat.S_IFREG: REGULAR,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFCHR: CHARACTER_DEVICE,
    stat.S_IFBLK: BLOCK_DEVICE,
    stat.S_IFIFO: FIFO,
}
_DEVICES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE})
_SOCKET = "it is a socket"
_UNKNOWN_TYPE = "it is of a type that tar does not have"
_READABLE_BY_OTHERS = 0o004
# As many as are kept of an entry of a tar, and as many bytes of each value.
_XATTRS_PER_ENTRY = 64
_XATTR_VALUE = 256
# Labels of the host's security modules, which its filesystem gives to every file.
_HOST_XATTRS = frozenset({"security.selinux", "security.SMACK64", "security.ima", "security.evm"})


class _Identity(NamedTuple):
    """What identifies a file whatever its name: numbers of its device and inode."""

    device: int
    inode: int


class _Pending(NamedTuple):
    path: str
    identity: _Identity


class Listing(NamedTuple):
    """The content of a directory.

    Attributes:
        tar: Its entries, as of a tar without offsets; what could not be read are its anomalies.
        devices: The numbers of the devices that entries are on, by position.
        inodes: The numbers of their inodes.
    """

    tar: Tar
    devices: array[int]
    inodes: array[int]


class DirectoryContent:
    """The content of the files of a directory.

    Args:
        root: The directory.
        listing: Its files.
    """

    def __init__(self, root: str, listing: Listing) -> None:
        self._root = root
        self._listing = listing
        self._changed: list[str] = []

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of a file; what took its place since it was listed is not read.

        Raises:
            OSError: It cannot be read.
        """
        entries = self._listing.tar.entries
        path = entries.paths[position]
        identity = _Identity(self._listing.devices[position], self._listing.inodes[position])
        with _opened(os.path.join(self._root, path), identity) as file:
            before = os.fstat(file)
            while piece := os.read(file, _CHUNK):
                yield piece
            after = os.fstat(file)
        sizes = {entries.sizes[position], before.st_size, after.st_size}
        if len(sizes) > 1 or before.st_mtime_ns != after.st_mtime_ns:
            self._changed.append(entries.name(position))

    def seekable(self, position: int) -> None:
        """No file is kept open, so a file is read from its start."""

    def is_unchanged(self) -> bool:
        """Whether bytes that are read twice are the same: here they are read once."""
        return True

    def change(self) -> str | None:
        """The files that were changed between their listing and the end of their reading."""
        if not self._changed:
            return None
        return f"has files that were changed ({', '.join(sorted(self._changed)[:_MOST_NAMED])})"

    def below(self, directory: str, entries: Entries, positions: Sequence[int]) -> DirectoryContent:
        """The content of a directory below.

        Args:
            directory: Its cleaned path.
            entries: Its entries, relative to it.
            positions: Their positions in the whole directory.
        """
        whole = self._listing
        devices = array("Q", (whole.devices[position] for position in positions))
        inodes = array("Q", (whole.inodes[position] for position in positions))
        listing = Listing(whole.tar._replace(entries=entries), devices, inodes)
        return DirectoryContent(os.path.join(self._root, directory), listing)

    def close(self) -> None:
        """No file is kept open."""


def list_directory(root: str, plan: ContentPlan, limits: Limits, meter: Meter = SILENT) -> Listing:
    """List a directory and everything below it.

    Args:
        root: Its path; a link there is followed.
        plan: The files of which the first bytes are kept.
        limits: Bounds on entries, names, nesting and content.
        meter: Counts the bytes of what is listed.

    Raises:
        OSError: The directory itself cannot be listed.
    """
    walk = _Walk(root, plan, limits, meter)
    with suppress(WalkEnded):
        walk.run()
    return walk.result()


class _Walk:
    """Lists a directory, directories below it one after the other."""

    def __init__(self, root: str, plan: ContentPlan, limits: Limits, meter: Meter) -> None:
        self._root = root
        self._meter = meter
        self._log = AnomalyLog(limits)
        self._table = EntryTable(limits, self._log)
        self._cursor = Cursor()
        self._contents = Contents(plan, limits, self._table, self._cursor, self._log)
        self._plan = plan
        self._digests: dict[int, bytes] = {}
        self._devices = array("Q")
        self._inodes = array("Q")
        self._first_names: dict[_Identity, str] = {}

    def run(self) -> None:
        """List everything.

        Raises:
            WalkEnded: A limit is reached.
            OSError: The directory itself cannot be listed.
        """
        file = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            status = os.fstat(file)
            pending = self._list(file, "")
        finally:
            os.close(file)
        while pending:
            directory = pending.pop()
            pending.extend(reversed(self._list_below(directory)))
        if looks_like_rootfs(self._table.entries):
            # Packing the directory packs its own mode and owner, which become those of the root.
            self._append(b"./", status, DIRECTORY, b"")

    def result(self) -> Listing:
        entries = self._table.entries
        tar = Tar(
            entries=entries,
            anomalies=tuple(self._log.anomalies),
            size=sum(entries.sizes),
            contents=self._contents.kept,
            elf_files=self._contents.elf_files,
            digests=self._digests,
            limits=tuple(self._log.limits_reached),
            unsearched=self._contents.unsearched,
        )
        return Listing(tar, self._devices, self._inodes)

    def _list_below(self, directory: _Pending) -> list[_Pending]:
        """List a directory; one that cannot be listed is noted."""
        path = os.path.join(self._root, directory.path)
        try:
            with _opened(path, directory.identity) as file:
                return self._list(file, directory.path)
        except OSError as error:
            self._note(AnomalyKind.UNLISTED_DIRECTORY, directory.path, error)
            return []

    def _list(self, file: int, parent: str) -> list[_Pending]:
        """Add the entries of an open directory; the directories among them."""
        with os.scandir(file) as found:
            items = sorted(self._bounded(found), key=lambda item: item.name)
        directories = []
        for item in items:
            path = f"{parent}/{item.name}" if parent else item.name
            try:
                identity = self._add(file, path, item)
            except OSError as error:
                self._note(AnomalyKind.UNREADABLE_FILE, path, error)
                continue
            if identity is not None:
                directories.append(_Pending(path, identity))
        return directories

    def _bounded(self, found: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        """The items of a directory, of which no more are held than the limit allows."""
        most = self._table.room.entries + 1
        for count, item in enumerate(found):
            if count == most:
                return
            yield item

    def _add(self, directory: int, path: str, item: os.DirEntry[str]) -> _Identity | None:
        """Add one entry; the identity of a directory."""
        status = item.stat(follow_symlinks=False)
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            words = _SOCKET if stat.S_ISSOCK(status.st_mode) else _UNKNOWN_TYPE
            self._log.note(AnomalyKind.UNSTORABLE_FILE, _NO_OFFSET, words, os.fsencode(path))
            return None
        identity = _Identity(status.st_dev, status.st_ino)
        link = ""
        if kind == SYMLINK:
            link = os.readlink(item.name, dir_fd=directory)
        elif kind != DIRECTORY and status.st_nlink > 1:
            link = self._first_names.setdefault(identity, path)
            kind, link = (HARD_LINK, link) if link != path else (kind, "")
        position = self._append(os.fsencode(path), status, kind, os.fsencode(link))
        self._add_xattrs(position, path)
        self._meter.count(status.st_size if kind == REGULAR else 0, path)
        if kind == REGULAR:
            self._keep_content(position, directory, item.name, status)
        return identity if kind == DIRECTORY else None

    def _append(self, name: bytes, status: os.stat_result, kind: str, link: bytes) -> int:
        device = None
        if kind in _DEVICES:
            device = (os.major(status.st_rdev), os.minor(status.st_rdev))
        header = Header(
            name=name,
            link=link,
            kind=ord(kind),
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            size=status.st_size if kind == REGULAR else 0,
            mtime=int(status.st_mtime),
            device=device,
        )
        position = self._table.append(header, _NO_OFFSET)
        self._devices.append(status.st_dev)
        self._inodes.append(status.st_ino)
        return position

    def _add_xattrs(self, position: int, path: str) -> None:
        """Add the extended attributes, where the system has them and shows them."""
        place = os.path.join(self._root, path)
        values: dict[str, bytes] = {}
        with suppress(OSError, AttributeError):
            names = os.listxattr(place, follow_symlinks=False)
            for name in names[:_XATTRS_PER_ENTRY]:
                if name not in _HOST_XATTRS:
                    values[name] = os.getxattr(place, name, follow_symlinks=False)
        entries = self._table.entries
        for name, value in values.items():
            self._table.spend(len(name) + min(len(value), _XATTR_VALUE), _NO_OFFSET)
            if len(value) > _XATTR_VALUE:
                entries.xattr_sizes.setdefault(position, {})[name] = len(value)
        if values:
            entries.xattrs[position] = {
                name: value[:_XATTR_VALUE] for name, value in values.items()
            }

    def _keep_content(
        self, position: int, directory: int, name: str, status: os.stat_result
    ) -> None:
        """Keep the first bytes that checks asked for; note a file that cannot be read."""
        path = self._table.entries.paths[position]
        size = status.st_size
        header = Header(b"", b"", ord(REGULAR), status.st_mode, 0, 0, size, 0, None)
        wanted = self._contents.wanted(position, header.mode, size) if size else NOTHING
        wants_digest = size > 0 and self._plan.wants_digest(path)
        if not wanted.collected and not wants_digest:
            if not _is_readable(directory, name, status):
                self._note(AnomalyKind.UNREADABLE_FILE, path, _denied())
            return
        try:
            identity = _Identity(status.st_dev, status.st_ino)
            with _opened(name, identity, directory) as file:
                if wanted.collected:
                    self._contents.collect(position, wanted, size)
                    self._feed(file)
                if wants_digest:
                    self._hash(position, file)
        except OSError as error:
            self._note(AnomalyKind.UNREADABLE_FILE, path, error)
        finally:
            self._cursor.collector = None

    def _hash(self, position: int, file: int) -> None:
        sha256 = hashlib.sha256()
        while piece := os.read(file, _CHUNK):
            sha256.update(piece)
        self._digests[position] = sha256.digest()

    def _feed(self, file: int) -> None:
        """Give the collector the bytes that it asks for, if the file has them."""
        cursor = self._cursor
        collector, cursor.collector = cursor.collector, None
        self._contents.read = lambda offset, count: os.pread(file, count, offset)
        piece = os.pread(file, cursor.collect_size, 0)
        if collector is not None and len(piece) == cursor.collect_size:
            collector(piece)

    def _note(self, kind: AnomalyKind, path: str, error: OSError) -> None:
        words = error.strerror or str(error)
        self._log.note(kind, _NO_OFFSET, words, os.fsencode(path))


def _is_readable(directory: int, name: str, status: os.stat_result) -> bool:
    if status.st_mode & _READABLE_BY_OTHERS:
        return True
    with suppress(OSError, NotImplementedError):
        return os.access(name, os.R_OK, dir_fd=directory, effective_ids=True)
    return True


def _denied() -> OSError:
    return OSError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def _opened(path: str, identity: _Identity, directory: int | None = None) -> Iterator[int]:
    """Open a file or directory that was listed.

    Args:
        path: Its path; its name if it is in ``directory``.
        identity: What was listed.
        directory: Descriptor of the directory that it is in.

    Raises:
        OSError: It cannot be opened, or something else is in its place.
    """
    file = os.open(path, _OPEN) if directory is None else os.open(path, _OPEN, dir_fd=directory)
    try:
        status = os.fstat(file)
        if _Identity(status.st_dev, status.st_ino) != identity:
            _refuse_replaced(path)
        yield file
    finally:
        os.close(file)


def _refuse_replaced(path: str) -> NoReturn:
    raise OSError(errno.ESTALE, "it was replaced while the directory was read", path)
