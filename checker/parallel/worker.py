"""What a worker does: takes numbers of archives, and sends a message for each."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from struct import Struct
from threading import Thread

from checker.parallel.channel import Kind, Message, send
from checker.parallel.crossing import packed
from checker.reading.meter import Reached
from checker.records import NamedTuple
from checker.typing_names import NoReturn, TypeAlias

Tell: TypeAlias = Callable[[Reached], None]
"""Receives how far the reading has come."""

Check: TypeAlias = Callable[[int, int, Tell], object]
"""Checks one archive: its number, threads for it, and what receives the progress."""

ORDER = Struct("<II")
"""An order for a worker: the number of an archive, and threads for it."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAILED = 1


class Ends(NamedTuple):
    """The ends of pipes that a worker has.

    Attributes:
        orders: Where its orders come from; at its end the worker ends.
        messages: Where its messages go.
    """

    orders: int
    messages: int


def work(ends: Ends, others: Iterable[int], check: Check) -> NoReturn:
    """Work until there are no more orders, or the process that gives them has ended.

    Signals are blocked when this is called. The process ends here: nothing of what it is a copy of
    goes on.

    Args:
        ends: Its ends of pipes.
        others: Descriptors that only the other process uses.
        check: Checks an archive.
    """
    try:
        _leave_signals_to_the_other()
        for descriptor in others:
            os.close(descriptor)
        Thread(target=_end_with_the_other, args=(ends.orders,), daemon=True).start()
        while order := os.read(ends.orders, ORDER.size):
            number, threads = ORDER.unpack(order)
            message = _message(number, threads, check, ends)
            _flush()
            send(ends.messages, message)
        os._exit(0)
    finally:
        os._exit(_FAILED)


def _message(number: int, threads: int, check: Check, ends: Ends) -> Message:
    tell = partial(_tell, ends.messages, number)
    try:
        return Message(Kind.DONE, number, packed(check(number, threads, tell)))
    except MemoryError:
        return Message(Kind.NO_MEMORY, number)
    except Exception:  # noqa: BLE001 - the other process meets it again, and says what it is
        return Message(Kind.UNDELIVERED, number)


def _tell(descriptor: int, number: int, reached: Reached) -> None:
    send(descriptor, Message(Kind.REACHED, number, packed(reached)))


def _leave_signals_to_the_other() -> None:
    """Ignore Ctrl-C, which the terminal sends to all processes; the other one ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in SIGNALS[1:]:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _end_with_the_other(orders: int) -> None:
    """End the process as soon as nobody can give it orders, in the middle of an archive."""
    poll = select.poll()
    poll.register(orders, 0)  # only the hang-up, which is always told
    poll.poll()
    os._exit(_FAILED)


def _flush() -> None:
    """Write out what plugins have printed, which would be lost at the end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
