"""The tar walker: 512-byte blocks in, entries and anomalies out.

It is fed the bytes of a tar in order, in pieces of any size, and may be told to skip content, so
that one walker serves a seekable file, a decompressed stream and standard input. Go's archive/tar
(reader.go) is the reference for what engines accept: where that reader returns an error, the walker
notes a fatal anomaly and stops, as every engine does. What Python's tarfile overlooks is an anomaly
with its byte offset.
"""

from __future__ import annotations

from contextlib import suppress

from checker.model.content import ContentPlan
from checker.model.entries import GNU_SPARSE, KIND_NAMES, Entries
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.tar.anomalies import AnomalyLog, WalkEnded
from checker.reading.tar.contents import Contents, Passed
from checker.reading.tar.cursor import Cursor
from checker.reading.tar.digests import ContentDigests, PendingContent
from checker.reading.tar.extensions import EXTENSION_TYPES, Extensions
from checker.reading.tar.header import (
    BLOCK,
    INT64_MAX,
    TYPES_WITHOUT_CONTENT,
    ZERO_BLOCK,
    Header,
    HeaderReader,
    looks_like_header,
)
from checker.reading.tar.plain import PlainHeaders
from checker.reading.tar.seeking import ReadAt, Windows, bounded
from checker.reading.tar.sparse_files import SparseFiles, sparse_version
from checker.reading.tar.table import EntryTable, Records

_OLD_SPARSE = ord(GNU_SPARSE)
_FILES = frozenset(b"07")
_KNOWN_KINDS = frozenset("".join(KIND_NAMES).encode())


class TarWalker:
    """Walks one tar: ``feed`` it and, where ``skippable`` says so, ``skip``; ``finish`` once.

    Args:
        limits: Bounds on entries, names, extension headers, content and anomalies.
        plan: Which entries' first bytes to keep.
        records: Records of extension headers that the tars of an archive share.
    """

    def __init__(self, limits: Limits, plan: ContentPlan, records: Records | None = None) -> None:
        self._log = AnomalyLog(limits)
        self._cursor = Cursor()
        self._headers = HeaderReader(self._log)
        self._table = EntryTable(limits, self._log, records)
        self._entries = self._table.entries
        self._contents = Contents(plan, limits, self._table, self._cursor, self._log)
        self._extensions = Extensions(limits, self._table, self._cursor, self._log)
        self._digests = ContentDigests()
        self._plan = plan
        self._plain = PlainHeaders(plan, limits.extension)
        self._takes_plain = self._table.allows_ordinary_names and not plan.digests
        self._sparse_files = SparseFiles(limits, self._table, self._cursor, self._log)
        # Where the stream is: ``_position`` is the offset of ``_rest``'s first byte.
        self._position = 0
        self._rest = b""
        self._stopped = False
        self._end: int | None = None
        self._zero_blocks = 0
        self._after_end = b""
        self._after_end_offset = 0

    @property
    def entries(self) -> Entries:
        """The entries so far; those of ``Tar`` in the end."""
        return self._entries

    @property
    def taken_records(self) -> int:
        """Records of extension headers that were taken of those that tars share."""
        return self._table.taken_records

    @property
    def skippable(self) -> int:
        """How many of the bytes that come next need not be fed."""
        if self._rest:
            return 0
        pending = self._digests.pending
        if pending:
            return max(0, pending[0].offset - self._position)
        return INT64_MAX if self._stopped else self._cursor.skip

    @property
    def window(self) -> int:
        """How many bytes are best fed at once."""
        return self._plain.window

    def skip(self, count: int) -> None:
        """Skip ``count`` bytes, at most ``skippable``."""
        self._position += count
        if not self._stopped:
            self._cursor.skip -= count

    def look_ahead(self, read: ReadAt, size: int) -> None:
        """Read distant parts of files at once, instead of waiting until they pass.

        Args:
            read: Gives at most so many bytes from an offset in the tar on.
            size: Bytes of the tar that are really there; what follows them is not looked at.
        """
        self._contents.read = bounded(read, size)

    def seek(self, windows: Windows) -> None:
        """Read headers ahead, and skip what is before the next one."""
        self._plain.seek(windows)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the tar."""
        taken = 0
        if self._rest:
            # Only what is waited for: to join all of a large piece would take much longer.
            taken = self._awaited - len(self._rest)
            data_of_rest, self._rest = self._rest + data[:taken], b""
            self._take(data_of_rest, 0)
        if taken < len(data):
            self._take(data, taken)

    def _take(self, data: bytes, start: int) -> None:
        """Take the next bytes of the tar.

        Args:
            data: They are in it, up to its end.
            start: Where in it they begin.
        """
        self._position -= start
        if self._stopped:
            self._position += len(data)
            return
        try:
            used = self._walk(data, start)
        except WalkEnded:
            self._stopped = True
            used = len(data)
        if self._digests.pending:
            self._digests.take(memoryview(data)[start:used], self._position + start)
        self._rest = data[used:]
        self._position += used

    @property
    def _awaited(self) -> int:
        """How many bytes are taken together next: what is collected, or a header."""
        return BLOCK if self._cursor.collector is None else self._cursor.collect_size

    def abandon(self) -> None:
        """Take the next bytes as unknown, because a limit ended the reading."""
        self._stopped = True

    def finish(self) -> Tar:
        """The stream is over: say what was found."""
        size = self._position + len(self._rest)
        if not self._stopped:
            with suppress(WalkEnded):
                self._cursor.end(self._rest)
                self._see_end(size)
        log = self._log
        return Tar(
            entries=self._entries,
            anomalies=tuple(sorted(log.anomalies, key=lambda anomaly: anomaly.offset)),
            size=size,
            end=self._end,
            end_blocks=self._zero_blocks,
            after_end=self._after_end,
            header_follows=self._after_end_offset % BLOCK == 0
            and looks_like_header(self._after_end),
            head=log.head,
            global_records=self._extensions.global_records,
            has_odd_headers=self._extensions.is_odd or self._headers.has_odd,
            contents=self._contents.kept,
            elf_files=self._contents.elf_files,
            digests=self._digests.found,
            crashes=self._contents.crashes,
            unsearched=self._contents.unsearched,
            limits=tuple(log.limits_reached),
        )

    def _walk(self, data: bytes, position: int) -> int:
        """Take the headers and content that are complete in ``data`` from a position on.

        Returns:
            The position after them.
        """
        cursor = self._cursor
        length = len(data)
        while True:
            if cursor.skip:
                step = min(cursor.skip, length - position)
                cursor.skip -= step
                position += step
                if cursor.skip:
                    return position
            if cursor.collector is not None:
                size = cursor.collect_size
                if length - position < size:
                    return position
                collector, cursor.collector = cursor.collector, None
                collector(data[position : position + size])
                position += size
                continue
            if self._end is not None:
                self._see_after_end(data[position:], self._position + position)
                return length
            if length - position < BLOCK:
                return position
            after = self._take_plain(data, position)
            if after != position:
                position = after
                continue
            block = data[position : position + BLOCK]
            if block[0] == 0 and block == ZERO_BLOCK:
                self._see_zero_block(self._position + position)
            else:
                self._see_header(block, self._position + position)
            position += BLOCK

    def _take_plain(self, data: bytes, position: int) -> int:
        """Take the plain headers from a position on; the position after them, or the end."""
        if not self._takes_plain or self._zero_blocks or self._extensions.offset >= 0:
            return position
        rows = self._plain.read(data, position, self._position, self._table.room)
        if rows is None:
            return position
        self._table.take_records(rows.pax.records)
        self._contents.take_rows(rows, Passed(data, self._position))
        kind, size, offset = rows.kinds[-1], rows.sizes[-1], rows.offsets[-1]
        if size and kind not in TYPES_WITHOUT_CONTENT:
            self._cursor.begin_content(rows.names.rpartition(b"\0")[2], offset, size)
            self._collect(len(self._entries) - 1, rows.modes[-1], size)
        after = offset - self._position + BLOCK
        # Of a tar that can be sought in, headers are read that are behind these bytes.
        self._cursor.skip += max(0, after - len(data))
        return min(after, len(data))

    def _see_header(self, block: bytes, offset: int) -> None:
        if self._zero_blocks:
            self._log.stop(
                AnomalyKind.LONE_ZERO_BLOCK,
                offset - BLOCK,
                "one block of zeros is followed by data; an archive ends with two",
            )
        header = self._headers.read(block, offset)
        kind = header.kind
        if kind in EXTENSION_TYPES:
            self._extensions.begin(header, offset)
        elif self._extensions.offset >= 0 or kind == _OLD_SPARSE:
            self._see_extended_entry(header, block, offset)
        else:
            self._see_entry(header, offset)

    def _see_entry(self, header: Header, offset: int) -> None:
        """Take an entry that is not sparse: its size is that of the stored content."""
        position = self._table.append(header, offset)
        kind = header.kind
        if kind in TYPES_WITHOUT_CONTENT:
            return
        if kind not in _KNOWN_KINDS:
            self._note_unknown(header, offset)
        size = header.size
        if size:
            self._cursor.begin_content(header.name, offset, size)
            if kind in _FILES:
                self._collect(position, header.mode, size)

    def _collect(self, position: int, mode: int, size: int) -> None:
        """Collect the first bytes of a file, and hash its content, if that is wanted."""
        if self._plan.wants_digest(self._entries.paths[position]):
            start = self._entries.offsets[position] + BLOCK
            self._digests.pending.append(PendingContent(position, start, size))
        wanted = self._contents.wanted(position, mode, size)
        if wanted.collected:
            self._contents.collect(position, wanted, size)

    def _see_extended_entry(self, header: Header, block: bytes, offset: int) -> None:
        """Take an entry that extension headers or a sparse map say more about."""
        records = self._extensions.records
        header = self._extensions.apply(header, block[156], offset)
        version = sparse_version(records)
        if header.kind == _OLD_SPARSE:
            self._sparse_files.begin_old(header, block, offset)
        elif version is not None:
            self._sparse_files.begin_pax(header, records, version, offset)
        else:
            self._see_entry(header, offset)
        self._extensions.add_attributes()

    def _note_unknown(self, header: Header, offset: int) -> None:
        self._log.note(
            AnomalyKind.UNKNOWN_TYPE,
            offset,
            f"the type flag is {chr(header.kind)!r}, which no engine extracts",
            header.name,
        )

    # The end

    def _see_zero_block(self, offset: int) -> None:
        self._zero_blocks += 1
        if self._zero_blocks == 2:
            self._end = offset - BLOCK
            self._extensions.note_dangling()

    def _see_after_end(self, data: bytes, offset: int) -> None:
        if not self._after_end:
            payload = data.lstrip(b"\0")
            if not payload:
                return
            self._after_end_offset = offset + len(data) - len(payload)
            self._log.note(
                AnomalyKind.DATA_AFTER_END,
                self._after_end_offset,
                f"the archive ends at byte {self._end}; readers ignore what follows",
            )
            data = payload
        self._after_end += data[: BLOCK - len(self._after_end)]

    def _see_end(self, size: int) -> None:
        if self._cursor.skip or self._cursor.collector is not None:
            self._see_cut_content(size)
        elif self._rest:
            self._see_cut_header(size)
        elif self._end is None and size:
            self._extensions.note_dangling()
            found = "one of the two zero blocks" if self._zero_blocks else "the two zero blocks"
            verb = "is" if self._zero_blocks else "are"
            self._log.note(
                AnomalyKind.MISSING_END,
                size,
                f"{found} that mark the end of an archive {verb} missing",
            )

    def _see_cut_content(self, size: int) -> None:
        cursor = self._cursor
        if size < cursor.content_end:
            self._log.note_fatal(
                AnomalyKind.TRUNCATED_CONTENT,
                size,
                f"the file ends after {max(0, size - cursor.content_start)} of "
                f"{cursor.content_end - cursor.content_start} bytes of content",
                cursor.content_name,
            )
            return
        self._log.note(
            AnomalyKind.TRUNCATED_PADDING,
            size,
            "the file ends within the padding of the last entry",
            cursor.content_name,
        )
        self._extensions.note_dangling()

    def _see_cut_header(self, size: int) -> None:
        if not len(self._entries) and size < BLOCK:
            self._log.note_not_a_tar(self._rest, f"{size} bytes; a tar header has {BLOCK}")
            return
        self._log.note_fatal(
            AnomalyKind.TRUNCATED_HEADER,
            self._position,
            f"the file ends after {len(self._rest)} of the {BLOCK} bytes of a header",
        )


def walk_by_seeking(walker: TarWalker, read: ReadAt, size: int) -> Tar:
    """Walk a tar of which any part can be read at once: headers are read, content is skipped.

    Args:
        walker: A new walker.
        read: Gives at most so many bytes from an offset on; none at the end.
        size: Bytes of the tar that are really there.

    Raises:
        OSError: What ``read`` raises.
    """
    windows = Windows(read, size)
    walker.look_ahead(read, size)
    walker.seek(windows)
    position = 0
    while position < size:
        step = min(walker.skippable, size - position)
        walker.skip(step)
        position += step
        window = windows.read(position, walker.window)
        if not window:
            break
        walker.feed(window)
        position += len(window)
    return walker.finish()
