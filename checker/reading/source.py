"""Where the bytes come from: a file, standard input or a folder, all seen as numbered members."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from checker.model.archive import Source
from checker.model.compression import NOT_COMPRESSED, Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.entries import DIRECTORY, FIFO, REGULAR, SYMLINK, Entries, Span
from checker.model.limits import LimitReached, Limits
from checker.model.tar import Tar
from checker.reading.background import Background
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.errors import UnreadableError
from checker.reading.tar import TarWalker

CHUNK = 1 << 20
_WINDOW = 1 << 18
_LAYOUT_MARKS = frozenset({"oci-layout", "index.json", "blobs"})


class Content(Protocol):
    """Gives the content of members."""

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of the member at a position, in pieces of at most 1 MiB."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...


class Opened(NamedTuple):
    """A source that is open and whose members are listed.

    Attributes:
        source: What it is.
        size: Bytes of the file as it came; of a folder, of all its files.
        compression: How the whole file is compressed.
        tar: The members.
        content: Gives their content.
        file: Descriptor of the file to hash; None if it was hashed while it was spooled.
        sha256: Hash of the file, if it was spooled.
        limits: Limits that were reached.
    """

    source: Source
    size: int
    compression: Compression
    tar: Tar
    content: Content
    file: int | None
    sha256: str | None
    limits: tuple[LimitReached, ...]


class TarContent:
    """The content of the members of a seekable tar.

    Args:
        file: Descriptor of the tar, uncompressed; closed by ``close``.
        entries: Its members.
        limits: Bounds on the expansion of sparse files.
    """

    def __init__(self, file: int, entries: Entries, limits: Limits) -> None:
        self._file = file
        self._entries = entries
        self._limits = limits

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of a member; a sparse file with its holes filled."""
        stored = self._entries.content(position)
        spans = self._entries.sparse.get(position)
        if spans is None:
            return self._pieces(stored.offset, stored.length)
        return self._sparse(stored, spans, self._entries.sizes[position])

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = os.pread(self._file, min(CHUNK, length), offset)
            if not piece:
                return
            yield piece
            offset += len(piece)
            length -= len(piece)

    def _sparse(self, stored: Span, spans: tuple[Span, ...], size: int) -> Iterator[bytes]:
        if size > self._limits.expansion_from and size > self._limits.expansion * stored.length:
            raise LimitError(
                LimitReached(
                    limit="expansion",
                    value=self._limits.expansion,
                    what=f"a sparse file of {size} bytes with {stored.length} bytes of content",
                    offset=stored.offset,
                ),
            )
        at, offset = 0, stored.offset
        for span in (*spans, Span(size, 0)):
            yield from _zeros(span.offset - at)
            yield from self._pieces(offset, span.length)
            offset += span.length
            at = span.offset + span.length

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        step = min(CHUNK, count)
        yield bytes(step)
        count -= step


class FolderContent:
    """The content of the files of a folder.

    Args:
        root: The folder.
        entries: Its files.
    """

    def __init__(self, root: str, entries: Entries) -> None:
        self._root = root
        self._entries = entries

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of a file; a link in its place is not followed."""
        path = os.path.join(self._root, self._entries.paths[position])
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            while piece := os.read(file, CHUNK):
                yield piece
        finally:
            os.close(file)

    def close(self) -> None:
        """Nothing is held open."""


def open_source(path: str, plan: ContentPlan, limits: Limits) -> Opened:
    """Open a path (``-`` is standard input) and list its members.

    Raises:
        UnreadableError: There is nothing at the path, it must not be read, or it is a folder
            without an image layout.
    """
    try:
        if path == "-":
            return _spool(os.dup(0), Source.STDIN, plan, limits)
        if os.path.isdir(path):
            return _open_folder(path, limits)
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return _spool(file, Source.FILE, plan, limits)
        return _open_file(file, plan, limits)
    except OSError as error:
        raise UnreadableError(path, _why(error)) from error


def _why(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            "no space left for the uncompressed copy: point TMPDIR to a larger disk, or set "
            "--limit spool=BYTES"
        )
    return f"cannot be read: {error.strerror or error}"


def _open_file(file: int, plan: ContentPlan, limits: Limits) -> Opened:
    kind = detect(os.pread(file, MAGIC_SIZE, 0))
    if kind is not CompressionKind.NONE:
        return _spool(file, Source.FILE, plan, limits)
    size = os.fstat(file).st_size
    tar = _walk_file(file, size, plan, limits)
    return Opened(
        source=Source.FILE,
        size=size,
        compression=NOT_COMPRESSED,
        tar=tar,
        content=TarContent(file, tar.entries, limits),
        file=file,
        sha256=None,
        limits=(),
    )


def _walk_file(file: int, size: int, plan: ContentPlan, limits: Limits) -> Tar:
    """Walk the headers of a seekable tar, content skipped."""
    walker = TarWalker(limits, plan)
    position = 0
    while position < size:
        step = min(walker.skippable, size - position)
        walker.skip(step)
        position += step
        window = os.pread(file, _WINDOW, position)
        if not window:
            break
        walker.feed(window)
        position += len(window)
    return walker.finish()


class _Spool:
    """The uncompressed copy of what cannot be sought in, walked while it is written."""

    def __init__(self, plan: ContentPlan, limits: Limits) -> None:
        self._walker = TarWalker(limits, plan)
        self._limits = limits
        self._size = 0
        with tempfile.TemporaryFile(prefix="checker-") as file:
            self.file = os.dup(file.fileno())

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limits.spool:
            raise LimitError(
                LimitReached(
                    limit="spool",
                    value=self._limits.spool,
                    what="the uncompressed archive is larger than this; the rest was not read",
                ),
            )
        self._walker.feed(piece)
        view = memoryview(piece)
        while view:
            view = view[os.write(self.file, view) :]

    def finish(self) -> Tar:
        return self._walker.finish()


def _spool(file: int, source: Source, plan: ContentPlan, limits: Limits) -> Opened:
    """Read a stream once into a temporary file without a name, inflating it on the way."""
    sha256 = hashlib.sha256()
    size = 0
    reached: list[LimitReached] = []
    try:
        chunk = _read_at_least(file, MAGIC_SIZE)
        inflater = Inflater(detect(chunk[:MAGIC_SIZE]), limits)
        spool = _Spool(plan, limits)
        background = Background(spool.take)
        try:
            while chunk:
                sha256.update(chunk)
                size += len(chunk)
                for piece in inflater.feed(chunk):
                    background.put(piece)
                chunk = os.read(file, CHUNK)
        except LimitError as error:
            reached.append(error.reached)
        try:
            background.close()
        except LimitError as error:
            reached.append(error.reached)
    finally:
        os.close(file)
    tar = spool.finish()
    return Opened(
        source=source,
        size=size,
        compression=inflater.finish(),
        tar=tar,
        content=TarContent(spool.file, tar.entries, limits),
        file=None,
        sha256=None if reached else sha256.hexdigest(),
        limits=tuple(reached),
    )


def _read_at_least(file: int, count: int) -> bytes:
    """Read until there are ``count`` bytes or no more: a pipe may give fewer at a time."""
    data = os.read(file, CHUNK)
    while len(data) < count:
        more = os.read(file, CHUNK)
        if not more:
            break
        data += more
    return data


def _open_folder(path: str, limits: Limits) -> Opened:
    with os.scandir(path) as found:
        if not any(item.name in _LAYOUT_MARKS for item in found):
            raise UnreadableError(
                path,
                "a folder without oci-layout, index.json or blobs; name a tar file or the folder "
                "of an OCI image layout",
            )
    entries = Entries()
    reached = _list_folder(path, entries, limits)
    return Opened(
        source=Source.FOLDER,
        size=sum(entries.sizes),
        compression=NOT_COMPRESSED,
        tar=Tar(entries=entries, size=sum(entries.sizes)),
        content=FolderContent(path, entries),
        file=None,
        sha256=None,
        limits=reached,
    )


def _list_folder(root: str, entries: Entries, limits: Limits) -> tuple[LimitReached, ...]:
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(os.path.join(root, folder)) as found:
            items = sorted(found, key=lambda item: item.name)
        folders = []
        for item in items:
            if len(entries) >= limits.entries:
                return (
                    LimitReached(
                        limit="entries",
                        value=limits.entries,
                        what="the folder has more files; the rest was not read",
                    ),
                )
            path = f"{folder}/{item.name}" if folder else item.name
            _add_file(entries, path, item)
            if item.is_dir(follow_symlinks=False):
                folders.append(path)
        pending.extend(reversed(folders))
    return ()


def _add_file(entries: Entries, path: str, item: os.DirEntry[str]) -> None:
    status = item.stat(follow_symlinks=False)
    kind = REGULAR
    if stat.S_ISDIR(status.st_mode):
        kind = DIRECTORY
    elif stat.S_ISLNK(status.st_mode):
        kind = SYMLINK
        entries.linknames[len(entries)] = os.readlink(item.path)
    elif not stat.S_ISREG(status.st_mode):
        kind = FIFO
    entries.by_path[path] = len(entries)
    entries.paths.append(path)
    entries.spellings.append(0)
    entries.kinds.append(ord(kind))
    entries.modes.append(stat.S_IMODE(status.st_mode))
    entries.uids.append(status.st_uid)
    entries.gids.append(status.st_gid)
    entries.sizes.append(status.st_size if kind == REGULAR else 0)
    entries.mtimes.append(int(status.st_mtime))
    entries.offsets.append(-1)
