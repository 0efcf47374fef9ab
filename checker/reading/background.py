"""A second thread for the second part of a stream's work.

Hashing and inflating release the interpreter lock, so two threads really run side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Thread

from checker.typing_names import Generic, TypeVar

T = TypeVar("T")

_PIECES_WAITING = 4


class BackgroundTask:
    """Runs something on another thread.

    Args:
        run: What to run.
    """

    def __init__(self, run: Callable[[], None]) -> None:
        self._run = run
        self._error: BaseException | None = None
        self._thread = Thread(target=self._guard, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for its end.

        Raises:
            BaseException: What it raised.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _guard(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - raised again by close()
            self._error = error


class Background(Generic[T]):
    """Runs ``consume`` on each piece that is put, in order, on another thread.

    Args:
        consume: What to do with a piece.
    """

    def __init__(self, consume: Callable[[T], None]) -> None:
        self._consume = consume
        self._queue: Queue[T | None] = Queue(_PIECES_WAITING)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, piece: T) -> None:
        """Hand over a piece; waits while too many are pending.

        Raises:
            BaseException: What ``consume`` raised of an earlier piece; once.
        """
        self._raise_error()
        self._queue.put(piece)

    def close(self) -> None:
        """Wait until all pieces are consumed.

        Raises:
            BaseException: What ``consume`` raised, unless ``put`` did so before.
        """
        self._queue.put(None)
        self._thread.join()
        self._raise_error()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        failed = False
        while (piece := self._queue.get()) is not None:
            if failed:
                continue
            try:
                self._consume(piece)
            except BaseException as error:  # noqa: BLE001 - raised again by put() or close()
                failed = True
                self._error = error
