"""Counts the bytes that are read, and tells of them from time to time.

Pieces of a few MiB are counted by whichever thread reads them. Nothing waits for whom it is told
to: an interval has to pass between two reports, which therefore cost nothing that can be measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from threading import Lock

from checker.records import NamedTuple

_INTERVAL = 0.05
_SHARES = 256
_LEAST_STEP = 1 << 20


class Activity(StrEnum):
    """What is done with an archive: ``CHECKING`` is the reading of what was written."""

    READING = "reading"
    WRITING = "writing"
    CHECKING = "checking"


class Reached(NamedTuple):
    """How far the reading of an archive has come.

    An archive may be read in several passes, and the bytes of each are counted: a compressed one is
    decompressed first, then its members are read.

    Attributes:
        archive: Name of the archive.
        part: The member or file that is being read; empty for the archive itself.
        done: Bytes of this pass that are read.
        total: Bytes of this pass; None if that is not known.
        activity: What is done with it.
    """

    archive: str
    part: str
    done: int
    total: int | None
    activity: Activity = Activity.READING


class Meter:
    """Counts the bytes of one archive, from any number of threads.

    Args:
        archive: Name of the archive.
        tell: Is told of the progress, by one thread at a time; None to tell nobody. What it raises
            ends the reading.
        activity: What is done with the archive.
    """

    def __init__(
        self,
        archive: str,
        tell: Callable[[Reached], None] | None,
        activity: Activity = Activity.READING,
    ) -> None:
        self._archive = archive
        self._activity = activity
        self._tell = tell
        self._lock = Lock()
        self._error: BaseException | None = None
        self._done = 0
        self._total: int | None = None
        self._next = 0.0

    @property
    def is_heard(self) -> bool:
        """Whether anything is told of the progress."""
        return self._tell is not None

    def begin(self, total: int | None) -> None:
        """Begin a pass.

        Args:
            total: Its bytes; None if that is not known.
        """
        with self._lock:
            self._done, self._total = 0, total

    def end(self) -> None:
        """End a pass, all bytes of which are read; it is told in any case.

        Raises:
            BaseException: What was raised by whom it was told.
        """
        if self._tell is None:
            return
        with self._lock:
            self._done = self._total = max(self._done, self._total or 0)
            self._report("")

    def count(self, size: int, part: str) -> None:
        """Count bytes that were read.

        Args:
            size: Their number.
            part: The member or file that they are of.

        Raises:
            BaseException: What was raised by whom it was told.
        """
        if self._tell is None:
            return
        with self._lock:
            self._done += size
            if time.monotonic() >= self._next or self._error is not None:
                self._report(part)

    def counted(self, chunks: Iterator[bytes], part: str = "") -> Iterator[bytes]:
        """The same pieces, counted as they are taken."""
        return chunks if self._tell is None else self._counted(chunks, part)

    def read(self, read: Callable[[int, int], bytes], size: int) -> Callable[[int, int], bytes]:
        """The same function, which reads from an offset; how far it came is counted.

        Args:
            read: Gives at most so many bytes from an offset on.
            size: The bytes there are.
        """
        if self._tell is None:
            return read
        step = max(size // _SHARES, _LEAST_STEP)
        told = 0

        def counted(offset: int, count: int) -> bytes:
            nonlocal told
            if offset >= told + step:
                self.count(offset - told, "")
                told = offset
            return read(offset, count)

        return counted

    def check(self) -> None:
        """End the reading if it was told to somebody who raised an exception.

        Raises:
            BaseException: What was raised by whom it was told.
        """
        if self._error is not None:
            raise self._error

    def _counted(self, chunks: Iterator[bytes], part: str) -> Iterator[bytes]:
        for chunk in chunks:
            self.count(len(chunk), part)
            yield chunk

    def _report(self, part: str) -> None:
        if self._tell is None:
            return
        self.check()
        total = None if self._total is None else max(self._total, self._done)
        try:
            self._tell(Reached(self._archive, part, self._done, total, self._activity))
        except BaseException as error:
            # Raised by every thread that reads, and by the one that waits for them.
            self._error = error
            raise
        self._next = time.monotonic() + _INTERVAL


SILENT = Meter("", None)
"""Tells nobody."""
