"""The entries that GNU tar finds in a tar (1.34, list.c, read_and; sparse.c; buffer.c)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from enum import Enum, auto

from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    DIRECTORY,
    FIFO,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    SYMLINK,
)
from checker.model.raw_tar import RawTar
from checker.records import NamedTuple
from checker_engines.unpackers.gnu_numbers import Numbers, Said, checksum_of
from checker_engines.unpackers.gnu_pax import (
    GLOBAL_ONLY,
    Facts,
    NoMemoryError,
    Record,
    records_of,
)
from checker_engines.unpackers.gnu_sparse import Map, WrongMap, pax_map, table_map
from checker_engines.unpackers.members import Member, Remark, Step, errors_in

NOT_A_TAR = "This does not look like a tar archive"
SKIPPING = "Skipping to next header"
EOF = "Unexpected EOF in archive"
_NO_MEMORY = "memory exhausted"
_NOT_AT_RECORD = "rmtlseek not stopped at a record boundary"
_BLOCK, _RECORD = 512, 20 * 512
_ZEROS = bytes(_BLOCK)
_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL, _SOLARIS = "L", "K", "x", "g", "X"
_DUMP_DIRECTORY, _VOLUME, _VOLUME_LABEL = "D", "M", "V"
_EXTENSIONS = frozenset({_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL, _SOLARIS})
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE})
_NOT_SKIPPED = frozenset({SYMLINK, HARD_LINK, *_NODES, FIFO, DIRECTORY})
_FILES = frozenset({REGULAR, "\0", CONTIGUOUS})
_SETS_ONCE = _NOT_SKIPPED | {REGULAR, _DUMP_DIRECTORY}
_LARGEST = 1 << 40
_LARGEST_FILE = 1 << 44
"""Of ext4, beyond which a file cannot be sought."""


class _Status(Enum):
    """What is at the place of a header (enum read_header)."""

    UNREAD = auto()
    SUCCESS = auto()
    ZERO = auto()
    END = auto()
    FAILURE = auto()


class _Format(Enum):
    V7 = auto()
    USTAR = auto()
    POSIX = auto()
    STAR = auto()
    GNU = auto()


class _Fatal(Exception):  # noqa: N818 - what the program reports
    """It ends at once: the message."""


class _Header(NamedTuple):
    """The header of an entry, and the extension headers before it."""

    block: bytes
    size: int
    long_name: bytes | None
    long_link: bytes | None
    records: bytes | None


class Input(NamedTuple):
    """How the program is given a tar.

    Attributes:
        is_seekable: Whether it is a file, not a pipe.
        is_checked: Whether it is looked at before it is read, as what a decompressor writes is not.
        ignores_zeros: Whether blocks of zeros do not end it (``--ignore-zeros``).
    """

    is_seekable: bool
    is_checked: bool
    ignores_zeros: bool = False


def steps(raw: RawTar, given: Input) -> Iterator[Step]:
    """What is read, one step after the other.

    Args:
        raw: The tar.
        given: How the program is given it.

    Raises:
        NotKeptError: The bytes that decide were not kept.
    """
    return _Reading(raw, given).steps()


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class _Reading:
    def __init__(self, raw: RawTar, given: Input) -> None:
        self._raw = raw
        self._end = raw.size // _BLOCK * _BLOCK
        self._given = given
        self._has_hit_end = False
        self._at = 0
        self._numbers = Numbers()
        self._reported = self._numbers.said
        self._globals: list[Record] = []
        self._mtime = 0
        self._header = _Header(b"", 0, None, None, None)

    def steps(self) -> Iterator[Step]:
        """What is read."""
        if self._given.is_checked and not self._end:
            yield Remark((NOT_A_TAR,), cause="it is smaller than a tar header")
        status = _Status.UNREAD
        try:
            while status is not _Status.END:
                before, start = status, self._at
                status = self._read_header()
                yield from self._said(start)
                if status is _Status.SUCCESS:
                    yield from self._entry()
                elif status is _Status.ZERO:
                    status = yield from self._zeros(before)
                elif status is _Status.FAILURE:
                    self._at += _BLOCK
                    yield from _skipped(before, start)
        except _Fatal as error:
            yield from self._said(self._at)
            cause = f"the tar is damaged at byte {self._at}"
            yield Remark((str(error),), ends=True, cause=cause)
        except NoMemoryError:
            yield Remark((_NO_MEMORY,), ends=True, cause="a record asks for too much memory")

    def _said(self, start: int) -> Iterator[Remark]:
        """What was reported since then."""
        cause = f"the tar is damaged at byte {start}"
        for line, is_failure in self._reported:
            yield Remark((line,), is_failure=is_failure, cause=cause if is_failure else "")
        self._reported.clear()

    def _zeros(self, before: _Status) -> Generator[Remark, None, _Status]:
        """What is said of a block of zeros; what was read after it, for the next header."""
        self._at += _BLOCK
        if self._given.ignores_zeros:
            return before
        start = self._at
        status = self._read_header()
        yield from self._said(start)
        if status is not _Status.ZERO:
            number = self._at // _BLOCK
            yield Remark((f"A lone zero block at {number}",), is_failure=False)
        return _Status.END

    # read_header

    def _next_block(self) -> bytes | None:
        """The next block; None at the end."""
        return self._raw.read(self._at, _BLOCK) if self._at < self._end else None

    def _read_header(self) -> _Status:
        long_name = long_link = None
        records: bytes | None = None
        while True:
            block = self._next_block()
            if block is None:
                return _Status.END
            if block == _ZEROS:
                return _Status.ZERO
            if not _has_right_sum(block):
                return _Status.FAILURE
            kind = chr(block[156])
            size = self._size_of(block, kind)
            if size is None:
                return _Status.FAILURE
            if kind == _LONG_NAME:
                long_name = _text(self._long(size))
            elif kind == _LONG_LINK:
                long_link = _text(self._long(size))
            elif kind == _GLOBAL:
                self._take_globals(self._extended(size))
            elif kind in _EXTENSIONS:
                records = self._extended(size)
            else:
                self._header = _Header(block, size, long_name, long_link, records)
                return _Status.SUCCESS

    def _size_of(self, block: bytes, kind: str) -> int | None:
        return 0 if kind == HARD_LINK else self._numbers.read(block[124:136], "off_t")

    def _long(self, size: int) -> bytes:
        """A long name."""
        if size > _LARGEST:
            raise _Fatal(_NO_MEMORY)
        self._at += _BLOCK
        padded = size + -size % _BLOCK
        there = min(padded, self._end - self._at)
        body = self._raw.read(self._at, there)
        self._at += there
        if there < padded:
            self._reported.append(Said(EOF))
        return body[:size] if there < padded else body

    def _extended(self, size: int) -> bytes:
        """The records of an extended header."""
        if size > _LARGEST:
            raise _Fatal(_NO_MEMORY)
        start = self._at + _BLOCK
        padded = size + -size % _BLOCK
        if start + padded > self._end:
            self._at = self._end
            raise _Fatal(EOF)
        self._at = start + padded
        return self._raw.read(start, size)

    def _take_globals(self, body: bytes) -> None:
        self._globals = []
        facts = Facts()
        for record in records_of(body, self._reported):
            if record.key in GLOBAL_ONLY:
                facts.take(record)
                self._reported += facts.said
                facts.said.clear()
            else:
                # The last one is taken first.
                self._globals.insert(0, record)

    # decode_header

    def _entry(self) -> Iterator[Step]:
        start = self._at
        block, size, long_name, long_link, records = self._header
        kind = chr(block[156])
        name = _name_of(block) if long_name is None else long_name
        target = _text(block[157:257]) if long_link is None else long_link
        layout = self._layout(block, records)
        device = self._device(block, kind, layout)
        facts = self._facts(records)
        self._reported += facts.said
        name = name if facts.name is None else facts.name
        target = target if facts.target is None else facts.target
        stored = size if facts.size is None else facts.size
        content = stored if facts.real_size is None else facts.real_size
        is_sparse = _is_sparse(layout, kind, facts)
        if is_sparse and layout is not _Format.POSIX:
            stored = content
            at = 483 if layout is _Format.GNU else 452
            real = self._numbers.read(block[at : at + 12], "off_t")
            content = max(0, real or 0)
        yield from self._said(start)
        self._at += _BLOCK
        shown = _shown(name)
        member = Member(
            shown,
            GNU_SPARSE if is_sparse else _kind_of(kind, name),
            _shown(target),
            device,
            errors_in(
                kind if kind in _NOT_SKIPPED else REGULAR,
                {_shown(key): value for key, value in facts.xattrs.items()},
            ),
            self._mtime if facts.mtime is None else facts.mtime,
            facts.nanoseconds,
            sets_twice=is_sparse or kind not in _SETS_ONCE,
            # It reads the numbers of the map before it prints the error.
            forgets_error=is_sparse and layout is _Format.POSIX and facts.major > 0,
            is_incremental=facts.has_dump or (layout is _Format.GNU and kind == _DUMP_DIRECTORY),
        )
        is_refused = b".." in name.split(b"/")
        if is_sparse:
            printed = name.decode("utf-8", "replace")
            table = _Table(layout, block, stored, content, facts, printed)
            written, skipped = self._sparse(table, is_refused=is_refused)
        else:
            written, skipped = self._content(member.kind, kind, content, is_refused=is_refused)
        yield member._replace(written=written, skipped=skipped)

    def _layout(self, block: bytes, records: bytes | None) -> _Format:
        """The format of a header. Numbers that decide nothing else are reported if wrong."""
        read = self._numbers.read
        read(block[100:108], "mode_t")
        layout = _format_of(block, has_records=records is not None)
        mtime = read(block[136:148], "time_t")
        self._mtime = -1 if mtime is None else mtime
        if layout is _Format.STAR:
            read(block[476:488], "time_t")
            read(block[488:500], "time_t")
        read(block[108:116], "uid_t")
        read(block[116:124], "gid_t")
        return layout

    def _device(self, block: bytes, kind: str, layout: _Format) -> tuple[int, int]:
        if kind not in _NODES or layout is _Format.V7:
            return 0, 0
        # The C compiler evaluates arguments from the last one to the first.
        minor = self._numbers.read(block[337:345], "minor_t")
        major = self._numbers.read(block[329:337], "major_t")
        return (-1 if major is None else major), (-1 if minor is None else minor)

    def _facts(self, records: bytes | None) -> Facts:
        facts = Facts()
        for record in self._globals:
            facts.take(record)
        facts.said = [said for said in facts.said if said.is_failure]
        for record in records_of(records or b"", facts.said):
            facts.take(record)
        return facts

    # extract_archive

    def _content(
        self, kind: str, flag: str, size: int, *, is_refused: bool
    ) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
        """Go to the end of the content; what is said of it if it is written, and otherwise."""
        if is_refused:
            return (), self._skip(0 if flag == DIRECTORY else size)
        if kind in _NOT_SKIPPED:
            return (), ()
        if kind in {_DUMP_DIRECTORY, _VOLUME, _VOLUME_LABEL}:
            said = self._skip(size)
            return said, said
        start = self._at
        padded = size + -size % _BLOCK
        if start + padded <= self._end:
            self._at += padded
            return (), ()
        skipped = self._skip(size)
        self._at = start
        written = self._write(size)
        return written, skipped

    def _write(self, size: int) -> tuple[Remark, ...]:
        """Write content that is cut; the rest of it is skipped."""
        there = self._end - self._at
        self._at = self._end
        self._has_hit_end = True
        cause = "the tar ends within the content of an entry"
        return (Remark((EOF,), cause=cause), *self._skip(size - there))

    def _skip(self, size: int) -> tuple[Remark, ...]:
        """Skip content (skip_file)."""
        if size <= 0:
            return ()
        cause = "the tar ends within the content of an entry"
        if self._given.is_seekable:
            line, size = self._seek(size)
            if line:
                return (Remark((line,), ends=True, cause=cause),)
        if size > 0:
            self._at += size + -size % _BLOCK
        if size > 0 and self._at > self._end:
            return (Remark((EOF,), ends=True, cause=cause),)
        return ()

    def _seek(self, size: int) -> tuple[str, int]:
        """Skip whole records of the file (seek_archive): an error, and what is left."""
        start = self._at
        within = start % _RECORD
        left = _RECORD - within if within else 0
        if self._has_hit_end:
            left = _RECORD
        records = (size - left) // _RECORD if size > left else 0
        if not records:
            return "", size
        place = min(start + left, self._raw.size) + records * _RECORD
        if place > _LARGEST_FILE:
            return "", size
        if place % _RECORD:
            return _NOT_AT_RECORD, size
        self._at = place
        return "", size - (place - start)

    # sparse.c

    def _sparse(
        self, table: _Table, *, is_refused: bool
    ) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
        """Read the map of a sparse file, and go to the end of its content."""
        try:
            found = self._map(table)
        except WrongMap as error:
            self._at += error.used
            before = tuple(self._said(self._at))
            said = Remark((str(error),), cause=f"the map of {table.name!r} is wrong")
            if error.is_fatal:
                every = (*before, said._replace(ends=True))
            else:
                every = (*before, said, *self._skip(table.stored))
            return every, every
        self._at += found.used
        used = found.used if found.counts else 0
        start = self._at
        skipped = self._skip(table.stored - used)
        if is_refused:
            return skipped, skipped
        self._at = start
        needed = sum(length + -length % _BLOCK for length in found.lengths)
        if self._at + needed > self._end:
            there = self._end - self._at
            self._at = self._end
            rest = self._skip(table.stored - used - there)
            cut = Remark((EOF,), cause=f"the tar ends within the content of {table.name!r}")
            return (cut, *rest), skipped
        self._at += needed
        return self._skip(table.stored - used - needed), skipped

    def _map(self, table: _Table) -> Map:
        if table.layout is not _Format.POSIX:
            is_star = table.layout is _Format.STAR
            return table_map(self._raw, self._at, table, self._numbers, is_star=is_star)
        if table.facts.major:
            return pax_map(self._raw, self._at, self._end, table.name)
        return Map(tuple(table.facts.spans), 0)


class _Table(NamedTuple):
    """What is known of a sparse file."""

    layout: _Format
    block: bytes
    stored: int
    size: int
    facts: Facts
    name: str


def _skipped(before: _Status, start: int) -> Iterator[Remark]:
    cause = f"the tar is damaged at byte {start}"
    if before is _Status.UNREAD:
        yield Remark((NOT_A_TAR,), cause=cause)
    if before is not _Status.FAILURE:
        yield Remark((SKIPPING,), cause=cause)


def _has_right_sum(block: bytes) -> bool:
    blanked = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(blanked)
    signed = unsigned - 256 * sum(byte > 127 for byte in blanked)
    return checksum_of(block[148:156]) in {unsigned, signed}


def _name_of(block: bytes) -> bytes:
    name, prefix = _text(block[:100]), _text(block[345:500])
    is_posix = block[257:263] == b"ustar\0"
    return prefix + b"/" + name if prefix and is_posix else name


def _format_of(block: bytes, *, has_records: bool) -> _Format:
    if block[257:263] == b"ustar\0":
        if _is_star(block):
            return _Format.STAR
        return _Format.POSIX if has_records else _Format.USTAR
    return _Format.GNU if block[257:265] == b"ustar  \0" else _Format.V7


def _is_star(block: bytes) -> bool:
    times = block[476:488], block[488:500]
    return block[475] == 0 and all(48 <= time[0] <= 55 and time[11] == 32 for time in times)


def _kind_of(flag: str, name: bytes) -> str:
    if flag in _FILES:
        return (
            DIRECTORY
            if name.endswith(b"/") and name != b"/"
            else (CONTIGUOUS if flag == CONTIGUOUS else REGULAR)
        )
    return flag


def _is_sparse(layout: _Format, flag: str, facts: Facts) -> bool:
    if layout in {_Format.GNU, _Format.STAR}:
        return flag == GNU_SPARSE
    return layout is _Format.POSIX and (bool(facts.spans) or facts.major > 0)
