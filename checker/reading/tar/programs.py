"""What ELF files in a tar need to start, from parts of them that are read or that pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.isolation import Steps
from checker.model.elf import ElfFile
from checker.reading.elf import ElfReading, Part, read_elf
from checker.reading.tar.cursor import Cursor, padded
from checker.reading.tar.seeking import ReadAt, read_whole
from checker.reading.tar.table import EntryTable

FRONT = 256 * 1024
"""Of a file in a stream, so many of the first bytes are kept as long as it is read.

There mostly are the names of the libraries, and what refers to them comes later.
"""

_STEP = "reading the libraries of an ELF file"


class Programs:
    """Reads the ELF files of a tar.

    Args:
        table: The entries.
        cursor: What comes next in the stream.

    Attributes:
        found: What was read, by position of the entry.
    """

    def __init__(self, table: EntryTable, cursor: Cursor) -> None:
        self.found: dict[int, ElfFile] = {}
        self._table = table
        self._cursor = cursor
        self._steps = Steps()

    @property
    def crashes(self) -> tuple[str, ...]:
        """The steps that failed, one line each."""
        return self._steps.crashes

    def read(self, position: int, head: bytes, size: int, read: ReadAt) -> None:
        """Read a file of which any part can be read, unless the tar ends before its end.

        Args:
            position: Position of its entry.
            head: Its first bytes.
            size: Its size in bytes.
            read: Reads a part of the file, or what is there of it.

        Raises:
            WalkEnded: There is too much text in it.
        """
        reading = self._begin(head, size)
        content: bytes | None = None
        while True:
            try:
                part = reading.send(content)
            except StopIteration as done:
                self._note(position, done.value)
                return
            part = _within(part, size)
            found = read(*part)
            content = found if len(found) == part.length else None

    def read_passing(self, position: int, head: bytes, size: int, read: ReadAt | None) -> None:
        """Read a file whose first bytes have just passed.

        Args:
            position: Position of its entry.
            head: Its first bytes.
            size: Its size in bytes.
            read: Reads any part of what is walked; None if that passes once.

        Raises:
            WalkEnded: There is too much text in it.
        """
        if read is None:
            self._pass(self._cursor, position, head, size)
            return
        start = self._cursor.content_start
        self.read(position, head, size, lambda at, count: read_whole(read, start + at, count))

    def read_passed(self, position: int, head: bytes, content: bytes) -> None:
        """Read a file that has passed as a whole, as if it came in pieces.

        Args:
            position: Position of its entry.
            head: Its first bytes.
            content: All of it.

        Raises:
            WalkEnded: There is too much text in it.
        """
        cursor = Cursor()
        self._pass(cursor, position, head, len(content))
        cursor.pass_by(content, len(head))

    def _pass(self, cursor: Cursor, position: int, head: bytes, size: int) -> None:
        reading = self._begin(head, size)
        _Passing(cursor, head, size, reading, partial(self._note, position)).go_on(None)

    def _begin(self, head: bytes, size: int) -> ElfReading:
        return self._steps.go_through(_STEP, read_elf(head, size))

    def _note(self, position: int, found: ElfFile | None) -> None:
        if found is not None:
            self._table.spend(_text_size(found), self._table.entries.offsets[position])
            self.found[position] = found


def _text_size(found: ElfFile) -> int:
    texts = (found.interpreter, found.soname, found.rpath, found.runpath, *(found.needed or ()))
    return len("".join(filter(None, texts)))


class _Passing:
    """Reads an ELF file that passes once.

    Args:
        cursor: What comes next in the stream.
        head: The first bytes of the file, which have passed.
        size: Its size in bytes.
        reading: Asks for parts of it.
        note: Takes the result.
    """

    def __init__(
        self,
        cursor: Cursor,
        head: bytes,
        size: int,
        reading: ElfReading,
        note: Callable[[ElfFile | None], None],
    ) -> None:
        self._reading = reading
        self._cursor = cursor
        self._front = head
        self._here = len(head)
        self._size = size
        self._note = note

    def go_on(self, content: bytes | None) -> None:
        """Hand over the parts that are asked for, until one has yet to pass.

        Args:
            content: The first of them; None if it is gone, and if none was asked for yet.
        """
        while True:
            try:
                part = self._reading.send(content)
            except StopIteration as done:
                self._note(done.value)
                return
            part = _within(part, self._size)
            if self._is_ahead(part):
                self._await(part)
                return
            content = self._passed(part)

    @property
    def _has_all(self) -> bool:
        """Whether all that passed was kept."""
        return len(self._front) == self._here

    def _is_ahead(self, part: Part) -> bool:
        """Whether the end of a part has yet to pass, and its beginning can still be had."""
        is_within_reach = part.offset >= self._here or self._has_all
        return part.length > 0 and is_within_reach and part.offset + part.length > self._here

    def _passed(self, part: Part) -> bytes | None:
        """A part of what passed, as far as it was kept; None if nothing of it was."""
        if part.length and part.offset >= len(self._front):
            return None
        return self._front[part.offset : part.offset + part.length]

    def _await(self, part: Part) -> None:
        """Collect a part, and before it as much of the beginning of the file as is kept."""
        end = part.offset + part.length
        if self._has_all and part.offset <= self._here:
            self._keep(end - self._here, lambda: self.go_on(self._passed(part)))
        elif self._has_all and self._here < FRONT:
            missing = min(part.offset, FRONT) - self._here
            self._keep(missing, lambda: self._await(part))
        else:
            self._jump(part)

    def _keep(self, count: int, proceed: Callable[[], None]) -> None:
        """Keep the next bytes as well."""

        def take(content: bytes) -> None:
            self._front += content
            self._arrive(self._here + count)
            proceed()

        self._cursor.collect(count, take, cut=self._see_cut)

    def _jump(self, part: Part) -> None:
        """Skip what is before a part."""

        def take(content: bytes) -> None:
            self._arrive(part.offset + part.length)
            self.go_on(content)

        self._cursor.collect(part.length, take, part.offset - self._here, self._see_cut)

    def _see_cut(self, _content: bytes) -> None:
        """The tar ends before the end of the part that is awaited."""
        self.go_on(None)

    def _arrive(self, here: int) -> None:
        """So much of the file has passed; the rest is skipped unless more is collected."""
        self._here = here
        self._cursor.skip = padded(self._size) - here


def _within(part: Part, size: int) -> Part:
    """What of a part is in a file of some size."""
    offset = min(part.offset, size)
    return Part(offset, min(part.length, size - offset))
