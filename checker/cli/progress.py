"""Progress on standard error: one line, only on a terminal, and only for long reads.

The line is written here, since a library for it takes longer to import than some archives take to
read.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from types import TracebackType
from unicodedata import combining, east_asian_width

from checker.reading.meter import Activity, Reached
from checker.records import NamedTuple
from checker.reports.printable import printable
from checker.typing_names import Self

_PATIENCE = 0.5
_INTERVAL = 0.1
_RATE_SECONDS = 5.0
_LEAST_RATE_SECONDS = 0.5
_COLUMNS = 80
_LEAST_NAME = 8
_ERASE = "\r\x1b[K"
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_DUMB = "dumb"


class _Sample(NamedTuple):
    when: float
    done: int


class Progress:
    """Shows how far the reading has come, once the run takes long.

    One line is for all archives of a run. It is erased before anything else is written, and at the
    end, however that comes.

    Args:
        wanted: Whether to show anything.
        archives: The number of archives that will be read.
    """

    def __init__(self, *, wanted: bool, archives: int = 1) -> None:
        self._wanted = wanted and _is_terminal()
        self._archives = archives
        self._lock = Lock()
        self._next = time.monotonic() + _PATIENCE
        self._archive = ""
        self._activity = Activity.READING
        self._number = 0
        self._finished = 0
        self._samples: deque[_Sample] = deque()
        self._is_shown = False

    @property
    def watch(self) -> Callable[[Reached], None] | None:
        """What is to be told of the reading; None if nothing is shown."""
        return self._see if self._wanted else None

    def __enter__(self) -> Self:
        """Start the clock."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Erase the line, and show no other."""
        self._wanted = False
        self.erase()

    def finish_archive(self) -> None:
        """Note that an archive is finished, and erase the line."""
        with self._lock:
            self._finished += 1
        self.erase()

    def erase(self) -> None:
        """Erase the line, so that something else can be written; it comes back."""
        with self._lock:
            if self._is_shown:
                self._is_shown = False
                _write(_ERASE)

    def _see(self, reached: Reached) -> None:
        now = time.monotonic()
        with self._lock:
            is_next = self._is_shown and reached.activity != self._activity
            if (reached.archive, reached.activity) != (self._archive, self._activity):
                self._archive, self._activity = reached.archive, reached.activity
                self._number += 1
                self._samples.clear()
            if (now < self._next and not is_next) or not self._wanted:
                return
            self._next = now + _INTERVAL
            self._add(_Sample(now, reached.done))
            number = max(self._number, self._finished + 1)
            place = f" ({number} of {self._archives})" if self._archives > 1 else ""
            self._is_shown = True
            _write(f"{_ERASE}{line(reached, self._rate(), place, _columns() - 1)}")

    def _add(self, sample: _Sample) -> None:
        if self._samples and sample.done < self._samples[-1].done:  # another pass
            self._samples.clear()
        self._samples.append(sample)
        while self._samples[0].when < sample.when - _RATE_SECONDS:
            self._samples.popleft()

    def _rate(self) -> float | None:
        """Bytes in a second; None if that cannot be told yet."""
        first, last = self._samples[0], self._samples[-1]
        seconds = last.when - first.when
        return None if seconds < _LEAST_RATE_SECONDS else (last.done - first.done) / seconds


def line(reached: Reached, rate: float | None, place: str, columns: int) -> str:
    """What is shown, in so many columns.

    Args:
        reached: How far the reading has come.
        rate: Bytes in a second; None if that is not known.
        place: Which of several archives it is.
        columns: The most columns.
    """
    amount = _amount(reached)
    figures = [amount]
    if rate is not None:
        figures.append(f"{_bytes(rate)}/s")
    left = _time_left(reached, rate)
    if left is not None:
        figures.append(left)
    said = ", ".join(figures)
    room = columns - len(f"{reached.activity} {place}  {said}")
    if room < _LEAST_NAME:
        return _cut(f"{reached.activity} {amount}", columns)
    return f"{reached.activity} {_name(reached, room)}{place}  {said}"


def _name(reached: Reached, room: int) -> str:
    stream = "standard input" if reached.activity == Activity.READING else "standard output"
    archive = printable(stream if reached.archive == "-" else reached.archive)
    if not reached.part:
        return _cut(archive, room)
    archive = _cut(archive, max(_LEAST_NAME, room // 2))
    left = room - _width(archive) - len(": ")
    return f"{archive}: {_cut(printable(reached.part), left)}" if left >= _LEAST_NAME else archive


def _amount(reached: Reached) -> str:
    done = _bytes(reached.done)
    if not reached.total:
        return done
    share = min(100, 100 * reached.done // reached.total)
    return f"{done} of {_bytes(reached.total)} ({share}%)"


def _time_left(reached: Reached, rate: float | None) -> str | None:
    if not reached.total or rate is None or rate < 1:
        return None
    seconds = round((reached.total - reached.done) / rate)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{shown} left"


def _bytes(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == _UNITS[0] else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {_UNITS[-1]}"


def _width(text: str) -> int:
    """Columns of a printable text on a terminal."""
    return sum(map(_width_of, text))


def _width_of(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _cut(text: str, columns: int) -> str:
    """The text in so many columns, without its middle if it has more."""
    if _width(text) <= columns:
        return text
    end = text[max(0, len(text) - columns // 2) :]
    while _width(end) > columns // 2:
        end = end[1:]
    begin = text[:columns]
    while _width(begin) > columns - _width(end) - len("..."):
        begin = begin[:-1]
    return f"{begin}...{end}"


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != _DUMB


def _columns() -> int:
    # The terminal may be made wider or narrower while it is shown.
    with suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
        if columns > 0:
            return columns
    return _COLUMNS


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        encoding = sys.stderr.encoding or "ascii"
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stderr.flush()
