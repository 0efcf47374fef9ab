"""The first bytes of files that checks asked for, and what ELF files need to start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.isolation import Steps
from checker.model.content import ContentPlan
from checker.model.elf import ELF_MAGIC, ElfFile
from checker.model.limits import LimitReached, Limits
from checker.model.text_files import searched
from checker.reading.elf import HEAD_SIZE, ElfReading, Part, read_elf
from checker.reading.tar.anomalies import AnomalyLog
from checker.reading.tar.cursor import Cursor, padded
from checker.reading.tar.header import BLOCK
from checker.reading.tar.table import EntryTable
from checker.reading.tar.texts import TextSearch, is_text_file
from checker.records import NamedTuple

# Of an executable that no longer fits the limit on content: class, byte order and machine of ELF.
_IDENT = 20
# Of an ELF file in a stream, so much of its beginning is kept, as long as it is read: there mostly
# are the names of the libraries, and what refers to them comes later.
_FRONT = 256 * 1024
_EXECUTABLE = 0o111
_ELF_STEP = "reading the libraries of an ELF file"


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
        elf_files: What was read of ELF files, by position.
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
        self.elf_files: dict[int, ElfFile] = {}
        self.read: Callable[[int, int], bytes] | None = None
        self._plan = plan
        self._limit = limits.content
        self._left = limits.content
        self._table = table
        self._entries = table.entries
        self._cursor = cursor
        self._log = log
        self._steps = Steps()
        self._search = TextSearch(limits) if plan.secrets else None

    @property
    def crashes(self) -> tuple[str, ...]:
        """The steps that failed, one line each."""
        return self._steps.crashes

    @property
    def unsearched(self) -> LimitReached | None:
        """The limit because of which text files were not searched for secrets."""
        return None if self._search is None else self._search.reached

    def wanted(self, position: int, mode: int, size: int) -> Wanted:
        """What is wanted of a file, at most all of it."""
        plan = self._plan
        path = self._entries.paths[position]
        kept = plan.paths.get(path, 0)
        if plan.endings and path[path.rfind("/") + 1 :] in plan.endings:
            kept = max(kept, plan.by_ending(path))
        if plan.below:
            kept = max(kept, plan.by_directory(path))
        if mode & _EXECUTABLE:
            kept = max(kept, plan.executables)
            is_program = plan.libraries
        else:
            is_program = plan.libraries and ".so" in path and _is_library(path)
        is_searched = self._is_searched(position, size)
        if not kept and not is_program:
            return Wanted(0, size, is_program=False, is_searched=True) if is_searched else NOTHING
        kept = self._afforded(position, min(kept or _IDENT, size))
        collected = max(kept, min(HEAD_SIZE, size)) if is_program else kept
        return Wanted(kept, size if is_searched else collected, is_program, is_searched)

    def _is_searched(self, position: int, size: int) -> bool:
        search, entries = self._search, self._entries
        if search is None or not is_text_file(entries.paths[position], size):
            return False
        return search.takes(size, entries.offsets[position])

    def search(self, first: int, data: bytes, start: int) -> None:
        """Search the files of rows for secrets, except the last, of which not all may be there.

        Args:
            first: Position of the entry of the first row.
            data: A part of the tar with these files.
            start: Byte offset of it in the tar.
        """
        search, entries = self._search, self._entries
        if search is None or search.reached is not None:
            return
        sizes, offsets = entries.sizes, entries.offsets
        found = searched(entries.paths[first:-1], sizes[first:-1], first)
        before = start - BLOCK
        contents = [
            data[(at := offsets[position] - before) : at + sizes[position]] for position in found
        ]
        for number in search.search(contents, found, offsets):
            self.kept[found[number]] = contents[number]

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

        Args:
            position: Position of the entry whose content comes next.
            wanted: What of it is wanted.
            size: How many bytes it has.
        """

        def keep(content: bytes) -> None:
            if wanted.kept:
                self.kept[position] = content[: wanted.kept]
            if wanted.is_searched and self._search and self._search.has_secrets(content):
                self.kept[position] = content
            self._cursor.skip = padded(size) - len(content)
            if wanted.is_program and content.startswith(ELF_MAGIC):
                self._read_elf(position, content, size)

        self._cursor.collect(wanted.collected, keep)

    def _read_elf(self, position: int, head: bytes, size: int) -> None:
        note = partial(self._note, position)
        reading = self._steps.go_through(_ELF_STEP, read_elf(head, size))
        if self.read is None:
            _Passing(self._cursor, head, size, note).go_on(reading, None)
        else:
            start = self._cursor.content_start
            note(_read_at_once(reading, size, partial(_read_from, self.read, start)))

    def _note(self, position: int, found: ElfFile | None) -> None:
        if found is not None:
            self._table.spend(_text_size(found), self._entries.offsets[position])
            self.elf_files[position] = found


def _is_library(path: str) -> bool:
    """Whether a file has the name of a shared library: ``libz.so.1``, ``ld-2.31.so``."""
    base = path[path.rfind("/") + 1 :]
    return base.startswith(("lib", "ld")) and (base.endswith(".so") or ".so." in base)


def _text_size(found: ElfFile) -> int:
    texts = (found.interpreter, found.soname, found.rpath, found.runpath, *(found.needed or ()))
    return sum(len(text) for text in texts if text)


def _read_from(read: Callable[[int, int], bytes], start: int, part: Part) -> bytes:
    return read(start + part.offset, part.length) if part.length else b""


def _read_at_once(reading: ElfReading, size: int, read: Callable[[Part], bytes]) -> ElfFile | None:
    """Read an ELF file of a size in bytes, of which any part can be read."""
    content: bytes | None = None
    while True:
        try:
            part = reading.send(content)
        except StopIteration as done:
            found: ElfFile | None = done.value
            return found
        content = read(within(part, size))


class _Passing:
    """Reads an ELF file that passes once.

    Args:
        cursor: What comes next in the stream.
        head: The first bytes of the file, which have passed.
        size: Its size in bytes.
        note: Takes the result.
    """

    def __init__(
        self, cursor: Cursor, head: bytes, size: int, note: Callable[[ElfFile | None], None]
    ) -> None:
        self._cursor = cursor
        self._front = head
        self._here = len(head)
        self._size = size
        self._note = note

    def go_on(self, reading: ElfReading, content: bytes | None) -> None:
        """Hand over the parts that are asked for, until one has yet to pass."""
        while True:
            try:
                part = reading.send(content)
            except StopIteration as done:
                self._note(done.value)
                return
            part = within(part, self._size)
            if self._is_ahead(part):
                self._await(reading, part)
                return
            content = self._passed(part)

    @property
    def _has_all(self) -> bool:
        """Whether all that passed was kept."""
        return len(self._front) == self._here

    def _is_ahead(self, part: Part) -> bool:
        """Whether the end of a part has yet to pass, and its beginning can still be had."""
        is_within_reach = part.offset >= self._here or self._has_all
        return is_within_reach and part.offset + part.length > self._here

    def _passed(self, part: Part) -> bytes | None:
        """A part of what passed, as far as it was kept; None if nothing of it was."""
        if part.length and part.offset >= len(self._front):
            return None
        return self._front[part.offset : part.offset + part.length]

    def _await(self, reading: ElfReading, part: Part) -> None:
        """Collect a part, and before it as much of the beginning of the file as is kept."""
        end = part.offset + part.length
        if self._has_all and part.offset <= self._here:
            self._keep(end - self._here, lambda: self.go_on(reading, self._passed(part)))
        elif self._has_all and self._here < _FRONT:
            missing = min(part.offset, _FRONT) - self._here
            self._keep(missing, lambda: self._await(reading, part))
        else:
            self._jump(part, partial(self.go_on, reading))

    def _keep(self, count: int, proceed: Callable[[], None]) -> None:
        """Keep the next bytes as well."""

        def take(content: bytes) -> None:
            self._front += content
            self._arrive(self._here + count)
            proceed()

        self._cursor.collect(count, take)

    def _jump(self, part: Part, proceed: Callable[[bytes], None]) -> None:
        """Skip what is before a part."""

        def take(content: bytes) -> None:
            self._arrive(part.offset + part.length)
            proceed(content)

        self._cursor.collect(part.length, take, part.offset - self._here)

    def _arrive(self, here: int) -> None:
        """So much of the file has passed; the rest is skipped unless more is collected."""
        self._here = here
        self._cursor.skip = padded(self._size) - here


def within(part: Part, size: int) -> Part:
    """What of a part is in a file of some size."""
    offset = min(part.offset, size)
    return Part(offset, min(part.length, size - offset))
