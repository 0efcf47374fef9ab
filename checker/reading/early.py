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
from checker.typing_names import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from checker.compiled.sha256 import Sha256
    from checker.model.limits import Limits
    from checker.reading.early_inflating import EarlyInflating

_CHUNK = 1 << 21
# The thread that hashes waits for the interpreter after each piece, while others are at work.
_PASSING_CHUNK = 1 << 22
_WATCH_SECONDS = 0.1
# What is smaller is hashed before a thread for it is there.
_WORTH_A_START = 1 << 23
_SHA256 = "sha256"
_Piece = TypeVar("_Piece", bytes, memoryview)


class Hash(Protocol):
    """What hashes, as ``hashlib.sha256`` does."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Hash the next bytes."""
        ...

    def hexdigest(self) -> str:
        """The digest of all bytes so far, in hexadecimal."""
        ...


class EarlyHash:
    """The sha256 of one stretch of the file, perhaps not worked out yet.

    Args:
        span: The stretch, in bytes.
        sha256: Hashes it; has no bytes yet.

    Attributes:
        span: The stretch, in bytes.
        sha256: The hash of the bytes so far.
        is_begun: Whether work on it has begun.
        hashed: Bytes of it that are hashed.
    """

    def __init__(self, span: Span, sha256: Hash) -> None:
        self.span = span
        self.sha256 = sha256
        self.is_begun = False
        self.hashed = 0
        self._error: OSError | None = None
        self._done = Event()
        self.advance(0)

    @property
    def has_failed(self) -> bool:
        """Whether the bytes could not be read."""
        return self._error is not None

    def compute(self, file: int, is_wanted: Callable[[], bool]) -> None:
        """Hash the stretch on this thread, as long as somebody wants it."""
        error = _shorter()
        try:
            for piece in _passing_pieces(file, self.span, is_wanted):
                self.update(piece)
        except OSError as problem:
            error = problem
        self.give_up(error)

    def update(self, piece: bytes | memoryview) -> None:
        """Hash the next bytes of the stretch."""
        self.sha256.update(piece)
        self.advance(len(piece))

    def advance(self, count: int) -> None:
        """Say that so many further bytes are hashed."""
        self.hashed += count
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
        return self.sha256.hexdigest()


class EarlyError(Exception):
    """What another thread began cannot be had: it could not read it, or left it to others.

    If the same is read again, nothing of it is left to that thread.
    """


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
            EarlyError: The bytes could not be read.
        """
        if self._known is None:
            self._hashing.wait(self._count)
            try:
                self._known = {_SHA256: self._hashing.result()}
            except OSError as error:
                raise EarlyError(str(error)) from error
        return self._known

    def __getitem__(self, algorithm: str) -> str:
        """Wait for the digest.

        Raises:
            KeyError: It is not computed with this algorithm.
            EarlyError: The bytes could not be read.
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
        hashes: What they are a part of, one or two: the whole file first, if its hash is wanted.
    """

    span: Span
    hashes: tuple[EarlyHash, ...]


class _Hashing(Protocol):
    """How stretches are hashed."""

    def new(self) -> Hash:
        """A hash without bytes."""
        ...

    def read(self, file: int, stretch: _Stretch, is_wanted: Callable[[], bool]) -> None:
        """Read a stretch for all of its hashes, as long as somebody wants them.

        Raises:
            OSError: The file cannot be read.
        """
        ...

    def close(self) -> None:
        """Wait until all that was read is hashed."""
        ...


class _OneByOne:
    """Each stretch has one hash."""

    def new(self) -> Hash:
        return hashlib.sha256()

    def read(self, file: int, stretch: _Stretch, is_wanted: Callable[[], bool]) -> None:
        (one,) = stretch.hashes
        for piece in _passing_pieces(file, stretch.span, is_wanted):
            one.update(piece)

    def close(self) -> None:
        pass


class _InOnePass(_OneByOne):
    """The extension module in C computes two hashes of the same bytes in the time of one.

    Args:
        new: A hash without bytes.
        update_both: Hashes the next bytes of two of these.
    """

    def __init__(
        self, new: Callable[[], Sha256], update_both: Callable[[Sha256, Sha256, memoryview], None]
    ) -> None:
        self._new = new
        self._update_both = update_both

    def new(self) -> Hash:
        return self._new()

    def read(self, file: int, stretch: _Stretch, is_wanted: Callable[[], bool]) -> None:
        if len(stretch.hashes) == 1:
            super().read(file, stretch, is_wanted)
            return
        one, other = stretch.hashes
        # Both are made by ``new``.
        states = cast("Sha256", one.sha256), cast("Sha256", other.sha256)
        for piece in _passing_pieces(file, stretch.span, is_wanted):
            self._update_both(*states, piece)
            one.advance(len(piece))
            other.advance(len(piece))


class _OnTwoThreads:
    """A second thread computes the second hash of the same bytes.

    What one thread reads is handed to the other, since to copy it from the cache of the system once
    more takes a fifth of the time of hashing it.
    """

    def __init__(self) -> None:
        from checker.reading.background import Background  # here, as few runs need it

        self._second = Background(_apply)

    def new(self) -> Hash:
        return hashlib.sha256()

    def read(self, file: int, stretch: _Stretch, is_wanted: Callable[[], bool]) -> None:
        first, *others = stretch.hashes
        for piece in _pieces(_reader(file), stretch.span, is_wanted):
            for other in others:
                self._second.put(_Update(other, piece))
            first.update(piece)

    def close(self) -> None:
        self._second.close()


def _hashing_of_both() -> _Hashing:
    try:
        from checker.compiled.sha256 import Sha256, update_both
    except ImportError:
        return _OnTwoThreads()
    return _InOnePass(Sha256, update_both)


class EarlyHashes:
    """Hashes of large members of a plain archive, computed ahead on another thread.

    Args:
        path: The archive. What cannot be opened or is not a plain file has no early hashes.
        whole: Whether the whole file is hashed as well.
    """

    def __init__(self, path: str, *, whole: bool = False) -> None:
        self._lock = Lock()
        self._hashes: dict[Span, EarlyHash] = {}
        self._identity: tuple[int, ...] = ()
        self._closed = False
        self._thread: Thread | None = None
        self._inflating: EarlyInflating | None = None
        file = _open(path)
        if file is None:
            return
        self._identity = _identity(file)
        members = _large_members(file)
        self._inflating = _inflate_early(file, members)
        hashing = _hashing_of_both() if whole else _OneByOne()
        stretches = [_Stretch(span, (EarlyHash(span, hashing.new()),)) for span in members]
        if whole:
            stretches = _with_whole(stretches, EarlyHash(_whole(file), hashing.new()))
        self._hashes = {one.span: one for stretch in stretches for one in stretch.hashes}
        self._thread = Thread(target=self._run, args=(file, stretches, hashing), daemon=True)
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

    def claim_inflated(self, file: int, span: Span, limits: Limits) -> EarlyInflating | None:
        """What comes out of a compressed stretch; it can be had once.

        Args:
            file: The file that is read, to tell whether it is the same.
            span: The stretch, in bytes.
            limits: The limits that apply.

        Returns:
            None if the caller has to inflate it.
        """
        found = self._inflating
        if found is None or found.span != span or _identity(file) != self._identity:
            return None
        return found.claimed(limits)

    def close(self) -> None:
        """Stop, however far it came."""
        self._closed = True
        inflating, self._inflating = self._inflating, None
        if inflating is not None:
            inflating.close()
        if self._thread is not None:
            self._thread.join()

    def _run(self, file: int, stretches: list[_Stretch], hashing: _Hashing) -> None:
        error = _shorter()
        with ExitStack() as at_end:
            # Whatever happens here, somebody may wait for a hash.
            at_end.callback(lambda: _give_up(stretches, error))
            at_end.callback(hashing.close)
            at_end.callback(os.close, file)
            try:
                for stretch in stretches:
                    wanted = tuple(one for one in stretch.hashes if self._is_left(one))
                    if wanted:
                        left = stretch._replace(hashes=wanted)
                        hashing.read(file, left, lambda: not self._closed)
            except OSError as problem:
                error = problem

    def _is_left(self, one: EarlyHash) -> bool:
        """Whether a hash is to be computed here; then nobody else does it from now on."""
        with self._lock:
            one.is_begun |= not self._closed and one.span in self._hashes
            return one.is_begun


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


def _passing_pieces(file: int, span: Span, is_wanted: Callable[[], bool]) -> Iterator[memoryview]:
    """The same in larger pieces, each of which is overwritten by the next one."""
    return _pieces(_passing_reader(file, span.length), span, is_wanted)


def _reader(file: int) -> Callable[[int, int], bytes]:
    return lambda offset, most: os.pread(file, min(_CHUNK, most), offset)


def _passing_reader(file: int, most: int) -> Callable[[int, int], memoryview]:
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


def _inflate_early(file: int, members: list[Span]) -> EarlyInflating | None:
    """Begin to inflate the largest member, if it is compressed with zstd."""
    if not members or looks_like_header(os.pread(file, BLOCK, members[0].offset)):
        return None
    # Imported here, as plain layers begin to be hashed before.
    from checker.reading.early_inflating import inflate_early

    return inflate_early(file, members[0])


def _whole(file: int) -> Span:
    return Span(0, os.fstat(file).st_size)


def _large_members(file: int) -> list[Span]:
    """The large members, the largest first."""
    return large_members(
        lambda offset, count: os.pread(file, count, offset), _whole(file).length, _WORTH_A_START
    )


def _with_whole(members: list[_Stretch], of_file: EarlyHash) -> list[_Stretch]:
    """The whole file from its start, with the members in it."""
    found = []
    offset = 0
    for span, hashes in sorted(members, key=lambda member: member.span):
        found.append(_Stretch(Span(offset, span.offset - offset), (of_file,)))
        found.append(_Stretch(span, (of_file, *hashes)))
        offset = span.offset + span.length
    return [*found, _Stretch(Span(offset, of_file.span.length - offset), (of_file,))]
