"""Where the bytes come from: a file, standard input or a directory, all as numbered members."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial

from checker.errors import UnreadableError
from checker.model.archive import Source
from checker.model.blob import Blob
from checker.model.compression import NOT_COMPRESSED, Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.entries import Entries, Span
from checker.model.limits import LimitReached, Limits
from checker.model.tar import Tar
from checker.reading.background import Background
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.meter import SILENT, Meter
from checker.reading.ranges import RangedFile
from checker.reading.tar.seeking import ReadAt
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.reading.transport.sample import SAMPLE_SIZE
from checker.records import NamedTuple
from checker.typing_names import IO, Protocol

CHUNK = 1 << 21


class Seekable(NamedTuple):
    """Content of which any part can be read at once.

    Attributes:
        size: Bytes that are really there.
        read: Reads a part.
        is_costly: Whether to read parts costs more than to read on, as over a network.
    """

    size: int
    read: ReadAt
    is_costly: bool = False


class BinaryFile(Protocol):
    """A binary file object, seekable or not: an open file, a pipe, a response body."""

    def read(self, size: int = ..., /) -> bytes:
        """Give the next bytes, at most so many; none at the end."""
        ...


class Content(Protocol):
    """Gives the content of members."""

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of the member at a position, in pieces."""
        ...

    def seekable(self, position: int) -> Seekable | None:
        """The content of a member in any order; None if it can only be had from its start."""
        ...

    def is_unchanged(self) -> bool:
        """Whether bytes that are read twice are still the same, as far as can be told."""
        ...

    def change(self) -> str | None:
        """How what is read was changed since it was opened, in words; None if it was not."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...


class Ahead(Protocol):
    """Reads members of a stream while the rest of it still comes."""

    def advance(self, content: TarContent, size: int) -> None:
        """Take the members that are complete in so many bytes."""
        ...

    def claim(self, position: int) -> Blob | None:
        """What was found in a member; None if it is to be read."""
        ...

    def abort(self) -> None:
        """End it in the middle of a member."""
        ...

    def close(self) -> None:
        """End it: what is being read is read to its end, nothing else is begun."""
        ...


class Opened(NamedTuple):
    """A source that is open and whose members are listed.

    Attributes:
        source: What it is.
        size: Bytes of the file as it came; of a directory, of all its files.
        compression: How the whole file is compressed.
        tar: The members.
        content: Gives their content.
        file: Descriptor of the file to hash; None if it was hashed while it was spooled.
        sha256: Hash of the file, if it was spooled.
        limits: Limits that were reached.
        head: The first bytes of a compressed file as it came, at most ``SAMPLE_SIZE``.
        ahead: What was read of its members while it came.
    """

    source: Source
    size: int
    compression: Compression
    tar: Tar
    content: Content
    file: int | None
    sha256: str | None
    limits: tuple[LimitReached, ...]
    head: bytes = b""
    ahead: Ahead | None = None


class _Stamp(NamedTuple):
    """What tells that a file was changed: size, and times of content and attributes."""

    size: int
    modified: int
    changed: int

    def change(self, after: _Stamp) -> str | None:
        """How the content was changed until later, in words; None if it was not."""
        if after.size != self.size:
            return f"was changed from {self.size:,} to {after.size:,} bytes"
        return None if after.modified == self.modified else "was changed"


def _stamp_of(file: int) -> _Stamp:
    return _stamp(os.fstat(file))


def _stamp(status: os.stat_result) -> _Stamp:
    return _Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class TarContent:
    """The content of the members of a seekable tar.

    Args:
        file: Descriptor of the tar, uncompressed; closed by ``close``.
        entries: Its members.
        limits: Bounds on the expansion of sparse files.
        part: The bytes of the file that are the tar; all of them if None.
        stamp: What told of changes when the walk of the file began; as it is now if None.
    """

    def __init__(
        self,
        file: int,
        entries: Entries,
        limits: Limits,
        part: Span | None = None,
        *,
        stamp: _Stamp | None = None,
    ) -> None:
        self._file = file
        self._entries = entries
        self._limits = limits
        self._start = 0 if part is None else part.offset
        self._length = None if part is None else part.length
        self._stamp = stamp or self._stamp_now()
        self._change: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the tar that are really there."""
        there = max(0, os.fstat(self._file).st_size - self._start)
        return there if self._length is None else min(there, self._length)

    @property
    def place(self) -> Span:
        """The bytes of the file that are the tar."""
        return Span(self._start, self.size)

    def span(self, position: int) -> Span | None:
        """Where in the file the content of a member is; None if it is sparse."""
        if position in self._entries.sparse:
            return None
        stored = self._entries.content(position)
        there = max(0, min(stored.length, self.size - stored.offset))
        return Span(self._start + stored.offset, there)

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of a member; a sparse file with its holes filled."""
        stored = self._entries.content(position)
        spans = self._entries.sparse.get(position)
        if spans is None:
            return self._pieces(stored.offset, stored.length)
        return self._sparse(stored, spans, self._entries.sizes[position])

    def seekable(self, position: int) -> Seekable | None:
        """The stored bytes of a member; None if it is sparse, as these are not its content."""
        if position in self._entries.sparse:
            return None
        stored = self._entries.content(position)
        there = min(stored.length, self.size - stored.offset)
        return Seekable(
            max(0, there),
            lambda offset, count: self.part(stored.offset + offset, count),
        )

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.part(offset, min(CHUNK, length))
            if not piece:
                return
            yield piece
            offset += len(piece)
            length -= len(piece)

    def _sparse(self, stored: Span, spans: tuple[Span, ...], size: int) -> Iterator[bytes]:
        present = max(0, min(stored.length, self.size - stored.offset))
        if size > max(self._limits.expansion_from, self._limits.expansion * present):
            raise LimitError(
                LimitReached(
                    limit="expansion",
                    value=self._limits.expansion,
                    what=f"a sparse file of {size} bytes with {present} bytes of content",
                    offset=stored.offset,
                ),
            )
        at, offset = 0, stored.offset
        # What the map describes beyond the stored bytes is not part of this member.
        end = offset + present
        for span in spans:
            yield from _zeros(span.offset - at)
            length = min(span.length, end - offset)
            yield from self._pieces(offset, length)
            if length < span.length:
                return
            offset += length
            at = span.offset + length
        yield from _zeros(size - at)

    def part(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes of the tar from an offset on, whatever they are."""
        if self._length is not None:
            count = max(0, min(count, self._length - offset))
        return os.pread(self._file, count, self._start + offset)

    def whole(self) -> Iterator[bytes]:
        """All bytes of the tar, in pieces."""
        return self._pieces(0, self.size)

    @property
    def entries(self) -> Entries:
        """The members."""
        return self._entries

    def is_unchanged(self) -> bool:
        """Whether nobody has changed the file since it was opened, as far as can be told."""
        return self._stamp_now() == self._stamp

    def _stamp_now(self) -> _Stamp:
        return _stamp_of(self._file)

    def note_change(self, change: str) -> None:
        """Note how the file was changed that this is a copy of, while it was copied."""
        self._change = change

    def change(self) -> str | None:
        """How what is read was changed since it was opened, in words; None if it was not."""
        return self._change or self._stamp.change(self._stamp_now())

    def descriptor(self) -> int:
        """The descriptor of the file, which stays that of this object."""
        return self._file

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class RangedContent(TarContent):
    """The content of the members of a tar that is fetched by ranges.

    Args:
        ranges: The tar, uncompressed; whoever opened it closes it.
        entries: Its members.
        limits: Bounds on the expansion of sparse files.
    """

    def __init__(self, ranges: RangedFile, entries: Entries, limits: Limits) -> None:
        self._ranges = ranges
        super().__init__(-1, entries, limits)

    @property
    def size(self) -> int:
        """Bytes of the tar."""
        return self._ranges.size

    def seekable(self, position: int) -> Seekable | None:
        """The stored bytes of a member, of which parts cost requests."""
        found = super().seekable(position)
        return None if found is None else found._replace(is_costly=True)

    def part(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes of the tar from an offset on, whatever they are."""
        return self._ranges.read_at(offset, count)

    def descriptor(self) -> int:
        """There is none.

        Raises:
            OSError: Always.
        """
        raise OSError(errno.ESPIPE, "it is not a file here")

    def close(self) -> None:
        """Leave the file to whoever opened it."""

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        return self._ranges.stream(offset, length)

    def _stamp_now(self) -> _Stamp:
        # Whoever fetches the ranges finds out whether the file is another one.
        return _Stamp(self._ranges.size, 0, 0)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        step = min(CHUNK, count)
        yield bytes(step)
        count -= step


def open_source(
    path: str,
    plan: ContentPlan,
    limits: Limits,
    meter: Meter = SILENT,
    ahead: Ahead | None = None,
) -> Opened:
    """Open a path (``-`` is standard input) and list its members.

    Args:
        path: The path.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        meter: Counts what is read.
        ahead: Reads members of a stream while it comes.

    Raises:
        UnreadableError: There is nothing at the path, or it must not be read.
    """
    try:
        if path == "-":
            return _spool_descriptor(os.dup(0), Source.STREAM, plan, limits, meter, ahead)
        if os.path.isdir(path):
            return _open_directory(path, plan, limits, meter)
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return _open_file(file, plan, limits, meter, ahead)
    except OSError as error:
        raise UnreadableError(path, _reason_of(path, error)) from error


def open_file(
    file: BinaryFile,
    name: str,
    plan: ContentPlan,
    limits: Limits,
    meter: Meter = SILENT,
    ahead: Ahead | None = None,
) -> Opened:
    """List the members of an archive in a file object, from its position on.

    An ordinary file that is at its start, and one that is read by ranges, is read in place.
    Everything else is read to its end.

    Args:
        file: The file object.
        name: What the archive is called.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        meter: Counts what is read.
        ahead: Reads members of a stream while it comes.

    Raises:
        UnreadableError: Reading fails, or gives something else than bytes.
    """
    try:
        if isinstance(file, RangedFile):
            return _open_ranges(file, plan, limits, meter)
        descriptor = _descriptor_of(file)
        if descriptor is not None:
            return _open_file(descriptor, plan, limits, meter, ahead)
        stream = _Stream(partial(_read_object, file, name))
        meter.begin(None)
        return _spool(stream, Source.STREAM, plan, limits, meter, ahead)
    except OSError as error:
        raise UnreadableError(name, _reason_of(name, error)) from error
    except ValueError as error:  # the file object is closed
        raise UnreadableError(name, f"cannot be read: {error}") from error


def _descriptor_of(file: BinaryFile) -> int | None:
    """A descriptor of an ordinary file at its start, which the caller closes; None of others.

    Only the types of the standard library are asked for one. The ``fileno`` of a wrapper, such
    as ``gzip.GzipFile``, leads to other bytes than its ``read``.
    """
    if not isinstance(file, io.FileIO | io.BufferedReader | io.BufferedRandom):
        return None
    raw = file if isinstance(file, io.FileIO) else file.raw
    if not isinstance(raw, io.FileIO) or not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        return None
    if isinstance(file, io.BufferedRandom):
        file.flush()
    return None if file.tell() else os.dup(raw.fileno())


def _read_object(file: BinaryFile, name: str) -> bytes:
    try:
        piece: object = file.read(CHUNK)
    except OSError:
        raise
    except Exception as error:
        # A file object of the caller can raise anything, such as zlib.error or HTTPException.
        reason = f"cannot be read: {type(error).__name__}: {error}"
        raise UnreadableError(name, reason) from error
    if not isinstance(piece, bytes):
        kind = type(piece).__name__
        raise UnreadableError(name, f"read() returned {kind}, not bytes; open it in binary mode")
    return piece


def open_again(
    opened: Opened, plan: ContentPlan, limits: Limits, meter: Meter = SILENT
) -> Opened | None:
    """Decompress once more what came out of the decompression of a whole file.

    Returns:
        None if that is not compressed.

    Raises:
        OSError: There is not enough space for a second copy.
    """
    content = opened.content
    is_compressed = detect(opened.tar.head[:MAGIC_SIZE]) is not CompressionKind.NONE
    if not is_compressed or not isinstance(content, TarContent):
        return None
    meter.begin(content.size)
    return spool(content.whole(), opened.source, plan, limits, meter)


def spool(
    chunks: Iterator[bytes],
    source: Source,
    plan: ContentPlan,
    limits: Limits,
    meter: Meter = SILENT,
) -> Opened:
    """Copy, and decompress, bytes that are within another archive, and list their members.

    Raises:
        OSError: There is not enough space for the copy.
    """
    return _spool(_Stream(lambda: next(chunks, b"")), source, plan, limits, meter)


def open_part(file: int, part: Span, source: Source, plan: ContentPlan, limits: Limits) -> Opened:
    """List the members of a tar that is a part of a file, and not compressed.

    Args:
        file: Descriptor of the file, which the result then owns.
        part: The bytes of the file that are the tar.
        source: What the archive that contains it came from.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
    """

    def read(offset: int, count: int) -> bytes:
        return os.pread(file, min(count, part.length - offset), part.offset + offset)

    tar = walk_by_seeking(TarWalker(limits, plan), read, part.length)
    return Opened(
        source=source,
        size=part.length,
        compression=NOT_COMPRESSED,
        tar=tar,
        content=TarContent(file, tar.entries, limits, part),
        file=None,
        sha256=None,
        limits=(),
    )


def _reason_of(path: str, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            "no space left for the uncompressed copy: set TMPDIR to a directory with more space, "
            "or set --limit spool=BYTES"
        )
    place = "" if error.filename in (None, path) else f" ({error.filename})"
    hint = _hint_about(path) if error.errno == errno.ENOENT and error.filename == path else ""
    return f"cannot be read: {error.strerror or error}{place}{hint}"


def _hint_about(path: str) -> str:
    # Imported here, as hardly any path is wrong.
    from checker.reading.missing import hint_about

    return hint_about(path)


def _open_file(
    file: int, plan: ContentPlan, limits: Limits, meter: Meter, ahead: Ahead | None = None
) -> Opened:
    """List the members of an open file, which the result then owns; on errors it is closed."""
    try:
        status = os.fstat(file)
        is_file = stat.S_ISREG(status.st_mode)
        in_place = is_file and detect(os.pread(file, MAGIC_SIZE, 0)) is CompressionKind.NONE
        meter.begin(status.st_size if is_file else None)
        if in_place:
            read = meter.read(lambda offset, count: os.pread(file, count, offset), status.st_size)
            tar = walk_by_seeking(TarWalker(limits, plan), read, status.st_size)
    except OSError:
        os.close(file)
        raise
    if not in_place:
        return _spool_descriptor(file, Source.FILE, plan, limits, meter, ahead)
    return Opened(
        source=Source.FILE,
        size=status.st_size,
        compression=NOT_COMPRESSED,
        tar=tar,
        content=TarContent(file, tar.entries, limits, stamp=_stamp(status)),
        file=file,
        sha256=None,
        limits=(),
    )


def _open_ranges(file: RangedFile, plan: ContentPlan, limits: Limits, meter: Meter) -> Opened:
    """List the members of a file that is read by ranges; a compressed one is read to its end."""
    meter.begin(file.size)
    if detect(file.read_at(0, MAGIC_SIZE)) is not CompressionKind.NONE:
        return _spool_ranges(file, plan, limits, meter)
    read = meter.read(file.read_some, file.size)
    tar = walk_by_seeking(TarWalker(limits, plan), read, file.size)
    return Opened(
        source=Source.FILE,
        size=file.size,
        compression=NOT_COMPRESSED,
        tar=tar,
        content=RangedContent(file, tar.entries, limits),
        file=None,
        sha256=None,
        limits=(),
    )


def _spool_ranges(file: RangedFile, plan: ContentPlan, limits: Limits, meter: Meter) -> Opened:
    with closing(file.stream(0, file.size)) as pieces:
        return _spool(_Stream(lambda: next(pieces, b"")), Source.FILE, plan, limits, meter)


class _Spool:
    """The uncompressed copy of what cannot be sought in, walked while it is written.

    Attributes:
        file: Descriptor of the copy, which has no name; the user of the spool closes it.
    """

    def __init__(self, plan: ContentPlan, limits: Limits, ahead: Ahead | None) -> None:
        self._walker = TarWalker(limits, plan)
        self._ahead = ahead
        self._limits = limits
        self._size = 0
        with _temporary_file() as file:
            self.file = os.dup(file.fileno())
        self._content = TarContent(self.file, self._walker.entries, limits)

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
        if self._ahead is not None:
            self._ahead.advance(self._content, self._size)

    def finish(self, reached: Sequence[LimitReached]) -> Tar:
        if reached:
            self._walker.abandon()
        return self._walker.finish()


def _temporary_file() -> IO[bytes]:
    import tempfile

    try:
        return tempfile.TemporaryFile(prefix="checker-")
    except OSError as error:
        raise OSError(
            error.errno,
            "no writable directory for the uncompressed copy; set TMPDIR to a writable directory",
        ) from error


class _Stream:
    """A file that is read once, from its first byte to its last, hashed on the way.

    Args:
        read: Gives the next bytes; none at the end.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._sha256 = hashlib.sha256()
        self.head = _read_at_least(read, MAGIC_SIZE)
        self.size = 0
        self._sample = bytearray()

    @property
    def sha256(self) -> str:
        """The hash of what was read."""
        return self._sha256.hexdigest()

    @property
    def sample(self) -> bytes:
        """The first bytes of what was read, at most ``SAMPLE_SIZE``."""
        return bytes(self._sample)

    def chunks(self) -> Iterator[bytes]:
        chunk = self.head
        while chunk:
            self._sha256.update(chunk)
            self.size += len(chunk)
            if len(self._sample) < SAMPLE_SIZE:
                self._sample += chunk[: SAMPLE_SIZE - len(self._sample)]
            yield chunk
            chunk = self._read()


def _spool_descriptor(
    file: int,
    source: Source,
    plan: ContentPlan,
    limits: Limits,
    meter: Meter,
    ahead: Ahead | None,
) -> Opened:
    """Spool the file of a descriptor, which is closed then."""
    try:
        status = os.fstat(file)
        stream = _Stream(partial(os.read, file, CHUNK))
        opened = _spool(stream, source, plan, limits, meter, ahead)
        change = _change_since(file, status)
        return opened if change is None else _changed(opened, change)
    finally:
        os.close(file)


def _changed(opened: Opened, change: str) -> Opened:
    content = opened.content
    if isinstance(content, TarContent):
        content.note_change(change)
    return opened


def _change_since(file: int, status: os.stat_result) -> str | None:
    """How an ordinary file was changed; pipes and devices are not compared."""
    if not stat.S_ISREG(status.st_mode):
        return None
    return _stamp(status).change(_stamp_of(file))


def _spool(
    stream: _Stream,
    source: Source,
    plan: ContentPlan,
    limits: Limits,
    meter: Meter,
    ahead: Ahead | None = None,
) -> Opened:
    """Read a stream once into a temporary file without a name, inflating it on the way."""
    with ExitStack() as on_error:
        inflater = Inflater(detect(stream.head[:MAGIC_SIZE]), limits)
        spool = _Spool(plan, limits, ahead)
        on_error.callback(os.close, spool.file)
        if ahead is not None:
            on_error.callback(ahead.abort)
        reached = _copy(meter.counted(stream.chunks()), inflater, spool)
        tar = spool.finish(reached)
        compression = inflater.finish()
        on_error.pop_all()
    if ahead is not None:
        ahead.close()
    return Opened(
        source=source,
        size=stream.size,
        compression=compression,
        tar=tar,
        content=TarContent(spool.file, tar.entries, limits),
        file=None,
        sha256=None if reached else stream.sha256,
        limits=reached,
        head=stream.sample if compression.error is not None else b"",
        ahead=ahead,
    )


def _copy(chunks: Iterator[bytes], inflater: Inflater, spool: _Spool) -> tuple[LimitReached, ...]:
    """Inflate a stream into a spool; the limit that ended it, if one did."""
    background = Background(spool.take)
    try:
        try:
            for piece in inflater.inflate(chunks):
                background.put(piece)
        finally:
            background.close()
    except LimitError as error:
        return (error.reached,)
    return ()


def _read_at_least(read: Callable[[], bytes], count: int) -> bytes:
    """Read until there are ``count`` bytes or no more: a pipe may give fewer at a time."""
    data = read()
    while len(data) < count:
        more = read()
        if not more:
            break
        data += more
    return data


def _open_directory(path: str, plan: ContentPlan, limits: Limits, meter: Meter) -> Opened:
    from checker.reading.directory import DirectoryContent, list_directory

    meter.begin(None)
    listing = list_directory(path, plan, limits, meter)
    return Opened(
        source=Source.DIRECTORY,
        size=listing.tar.size,
        compression=NOT_COMPRESSED,
        tar=listing.tar,
        content=DirectoryContent(path, listing),
        file=None,
        sha256=None,
        limits=(),
    )
