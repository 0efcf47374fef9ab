"""Inflating that begins while the program is still loading its plugins.

To inflate a compressed layer takes longer than all else, and needs to know nothing of checks. What
comes out waits, up to a bound, until it is known what is to be kept of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Empty, Queue
from threading import Thread

from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Span
from checker.model.limits import Limits
from checker.reading.compression import MAGIC_SIZE, Inflater, detect

# Those of the settings are not known yet.
_LIMITS = Limits()
# Of at most 1 MiB each. While the program starts, no more than this come out.
_PIECES_WAITING = 32
_CHUNK = 1 << 20
_CLOSE_SECONDS = 0.01


class EarlyInflating:
    """Decompresses one member on another thread.

    Args:
        file: The archive. It is closed at the end.
        span: The member, in bytes; it is compressed with zstd.

    Attributes:
        span: The member.
        taken: Bytes of it that were inflated.
    """

    def __init__(self, file: int, span: Span) -> None:
        self.span = span
        self.taken = 0
        self._file = file
        self._inflater = Inflater(CompressionKind.ZSTD, _LIMITS)
        self._pieces: Queue[bytes | Exception | None] = Queue(_PIECES_WAITING)
        self._is_claimed = self._closed = False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def claimed(self, limits: Limits) -> EarlyInflating | None:
        """This, for the first who asks, if the limits are those that apply; None for others."""
        if self._is_claimed or limits != _LIMITS:
            return None
        self._is_claimed = True
        return self

    def pieces(self) -> Iterator[bytes]:
        """What comes out, in pieces of at most 1 MiB.

        Raises:
            LimitError: The output, or the memory needed, passes a limit.
            OSError: The member cannot be read.
        """
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def finish(self) -> Compression:
        """What was found, when there are no more pieces."""
        return self._inflater.finish()

    def close(self) -> None:
        """Stop, however far it came."""
        self._closed = True
        while self._thread.is_alive():
            self._take_away()
            self._thread.join(_CLOSE_SECONDS)

    def _take_away(self) -> None:
        """Make room for whoever waits to put something."""
        try:
            while True:
                self._pieces.get_nowait()
        except Empty:
            pass

    def _run(self) -> None:
        try:
            for piece in self._inflater.inflate(self._chunks()):
                self._pieces.put(piece)
            end = None
        except Exception as error:  # noqa: BLE001 - raised again by pieces()
            end = error
        finally:
            os.close(self._file)
        self._pieces.put(end)

    def _chunks(self) -> Iterator[bytes]:
        offset, left = self.span
        while left and not self._closed:
            chunk = os.pread(self._file, min(_CHUNK, left), offset)
            if not chunk:
                return
            self.taken += len(chunk)
            offset += len(chunk)
            left -= len(chunk)
            yield chunk


def inflate_early(file: int, span: Span) -> EarlyInflating | None:
    """Begin to inflate a member that is compressed with zstd.

    Decompressors of other kinds take the interpreter so often that the program would start later.
    """
    if detect(os.pread(file, MAGIC_SIZE, span.offset)) is not CompressionKind.ZSTD:
        return None
    return EarlyInflating(os.dup(file), span)
