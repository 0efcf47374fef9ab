"""Entries that are sparse files: their maps, which come before or between the content."""

from __future__ import annotations

from checker.model.entries import Span
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind
from checker.reading.tar.anomalies import AnomalyLog
from checker.reading.tar.cursor import Cursor, padded
from checker.reading.tar.extensions import read_pax_number
from checker.reading.tar.header import (
    BLOCK,
    GNU_MAGIC,
    GNU_VERSION,
    TYPES_WITHOUT_CONTENT,
    Header,
    parse_number,
)
from checker.reading.tar.pax import SPARSE_MAP
from checker.reading.tar.sparse import (
    SparseError,
    TextMap,
    check_spans,
    old_gnu_rows,
    parse_map_0_1,
)
from checker.reading.tar.table import EntryTable
from checker.records import NamedTuple
from checker.typing_names import NoReturn

_MINORS = (b"0", b"1")
_BLOCK_END = 504
# Memory of a span, in bytes of names.
_SPAN_COST = 64


def sparse_version(records: dict[bytes, bytes]) -> str | None:
    """The version of the sparse map that PAX records announce; None if there is none."""
    major, minor = records.get(b"GNU.sparse.major"), records.get(b"GNU.sparse.minor")
    if not major and not minor:
        return "0.1" if records.get(SPARSE_MAP) else None
    if major == b"0" and minor in _MINORS:
        return "0.1"
    return "1.0" if (major, minor) == (b"1", b"0") else None


class _SparseFile(NamedTuple):
    """A sparse file whose map is being read.

    Attributes:
        position: Position of its entry.
        name: Its name, for anomalies.
        offset: Byte offset of its header.
        stored: Bytes that are stored, the map of version 1.0 included.
    """

    position: int
    name: bytes
    offset: int
    stored: int


class SparseFiles:
    """Reads the maps of sparse files and adds the entries.

    Args:
        limits: Bounds on the size of a map.
        table: The entries.
        cursor: What comes next in the stream.
        log: Where anomalies are noted.
    """

    def __init__(self, limits: Limits, table: EntryTable, cursor: Cursor, log: AnomalyLog) -> None:
        self._longest = limits.extension
        self._table = table
        self._entries = table.entries
        self._cursor = cursor
        self._log = log

    def begin_old(self, header: Header, block: bytes, offset: int) -> None:
        """Add an old GNU sparse file, whose map is in its header and in blocks after that.

        Args:
            header: The header, extension headers applied.
            block: Its 512 bytes.
            offset: Their byte offset.

        Raises:
            WalkEnded: The header or the map is malformed.
        """
        if block[257:265] != GNU_MAGIC + GNU_VERSION:
            self._log.stop(
                AnomalyKind.BAD_SPARSE_MAP,
                offset,
                "the header of a sparse file does not have the GNU magic",
                header.name,
            )
        real_size = parse_number(block[483:495])
        if real_size is None or real_size < 0:
            self._log.stop(
                AnomalyKind.BAD_NUMBER,
                offset + 483,
                f"the real size field contains {block[483:495]!r}",
                header.name,
            )
        position = self._table.append(header._replace(size=real_size), offset)
        self._cursor.begin_content(header.name, offset, header.size)
        file = _SparseFile(position, header.name, offset, header.size)
        self._take_rows(file, [], block[386:482], block[482], offset)

    def _take_rows(
        self, file: _SparseFile, spans: list[Span], rows: bytes, extended: int, at: int
    ) -> None:
        """Take rows of an old map, and collect the next block if the map goes on there."""
        try:
            spans += old_gnu_rows(rows, parse_number)
        except SparseError as error:
            self._stop(file, at, str(error))
        start = at + BLOCK
        if not extended:
            self._expect_content(file, start)
            self._entries.content_offsets[file.position] = start
            self._set_spans(file, spans, file.stored)
            self._count(file, len(spans))
            return
        if at - file.offset >= self._longest:
            self._stop(file, at, f"the sparse map is longer than {self._longest} bytes")
        self._expect_content(file, start + BLOCK)
        self._cursor.collect(
            BLOCK,
            lambda more: self._take_rows(file, spans, more[:_BLOCK_END], more[_BLOCK_END], start),
        )

    def _expect_content(self, file: _SparseFile, start: int) -> None:
        """Expect the content at an offset, as far as the blocks of the map so far tell."""
        self._cursor.content_start, self._cursor.content_end = start, start + file.stored

    def begin_pax(
        self, header: Header, records: dict[bytes, bytes], version: str, offset: int
    ) -> None:
        """Add a sparse file with a map of version 0.1 in PAX records or 1.0 before the content.

        Args:
            header: The header, extension headers applied.
            records: The PAX records before it.
            version: The version of the map, from ``sparse_version``.
            offset: Byte offset of the header.

        Raises:
            WalkEnded: A record or the map is malformed.
        """
        size = header.size
        for key in (b"GNU.sparse.size", b"GNU.sparse.realsize"):
            if records.get(key):
                size = read_pax_number(key, records[key], offset, self._log)
                break
        name = records.get(b"GNU.sparse.name") or header.name
        if header.kind in TYPES_WITHOUT_CONTENT:
            in_content = version == "1.0"
            self._log.stop(
                AnomalyKind.INCOMPLETE_SPARSE_MAP if in_content else AnomalyKind.BAD_SPARSE_MAP,
                offset,
                "an entry without content has a sparse map",
                name,
            )
        position = self._table.append(header._replace(name=name, size=size), offset)
        self._cursor.begin_content(name, offset, header.size)
        file = _SparseFile(position, name, offset, header.size)
        if version == "1.0":
            self._collect_map(file, TextMap())
            return
        text = records.get(SPARSE_MAP, b"").decode("ascii", "replace")
        count = records.get(b"GNU.sparse.numblocks", b"").decode("ascii", "replace")
        self._count(file, text.count(",") // 2)
        try:
            spans = parse_map_0_1(text, count)
        except SparseError as error:
            self._stop(file, offset, str(error))
        self._set_spans(file, spans, file.stored)

    def _collect_map(self, file: _SparseFile, text: TextMap) -> None:
        """Collect the next block of a map of version 1.0, which precedes the content."""
        detail = f"the sparse map is incomplete after {text.size} bytes"
        if text.size + BLOCK > file.stored:
            # Go reads whole blocks of the content, which ends here.
            kind = AnomalyKind.INCOMPLETE_SPARSE_MAP
            self._log.stop(kind, file.offset, detail, file.name)
        if text.size + BLOCK > self._longest:
            self._stop(file, file.offset, detail)

        def take(block: bytes) -> None:
            try:
                spans = text.add(block)
            except SparseError as error:
                self._stop(file, file.offset, str(error))
            if spans is None:
                self._collect_map(file, text)
                return
            self._entries.content_offsets[file.position] = file.offset + BLOCK + text.size
            self._set_spans(file, spans, file.stored - text.size)
            self._count(file, len(spans))

        self._cursor.collect(BLOCK, take)

    def _count(self, file: _SparseFile, spans: int) -> None:
        """Count the spans of a map; the content that follows pays for them like what precedes.

        Raises:
            WalkEnded: There are too many.
        """
        self._table.count_records(spans, file.offset + file.stored)

    def _set_spans(self, file: _SparseFile, spans: list[Span], stored: int) -> None:
        try:
            check_spans(spans, self._entries.sizes[file.position])
        except SparseError as error:
            self._stop(file, file.offset, str(error))
        described = sum(span.length for span in spans)
        if described != stored:
            self._log.note(
                AnomalyKind.BAD_SPARSE_MAP,
                file.offset,
                f"the sparse map describes {described} bytes of content, the archive stores "
                f"{stored}",
                file.name,
            )
        self._table.spend(_SPAN_COST * len(spans), file.offset)
        self._entries.sparse[file.position] = tuple(spans)
        self._entries.stored_sizes[file.position] = stored
        self._cursor.skip = padded(stored)

    def _stop(self, file: _SparseFile, offset: int, detail: str) -> NoReturn:
        self._log.stop(AnomalyKind.BAD_SPARSE_MAP, offset, detail, file.name)
