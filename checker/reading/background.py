"""A second thread for the second half of a stream's work.

Hashing and inflating release the interpreter lock, so two threads really run side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Thread

_PIECES_WAITING = 4


class Background:
    """Runs ``consume`` on each piece that is put, in order, on a thread of its own.

    Args:
        consume: What to do with a piece.
    """

    def __init__(self, consume: Callable[[bytes], None]) -> None:
        self._consume = consume
        self._queue: Queue[bytes | None] = Queue(_PIECES_WAITING)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, piece: bytes) -> None:
        """Hand over a piece; waits while too many are pending."""
        if self._error is None:
            self._queue.put(piece)

    def close(self) -> None:
        """Wait until all pieces are consumed.

        Raises:
            BaseException: What ``consume`` raised.
        """
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (piece := self._queue.get()) is not None:
            if self._error is not None:
                continue
            try:
                self._consume(piece)
            except BaseException as error:  # noqa: BLE001 - raised again by close()
                self._error = error
