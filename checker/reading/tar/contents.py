"""The first bytes of files that checks asked for, and which files are read further."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter

from checker.model.content import ContentPlan
from checker.model.elf import ELF_MAGIC, ElfFile
from checker.model.entries import with_bits
from checker.model.limits import LimitReached, Limits
from checker.model.text_files import searched_by_path, searched_by_size
from checker.reading.elf import HEAD_SIZE, MOST_TEXT
from checker.reading.tar.anomalies import AnomalyLog
from checker.reading.tar.cursor import Cursor, padded
from checker.reading.tar.header import BLOCK, REGULAR_TYPE
from checker.reading.tar.programs import FRONT, Programs
from checker.reading.tar.seeking import ReadAt, read_whole
from checker.reading.tar.table import EntryTable, PlainRows
from checker.reading.tar.texts import TextSearch, is_text_file
from checker.records import NamedTuple

# Of an executable that no longer fits the limit on content: class, byte order and machine of ELF.
_IDENT = 20
_EXECUTABLE = 0o111
# Of what the plan names, so many of the last characters are compared first.
_END = 3
_end_of = itemgetter(slice(-_END, None))


class Wanted(NamedTuple):
    """What is wanted of a file.

    Attributes:
        kept: Its first bytes that are kept.
        collected: Its first bytes that are looked at.
        is_program: Whether it may be an ELF file of which more is wanted.
        is_searched: Whether it is searched for secrets.
    """

    kept: int
    collected: int
    is_program: bool
    is_searched: bool = False


NOTHING = Wanted(0, 0, is_program=False)


class Passed(NamedTuple):
    """A part of a tar that passed.

    Attributes:
        data: The bytes.
        start: Byte offset of them in the tar.
    """

    data: bytes
    start: int


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
        read: Reads any part of the tar at once; None if it passes once.
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
        self.read: ReadAt | None = None
        self._plan = plan
        self._limit = limits.content
        self._left = limits.content
        self._table = table
        self._entries = table.entries
        self._cursor = cursor
        self._log = log
        self._programs = Programs(table, cursor)
        self._search = TextSearch(limits) if plan.secrets else None
        self._names_shorter = any(len(name) < _END for name in plan.endings)

    # Most tars have no plain rows, or few.
    @cached_property
    def _ends(self) -> frozenset[str]:
        """The last characters of what the plan names."""
        return frozenset(map(_end_of, (*self._plan.paths, *self._plan.endings)))

    @property
    def crashes(self) -> tuple[str, ...]:
        """The steps that failed, one line each."""
        return self._programs.crashes

    @property
    def elf_files(self) -> Mapping[int, ElfFile]:
        """What was read of ELF files, by position."""
        return self._programs.found

    @property
    def unsearched(self) -> LimitReached | None:
        """The limit because of which text files were not searched for secrets."""
        return None if self._search is None else self._search.reached

    def wanted(self, position: int, mode: int, size: int) -> Wanted:
        """What is wanted of a file, at most all of it."""
        kept, is_program = self._meant(self._entries.paths[position], mode)
        is_searched = self._is_searched(position, size)
        if not kept and not is_program:
            return Wanted(0, size, is_program=False, is_searched=True) if is_searched else NOTHING
        kept, collected = self._extent(position, kept, size, is_program=is_program)
        return Wanted(kept, size if is_searched else collected, is_program, is_searched)

    def _meant(self, path: str, mode: int) -> tuple[int, bool]:
        """How many bytes of a file are meant, and whether more of it is wanted if it is ELF."""
        plan = self._plan
        kept = plan.paths.get(path, 0)
        if plan.endings and path[path.rfind("/") + 1 :] in plan.endings:
            kept = max(kept, plan.by_ending(path))
        if plan.below:
            kept = max(kept, plan.by_directory(path))
        if mode & _EXECUTABLE:
            return max(kept, plan.executables), plan.libraries
        return kept, plan.libraries and ".so" in path and _is_library(path)

    def _extent(self, position: int, kept: int, size: int, *, is_program: bool) -> tuple[int, int]:
        """How many bytes of a file that is meant are kept, and how many are looked at."""
        kept = self._afforded(position, min(kept or _IDENT, size))
        return kept, max(kept, min(HEAD_SIZE, size)) if is_program else kept

    def _is_searched(self, position: int, size: int) -> bool:
        search, entries = self._search, self._entries
        if search is None or not is_text_file(entries.paths[position], size):
            return False
        return search.takes(size, entries.offsets[position])

    def _has_secrets(self, position: int, content: bytes) -> bool:
        search = self._search
        return search is not None and search.has_secrets(content, self._entries.offsets[position])

    def take_rows(self, rows: PlainRows, passed: Passed) -> None:
        """Add rows to the table, and take what is wanted of their files.

        That of the last file is not taken, as not all of it may have passed.

        Args:
            rows: The rows.
            passed: A part of the tar with all these files, unless any part of it can be read.

        Raises:
            WalkEnded: What is read of ELF files exceeds a limit.
        """
        files = len(rows.kinds) - 1
        for part in rows.parts(self._most_together(rows)):
            first = len(self._entries)
            self._table.extend(part)
            self._take_files(part, self._entries.paths[first : first + files], first, passed)
            files -= len(part.kinds)

    def _most_together(self, rows: PlainRows) -> int:
        """How many rows may be added before their ELF files are read.

        Where these may exceed a limit, the table ends with the row whose file does.
        """
        count = len(rows.kinds)
        most = (self._table.room.name_bytes - rows.pax.xattr_bytes) // MOST_TEXT
        if count <= most or not self._plan.libraries:
            return count
        executables = sum(1 for _ in with_bits(rows.modes, _EXECUTABLE))
        return count if executables + rows.names.count(b".so") <= most else 1

    def _take_files(
        self, rows: PlainRows, paths: Sequence[str], first: int, passed: Passed
    ) -> None:
        """Take what is wanted of the files of rows.

        Args:
            rows: The rows, and perhaps more of them.
            paths: Their paths.
            first: Position of the entry of the first row.
            passed: As above.
        """
        kept: dict[int, bytes] = {}
        programs: list[tuple[int, bytes]] = []
        for number in self._maybe_meant(rows, paths):
            meant, is_program = self._meant(paths[number], rows.modes[number])
            if not meant and not is_program:
                continue
            position = first + number
            count, collected = self._extent(
                position, meant, rows.sizes[number], is_program=is_program
            )
            content = self._at(rows.offsets[number] + BLOCK, collected, passed)
            kept[position] = content[:count]
            if is_program and content.startswith(ELF_MAGIC):
                programs.append((position, content))
        for number, content in self._secrets(rows, paths, passed):
            kept[first + number] = content
        self.kept.update(sorted(kept.items()))
        for position, head in programs:
            self._read_program(position, head, passed)

    def _maybe_meant(self, rows: PlainRows, paths: Sequence[str]) -> Sequence[int]:
        """Numbers, in order, of some files, among which are all that are meant."""
        if rows.meant is not None:
            return rows.meant[: bisect_left(rows.meant, len(paths))]
        plan = self._plan
        found: set[int] = set()
        found.update(
            number
            for number in self._maybe_named(paths)
            if (path := paths[number]) in plan.paths or path.rpartition("/")[2] in plan.endings
        )
        if plan.executables or plan.libraries:
            found.update(with_bits(rows.modes[: len(paths)], _EXECUTABLE))
        if plan.libraries and b".so" in rows.names:
            found.update(i for i, path in enumerate(paths) if ".so" in path)
        if plan.below:
            tops = tuple(f"{top}/" for top in plan.below)
            found.update(i for i, path in enumerate(paths) if path.startswith(tops))
        return sorted(i for i in found if rows.kinds[i] == REGULAR_TYPE and rows.sizes[i])

    def _maybe_named(self, paths: Sequence[str]) -> Sequence[int]:
        """Numbers of some files, among which are all that the plan names."""
        if self._names_shorter:
            return range(len(paths))
        ends = self._ends
        return [number for number, end in enumerate(map(_end_of, paths)) if end in ends]

    def _secrets(
        self, rows: PlainRows, paths: Sequence[str], passed: Passed
    ) -> Iterator[tuple[int, bytes]]:
        """The files with secrets, by the numbers of their rows."""
        search, sizes, offsets = self._search, rows.sizes, rows.offsets
        if search is None or search.reached is not None:
            return iter(())

        def content_of(number: int) -> bytes:
            return self._at(offsets[number] + BLOCK, sizes[number], passed)

        numbers = searched_by_size(sizes) if rows.texts is None else rows.texts
        numbers = numbers[: bisect_left(numbers, len(paths))]
        return search.search(searched_by_path(paths, numbers), offsets, content_of)

    def _at(self, offset: int, size: int, passed: Passed) -> bytes:
        """Bytes of the tar that passed, or that can be read."""
        start = offset - passed.start
        end = start + size
        if self.read is not None and (start < 0 or end > len(passed.data)):
            return read_whole(self.read, offset, size)
        return passed.data[start:end]

    def _read_program(self, position: int, head: bytes, passed: Passed) -> None:
        size, start = self._entries.sizes[position], self._entries.offsets[position] + BLOCK
        if self.read is None and size > FRONT:
            self._programs.read_passed(position, head, self._at(start, size, passed))
        else:
            self._programs.read(
                position, head, size, lambda offset, count: self._at(start + offset, count, passed)
            )

    def _afforded(self, position: int, wanted: int) -> int:
        """How many bytes of a file are kept, within the limit."""
        if self._left < wanted:
            self._note_limit(position)
            return min(_IDENT, wanted)
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

    def collect(self, position: int, wanted: Wanted, size: int) -> None:
        """Look at the next bytes.

        If the tar ends within them, that is told for which all bytes are there that it needs.

        Args:
            position: Position of the entry whose content comes next.
            wanted: What of it is wanted.
            size: How many bytes it has.
        """

        def keep(content: bytes) -> None:
            if wanted.kept:
                self.kept[position] = content[: wanted.kept]
            if wanted.is_searched and self._has_secrets(position, content):
                self.kept[position] = content
            self._cursor.skip = padded(size) - len(content)
            if wanted.is_program and content.startswith(ELF_MAGIC):
                self._programs.read_passing(position, content, size, self.read)

        def keep_some(content: bytes) -> None:
            if 0 < wanted.kept <= len(content):
                self.kept[position] = content[: wanted.kept]
            has_head = len(content) >= HEAD_SIZE and content.startswith(ELF_MAGIC)
            if wanted.is_program and has_head:
                self._programs.read(
                    position, content, size, lambda at, count: content[at : at + count]
                )

        self._cursor.collect(wanted.collected, keep, cut=keep_some)


def _is_library(path: str) -> bool:
    """Whether a file has the name of a shared library: ``libz.so.1``, ``ld-2.31.so``."""
    base = path[path.rfind("/") + 1 :]
    return base.startswith(("lib", "ld")) and (base.endswith(".so") or ".so." in base)
