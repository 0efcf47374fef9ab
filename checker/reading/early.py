"""Hashing that begins while the program is still loading its plugins.

Of a plain archive with large members, hashing takes longer than all else, and it needs to know
nothing of checks. What is to be kept of the content is known only when the plugins are there.
The archive itself is hashed at the same time, if a report shows its digest.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from threading import Event, Lock, Thread

from checker.model.compression import CompressionKind
from checker.model.content import ContentPlan
from checker.model.entries import REGULAR, Span
from checker.model.limits import Limits
from checker.reading.compression import MAGIC_SIZE, detect
from checker.reading.tar.walker import TarWalker, walk_by_seeking

_CHUNK = 1 << 21
_WATCH_SECONDS = 0.1
# What is smaller is hashed before a thread for it is there.
_WORTH_A_START = 1 << 23
# An image archive has few members. Of others no member is worth it.
_FEW = Limits(entries=256, anomalies=1)
_REGULAR = ord(REGULAR)


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

    def compute(self, file: int, is_wanted: Callable[[], bool]) -> None:
        """Hash the stretch, as long as somebody wants it."""
        offset, left = self.span
        try:
            while left and is_wanted():
                piece = os.pread(file, min(_CHUNK, left), offset)
                if not piece:
                    break
                self._sha256.update(piece)
                offset += len(piece)
                left -= len(piece)
                self.hashed += len(piece)
        except OSError as error:
            self._error = error
        if left and self._error is None:
            self._error = OSError(errno.EIO, "it became shorter while it was read")
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


class EarlyHashes:
    """Hashes of large members of a plain archive, computed ahead on another thread.

    Args:
        path: The archive. What cannot be opened or is not a plain file has no early hashes.
        whole: Whether the whole file is hashed as well, on a thread of its own.
    """

    def __init__(self, path: str, *, whole: bool = False) -> None:
        self._lock = Lock()
        self._hashes: dict[Span, EarlyHash] = {}
        self._identity: tuple[int, ...] = ()
        self._closed = False
        self._threads: list[Thread] = []
        file = _open(path)
        if file is None:
            return
        self._identity = _identity(file)
        if whole:
            self._begin([Span(0, os.fstat(file).st_size)], os.dup(file))
        self._begin(_large_members(file), file)

    def _begin(self, spans: list[Span], file: int) -> None:
        """Begin to hash some stretches, one after another; the file is closed at the end."""
        hashes = [EarlyHash(span) for span in spans]
        self._hashes |= {one.span: one for one in hashes}
        thread = Thread(target=self._run, args=(file, hashes), daemon=True)
        self._threads.append(thread)
        thread.start()

    def claim(self, file: int, span: Span) -> EarlyHash | None:
        """The hash of a stretch, if work on it has begun.

        Args:
            file: The file that is read, to tell whether it is the same.
            span: The stretch, in bytes.

        Returns:
            None if the caller has to hash it, which it need not wait for then.
        """
        found = self._hashes.get(span)
        if found is None or _identity(file) != self._identity:
            return None
        with self._lock:
            if not found.is_begun:
                del self._hashes[span]
                return None
        return found

    def close(self) -> None:
        """Stop, however far it came."""
        self._closed = True
        for thread in self._threads:
            thread.join()

    def _run(self, file: int, hashes: list[EarlyHash]) -> None:
        try:
            for one in hashes:
                if self._is_left(one):
                    one.compute(file, lambda: not self._closed)
        finally:
            os.close(file)

    def _is_left(self, one: EarlyHash) -> bool:
        """Whether a hash is to be computed here; then nobody else does it from now on."""
        with self._lock:
            one.is_begun = not self._closed and one.span in self._hashes
            return one.is_begun


def _open(path: str) -> int | None:
    """A descriptor of a plain archive; None of anything else."""
    try:
        # To open a pipe and close it again would tell its writer that there are no readers.
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size < _WORTH_A_START:
            return None
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    if detect(os.pread(file, MAGIC_SIZE, 0)) is CompressionKind.NONE:
        return file
    os.close(file)
    return None


def _identity(file: int) -> tuple[int, ...]:
    status = os.fstat(file)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _large_members(file: int) -> list[Span]:
    """Where the large members are in an archive that has few of them, the largest first."""
    size = os.fstat(file).st_size
    tar = walk_by_seeking(
        TarWalker(_FEW, ContentPlan()), lambda offset, count: os.pread(file, count, offset), size
    )
    if tar.limits:
        return []
    entries = tar.entries
    large = (
        entries.content(i)
        for i in range(len(entries))
        if entries.kinds[i] == _REGULAR and i not in entries.sparse
    )
    return sorted(
        (span for span in large if _WORTH_A_START <= span.length <= size - span.offset),
        key=lambda span: -span.length,
    )
