"""Hashing that begins while the program is still loading its plugins.

Of a plain archive with large members, hashing takes longer than all else, and it needs to know
nothing of checks. What is to be kept of the content is known only when the plugins are there.
The archive itself is hashed at the same time, if a report shows its digest: it is read once for its
own hash and for those of its members.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from threading import Event, Lock, Thread

from checker.model.entries import Span
from checker.reading.large_members import large_members
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from checker.reading.background import Background

_CHUNK = 1 << 21
# The thread that hashes waits for the interpreter after each piece, while others are at work.
_PASSING_CHUNK = 1 << 22
_WATCH_SECONDS = 0.1
# What is smaller is hashed before a thread for it is there.
_WORTH_A_START = 1 << 23
_SHA256 = "sha256"
_Piece = TypeVar("_Piece", bytes, memoryview)


class EarlyHash:
    """The sha256 of one stretch of the file, perhaps not worked out yet.

    Attributes:
        span: The stretch, in bytes.
        is_begun: Whether work on it has begun.
        hashed: Bytes of it that are hashed.
    """

    def __init__(self, span: Span) -> None:
        self.span = span
        self.is_begun = False
        self.hashed = 0
        self._sha256 = hashlib.sha256()
        self._error: OSError | None = None
        self._done = Event()
        self.update(b"")

    @property
    def has_failed(self) -> bool:
        """Whether the bytes could not be read."""
        return self._error is not None

    def compute(self, file: int, is_wanted: Callable[[], bool]) -> None:
        """Hash the stretch on this thread, as long as somebody wants it."""
        error = _shorter()
        try:
            read = _passing_reader(file, self.span.length)
            for piece in _pieces(read, self.span, is_wanted):
                self.update(piece)
        except OSError as problem:
            error = problem
        self.give_up(error)

    def update(self, piece: bytes | memoryview) -> None:
        """Hash the next bytes of the stretch."""
        self._sha256.update(piece)
        self.hashed += len(piece)
        if self.hashed == self.span.length:
            self._done.set()

    def give_up(self, error: OSError) -> None:
        """Set the error, unless all bytes are hashed: the rest cannot be read or is not needed."""
        if not self._done.is_set():
            self._error = error
            self._done.set()

    def wait(self, count: Callable[[int], None]) -> None:
        """Wait for the hash.

        Args:
            count: Is told of the bytes that were hashed since it was told last.
        """
        told = 0
        is_done = False
        while not is_done:
            is_done = self._done.wait(_WATCH_SECONDS)
            hashed = self.hashed
            count(hashed - told)
            told = hashed

    def result(self) -> str:
        """Wait for the hash.

        Raises:
            OSError: The file could not be read.
        """
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._sha256.hexdigest()


class EarlyHashError(Exception):
    """Another thread could not read what it hashes, so the digests are not there."""


class EarlyDigests(Mapping[str, str]):
    """The digest of bytes that another thread hashes: who asks for it waits.

    Args:
        hashing: The sha256 of these bytes.
        count: Is told how many of them were hashed while somebody waited.
    """

    def __init__(self, hashing: EarlyHash, count: Callable[[int], None]) -> None:
        self._hashing = hashing
        self._count = count
        self._known: dict[str, str] | None = None

    def known(self) -> dict[str, str]:
        """Wait for the digest.

        Raises:
            EarlyHashError: The bytes could not be read.
        """
        if self._known is None:
            self._hashing.wait(self._count)
            try:
                self._known = {_SHA256: self._hashing.result()}
            except OSError as error:
                raise EarlyHashError(str(error)) from error
        return self._known

    def __getitem__(self, algorithm: str) -> str:
        """Wait for the digest.

        Raises:
            KeyError: It is not computed with this algorithm.
            EarlyHashError: The bytes could not be read.
        """
        return self.known()[algorithm]

    def __iter__(self) -> Iterator[str]:
        return iter((_SHA256,))

    def __len__(self) -> int:
        return 1

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        """A copy has the digests themselves."""
        return dict, (self.known(),)


class _Stretch(NamedTuple):
    """Bytes of the file that are read once for all their hashes.

    Attributes:
        span: The stretch, in bytes.
        hashes: What they are a part of: that of the whole file first, if it is wanted.
    """

    span: Span
    hashes: tuple[EarlyHash, ...]


class EarlyHashes:
    """Hashes of large members of a plain archive, computed ahead on another thread.

    Args:
        path: The archive. What cannot be opened or is not a plain file has no early hashes.
        whole: Whether the whole file is hashed as well, while a second thread hashes the members.
            What one thread reads is handed to the other, since to copy it from the cache of the
            system once more takes a fifth of the time of hashing it.
    """

    def __init__(self, path: str, *, whole: bool = False) -> None:
        self._lock = Lock()
        self._hashes: dict[Span, EarlyHash] = {}
        self._identity: tuple[int, ...] = ()
        self._closed = False
        self._thread: Thread | None = None
        file = _open(path)
        if file is None:
            return
        self._identity = _identity(file)
        stretches = _stretches(file, whole=whole)
        self._hashes = {one.span: one for stretch in stretches for one in stretch.hashes}
        # The thread that reads computes the first hash of each stretch.
        hashers = _hashers() if whole else []
        self._thread = Thread(target=self._run, args=(file, stretches, hashers), daemon=True)
        self._thread.start()

    def claim(self, file: int, span: Span) -> EarlyHash | None:
        """The hash of a stretch, if work on it has begun.

        Args:
            file: The file that is read, to tell whether it is the same.
            span: The stretch, in bytes.

        Returns:
            None if the caller has to hash it, which it need not wait for then.
        """
        found = self._hashes.get(span)
        if found is None or found.has_failed or _identity(file) != self._identity:
            return None
        with self._lock:
            if not found.is_begun:
                del self._hashes[span]
                return None
        return found

    def close(self) -> None:
        """Stop, however far it came."""
        self._closed = True
        if self._thread is not None:
            self._thread.join()

    def _run(
        self, file: int, stretches: list[_Stretch], hashers: list[Background[_Update]]
    ) -> None:
        error = _shorter()
        with ExitStack() as at_end:
            # Whatever happens here, somebody may wait for a hash.
            at_end.callback(lambda: _give_up(stretches, error))
            for hasher in hashers:
                at_end.callback(hasher.close)
            at_end.callback(os.close, file)
            try:
                for stretch in stretches:
                    self._read(file, stretch, hashers)
            except OSError as problem:
                error = problem

    def _read(self, file: int, stretch: _Stretch, hashers: list[Background[_Update]]) -> None:
        """Read a stretch once for all of its hashes."""
        wanted = [one for one in stretch.hashes if self._is_left(one)]
        if not wanted:
            return
        own, *others = wanted
        if not others:
            read = _passing_reader(file, stretch.span.length)
            for passing in _pieces(read, stretch.span, lambda: not self._closed):
                own.update(passing)
            return
        for piece in _pieces(_reader(file), stretch.span, lambda: not self._closed):
            for hasher, one in zip(hashers, others, strict=False):
                hasher.put(_Update(one, piece))
            own.update(piece)

    def _is_left(self, one: EarlyHash) -> bool:
        """Whether a hash is to be computed here; then nobody else does it from now on."""
        with self._lock:
            one.is_begun |= not self._closed and one.span in self._hashes
            return one.is_begun


def _hashers() -> list[Background[_Update]]:
    from checker.reading.background import Background  # here, as few runs hash the whole file

    return [Background(_apply)]


class _Update(NamedTuple):
    """The next bytes of a hash."""

    hashing: EarlyHash
    piece: bytes


def _apply(update: _Update) -> None:
    update.hashing.update(update.piece)


def _give_up(stretches: list[_Stretch], error: OSError) -> None:
    for stretch in stretches:
        for one in stretch.hashes:
            one.give_up(error)


def _pieces(
    read: Callable[[int, int], _Piece], span: Span, is_wanted: Callable[[], bool]
) -> Iterator[_Piece]:
    """The bytes of a stretch, as long as there are any and somebody wants them.

    Args:
        read: Reads from an offset; gives at most so many bytes, none at the end of the file.
        span: The stretch.
        is_wanted: Whether to go on.
    """
    offset, left = span
    while left and is_wanted():
        piece = read(offset, left)
        if not piece:
            return
        yield piece
        offset += len(piece)
        left -= len(piece)


def _reader(file: int) -> Callable[[int, int], bytes]:
    return lambda offset, most: os.pread(file, min(_CHUNK, most), offset)


def _passing_reader(file: int, most: int) -> Callable[[int, int], memoryview]:
    """Reads larger pieces, each of which is overwritten by the next one."""
    buffer = memoryview(bytearray(min(_PASSING_CHUNK, most)))

    def read(offset: int, most: int) -> memoryview:
        return buffer[: _read_into(file, buffer[:most], offset)]

    return read


def _read_into(file: int, buffer: memoryview, offset: int) -> int:
    """Read into memory that is there already; the number of bytes."""
    if hasattr(os, "preadv"):
        return os.preadv(file, [buffer], offset)
    piece = os.pread(file, len(buffer), offset)  # on some systems that are not Linux
    buffer[: len(piece)] = piece
    return len(piece)


def _shorter() -> OSError:
    return OSError(errno.EIO, "it became shorter while it was read")


def _open(path: str) -> int | None:
    """A descriptor of a plain tar; None of anything else."""
    try:
        # To open a pipe and close it again would tell its writer that there are no readers.
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size < _WORTH_A_START:
            return None
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    if looks_like_header(os.pread(file, BLOCK, 0)):
        return file
    os.close(file)
    return None


def _identity(file: int) -> tuple[int, ...]:
    status = os.fstat(file)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _stretches(file: int, *, whole: bool) -> list[_Stretch]:
    """What is read: the large members, the largest first, or the whole file from its start."""
    size = os.fstat(file).st_size
    members = large_members(
        lambda offset, count: os.pread(file, count, offset), size, _WORTH_A_START
    )
    if not whole:
        return [_Stretch(span, (EarlyHash(span),)) for span in members]
    of_file = EarlyHash(Span(0, size))
    found = []
    offset = 0
    for span in sorted(members):
        found.append(_Stretch(Span(offset, span.offset - offset), (of_file,)))
        found.append(_Stretch(span, (of_file, EarlyHash(span))))
        offset = span.offset + span.length
    return [*found, _Stretch(Span(offset, size - offset), (of_file,))]
