"""Tells how much of the result of a conversion is written.

Layers are compressed by several threads, and copied by the kernel where it can do that, so nothing
passes one place where it could be counted. The size of what is written is looked at instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from checker.reading.meter import Meter

_INTERVAL = 0.05


@contextmanager
def watched(size: Callable[[], int], meter: Meter) -> Iterator[None]:
    """Tell of the size of something while it is written.

    Args:
        size: Gives the bytes that are written; called by another thread, it may raise OSError.
        meter: Is told of them.

    Raises:
        BaseException: What was raised by whom the meter tells, once everything is written.
    """
    if not meter.is_heard:
        yield
        return
    meter.begin(None)
    is_written = Event()
    thread = Thread(target=_follow, args=(size, meter, is_written), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_written.set()
        thread.join()
    meter.check()
    meter.end()


def _follow(size: Callable[[], int], meter: Meter, is_written: Event) -> None:
    seen = 0
    while not is_written.wait(_INTERVAL):
        seen = _count(size, meter, seen)
    _count(size, meter, seen)


def _count(size: Callable[[], int], meter: Meter, seen: int) -> int:
    """Count what was written since; the meter keeps what is raised by whom it tells."""
    with suppress(BaseException):
        now = size()
        meter.count(max(0, now - seen), "")
        return max(now, seen)
    return seen
