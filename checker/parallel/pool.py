"""Workers that check archives, each a fork of this process.

A fork has the settings and plugins that this process has loaded, and takes a millisecond. It is
made only while this process has one thread: a lock that another thread holds would stay locked in
the fork. Orders are given one at a time, so that it is known what a worker that died was doing.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from checker.parallel.channel import Inbox, Kind, Message
from checker.parallel.crossing import unpacked
from checker.parallel.worker import ORDER, SIGNALS, Check, Ends, Tell, work
from checker.records import NamedTuple
from checker.typing_names import Self

_THREADS = "/proc/self/task"
_LIBRARIES_FORBID_FORKS = "darwin"
_NO_MEMORY = "not enough memory; raise the limit of the process, or lower --limit and --jobs"
_WATCH_MILLISECONDS = 1000


class Lost(NamedTuple):
    """What became of an archive whose worker gave no result.

    Attributes:
        reason: Why, in words; None if the result could not be sent, and has to be made again.
    """

    reason: str | None


def can_fork() -> bool:
    """Whether this process can safely be copied: it has no other thread."""
    if sys.platform == _LIBRARIES_FORBID_FORKS or not hasattr(os, "fork"):
        return False
    try:
        return len(os.listdir(_THREADS)) == 1
    except OSError:
        return threading.active_count() == 1


class _Worker:
    """One worker, as this process sees it.

    Attributes:
        number: The archive that it is working on; None if it is idle.
    """

    def __init__(self, process: int, orders: int, messages: int) -> None:
        self.process = process
        self.orders = orders
        self.messages = messages
        self.inbox = Inbox(messages)
        self.number: int | None = None

    @property
    def descriptors(self) -> tuple[int, int]:
        return self.orders, self.messages

    def order(self, number: int, threads: int) -> None:
        self.number = number
        with suppress(OSError):  # it has died, which is seen when its messages end
            os.write(self.orders, ORDER.pack(number, threads))

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, which is not yet waited for."""
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self.process, look) is not None
        except ChildProcessError:
            return True

    def end(self) -> None:
        """End it, in the middle of an archive if need be."""
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        self.status()

    def status(self) -> int:
        """Close its pipes, and give its wait status once it has ended."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        return _wait_for(self.process)


def _wait_for(process: int) -> int:
    try:
        return os.waitpid(process, 0)[1]
    except ChildProcessError:  # somebody else has waited for it
        return 0


class Pool:
    """Processes that check archives; used as a context manager, which ends them.

    Args:
        count: The number of archives.
        jobs: Workers and their threads, all together, at most.
        check: Checks an archive; called in a worker.
        tell: Receives the progress of the archive whose result comes next; None to tell nobody.
        ahead: Results that may wait for those before them, at most; None for any number.
    """

    def __init__(
        self,
        count: int,
        jobs: int,
        check: Check,
        tell: Tell | None = None,
        ahead: int | None = None,
    ) -> None:
        self._count = count
        self._jobs = jobs
        self._most = min(jobs, count)
        self._check = check
        self._tell = tell
        self._ahead = count if ahead is None else max(ahead, self._most)
        self._pending = deque(range(count))
        self._workers: list[_Worker] = []
        self._results: dict[int, Message | Lost] = {}
        self._next = 0

    def __enter__(self) -> Self:
        """Give the pool, whose workers are started when results are asked for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all workers, in the middle of an archive if need be."""
        with _signals_later():
            while self._workers:
                self._workers.pop().end()

    def results(self) -> Iterator[object]:
        """The results in the order of the archives; ``Lost`` where there is none.

        Raises:
            Exception: A result cannot be unpacked.
        """
        for number in range(self._count):
            self._next = number
            while number not in self._results:
                self._advance()
            found = self._results.pop(number)
            if isinstance(found, Lost):
                yield found
                continue
            data = found.data
            del found
            yield unpacked(data)

    def _advance(self) -> None:
        """Give orders, then wait for messages; without workers, nothing can be done."""
        while self._pending and self._pending[0] < self._next + self._ahead:
            worker = self._idle() or self._start()
            if worker is None:
                break
            # The last archives of a run share the threads of those that are done.
            sharing = min(self._most, len(self._pending) + self._busy())
            worker.order(self._pending.popleft(), max(1, self._jobs // sharing))
        if not self._workers:
            self._results[self._pending.popleft()] = Lost(None)
            return
        for worker in self._wait():
            messages = worker.inbox.receive()
            if messages is None:
                self._bury(worker)
                continue
            for message in messages:
                self._take(worker, message)

    def _idle(self) -> _Worker | None:
        """A worker without an order; those that were killed meanwhile are no longer counted."""
        for worker in [each for each in self._workers if each.number is None]:
            if not worker.has_ended:
                return worker
            self._bury(worker)
        return None

    def _start(self) -> _Worker | None:
        """Start a worker.

        Returns:
            None if there are enough, or too many processes or open files, or not enough memory.
        """
        if len(self._workers) == self._most or not can_fork():
            return None
        _flush_streams()
        # Between the fork and the note of it, no signal may end this process.
        with _signals_later():
            worker = self._fork()
            if worker is not None:
                self._workers.append(worker)
        return worker

    def _fork(self) -> _Worker | None:
        pipes: list[int] = []
        try:
            pipes += os.pipe()
            pipes += os.pipe()
            process = os.fork()
        except OSError:
            for descriptor in pipes:
                os.close(descriptor)
            return None
        orders, give, messages, report = pipes
        if process == 0:
            others = [each for worker in self._workers for each in worker.descriptors]
            work(Ends(orders, report), [*others, give, messages], self._check)
        os.close(orders)
        os.close(report)
        return _Worker(process, give, messages)

    def _busy(self) -> int:
        return sum(worker.number is not None for worker in self._workers)

    def _wait(self) -> Sequence[_Worker]:
        """Wait until some workers have something to say, or have ended."""
        poll = select.poll()
        by_descriptor = {worker.messages: worker for worker in self._workers}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        ready = [by_descriptor[descriptor] for descriptor, _ in poll.poll(_WATCH_MILLISECONDS)]
        if not ready:
            # A process that a plugin has started may keep the pipe of a worker open.
            for worker in [each for each in self._workers if each.has_ended]:
                self._bury(worker)
        return ready

    def _take(self, worker: _Worker, message: Message) -> None:
        if message.kind is Kind.REACHED:
            if self._tell is not None and message.number == self._next:
                self._tell(unpacked(message.data))
            return
        worker.number = None
        self._results[message.number] = _result_of(message)
        if message.kind is Kind.NO_MEMORY:  # what has taken the memory may still have it
            self._workers.remove(worker)
            worker.end()

    def _bury(self, worker: _Worker) -> None:
        """Note what became of a worker that has ended, and of what it was doing."""
        self._workers.remove(worker)
        status = worker.status()
        if worker.number is not None:
            self._results[worker.number] = Lost(_words_of(status))


def _result_of(message: Message) -> Message | Lost:
    if message.kind is Kind.DONE:
        return message
    if message.kind is Kind.NO_MEMORY:
        return Lost(
            "not enough memory; raise the limit of the process, or lower --limit and --jobs"
        )
    return Lost(None)


def _words_of(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"the process that checked it ended with exit code {code}"
    name = _signal_name(-code)
    if -code == signal.SIGKILL:
        return (
            f"the process that checked it was killed ({name}), perhaps because memory was "
            "exhausted; check it with --jobs 1"
        )
    return f"the process that checked it was ended by a signal ({name})"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@contextmanager
def _signals_later() -> Iterator[None]:
    """Hold back the signals that end a run until something is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _flush_streams() -> None:
    """Write out what is buffered, of which the worker would have a copy."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
