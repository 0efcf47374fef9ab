"""The first bytes of files that checks asked for, and the libraries that ELF files need."""

from __future__ import annotations

from functools import partial

from checker.isolation import Steps
from checker.model.content import ContentPlan
from checker.model.limits import LimitReached, Limits
from checker.reading.elf import MAGIC as ELF_MAGIC
from checker.reading.elf import find_dynamic, needed_libraries
from checker.reading.tar.anomalies import AnomalyLog
from checker.reading.tar.cursor import Cursor, padded
from checker.reading.tar.header import Header
from checker.reading.tar.table import EntryTable

# Of an executable that no longer fits the limit on content: class, byte order and machine of ELF.
_IDENT = 20
# Of an ELF file whose libraries are asked for: what mostly has their names.
_FRONT = 256 * 1024
_EXECUTABLE = 0o111
_ELF_STEP = "reading the libraries of an ELF file"


class Contents:
    """Collects content in passing.

    Args:
        plan: Which files' first bytes to keep.
        limits: Bounds on content.
        table: The entries.
        cursor: What comes next in the stream.
        log: Where a limit is noted.

    Attributes:
        kept: The first bytes, by position of the entry.
        needed: Names of the libraries that ELF executables need, by position.
    """

    def __init__(
        self,
        plan: ContentPlan,
        limits: Limits,
        table: EntryTable,
        cursor: Cursor,
        log: AnomalyLog,
    ) -> None:
        self.kept: dict[int, bytes] = {}
        self.needed: dict[int, tuple[str, ...]] = {}
        self._plan = plan
        self._limit = limits.content
        self._left = limits.content
        self._table = table
        self._entries = table.entries
        self._cursor = cursor
        self._log = log
        self._steps = Steps()

    @property
    def crashes(self) -> tuple[str, ...]:
        """The steps that failed, one line each."""
        return self._steps.crashes

    def wanted(self, position: int, header: Header) -> int:
        """How many bytes of a file to keep, at most its size."""
        plan = self._plan
        path = self._entries.paths[position]
        wanted = plan.paths.get(path, 0)
        if plan.endings and path[path.rfind("/") + 1 :] in plan.endings:
            wanted = max(wanted, plan.by_ending(path))
        if header.mode & _EXECUTABLE and plan.executables > wanted:
            wanted = plan.executables
        if not wanted:
            return 0
        wanted = min(wanted, header.size)
        if self._left < wanted:
            self._note_limit(position)
            return min(_IDENT, header.size)
        self._left -= wanted
        return wanted

    def _note_limit(self, position: int) -> None:
        self._log.note_limit(
            LimitReached(
                limit="content",
                value=self._limit,
                what="the content of further files was not read completely",
                offset=self._entries.offsets[position],
            ),
        )

    def collect(self, position: int, wanted: int, size: int) -> None:
        """Keep the next bytes.

        Args:
            position: Position of the entry whose content comes next.
            wanted: How many bytes of it to keep.
            size: How many bytes it has.
        """

        def keep(content: bytes) -> None:
            self.kept[position] = content
            self._cursor.skip = padded(size) - wanted
            if self._plan.libraries and content.startswith(ELF_MAGIC):
                self._seek_libraries(position, content, padded(size))

        self._cursor.collect(wanted, keep)

    def _seek_libraries(self, position: int, head: bytes, stored: int) -> None:
        """Look at more of an ELF file: at its beginning, and at its dynamic section."""
        cursor = self._cursor
        place = self._steps.run(_ELF_STEP, lambda: find_dynamic(head), None)
        if place is None or place.end > self._entries.sizes[position]:
            return
        wanted = place.end if place.end <= _FRONT else min(place.offset, _FRONT)
        front_end = max(len(head), wanted)

        def take_front(rest: bytes) -> None:
            front = head + rest
            cursor.skip = stored - front_end
            if place.end <= front_end:
                self._note_libraries(position, front, front[place.offset : place.end])
            elif place.offset >= front_end:
                cursor.collect(place.length, partial(take_dynamic, front), place.offset - front_end)

        def take_dynamic(front: bytes, section: bytes) -> None:
            cursor.skip = stored - place.end
            self._note_libraries(position, front, section)

        cursor.collect(front_end - len(head), take_front)

    def _note_libraries(self, position: int, front: bytes, section: bytes) -> None:
        needed = self._steps.run(_ELF_STEP, lambda: needed_libraries(front, section), None)
        if needed is not None:
            self._table.spend(sum(map(len, needed)), self._entries.offsets[position])
            self.needed[position] = needed
