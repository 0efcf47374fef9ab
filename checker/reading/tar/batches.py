"""Plain headers in batches, with what Python has.

The headers of a batch are found by their sizes alone, and by the records of the PAX headers among
them; their columns are tested after that (``columns.py``), and the batch ends before the first
header that is not plain.
"""

from __future__ import annotations

from checker.model.content import ContentPlan
from checker.reading.tar.columns import (
    HALF,
    PAX_TYPE,
    PLAIN_TYPES,
    TYPES,
    Chain,
    Columns,
    Extension,
    usual_extension,
)
from checker.reading.tar.cursor import padded
from checker.reading.tar.header import BLOCK, plain_number
from checker.reading.tar.seeking import ENOUGH, REACH, WINDOW, Windows
from checker.reading.tar.table import BYTES_OF_RECORD, PlainRows, Room

_KIND = 156
_SIZE = slice(124, 136)
_MEMO_SIZE = 1 << 12
# Headers of a batch. It grows while all of them are plain, so that hardly any is read in vain.
_SMALLEST_BATCH = 8
_LARGEST_BATCH = 1 << 10
# To begin a batch costs more than to read one header: after few plain ones the next are left to
# the walker, at first so many.
_FEW = 4
_PAUSE, _LONGEST_PAUSE = 16, 64
_LARGE_WINDOW = 1 << 19


class _Sizes(dict[bytes, tuple[int, int]]):
    """Size field of a file -> its size, and the bytes from its header to the next.

    The second is 0 where the field is not a size, or programs differ in it.
    """

    def __missing__(self, field: bytes) -> tuple[int, int]:
        if len(self) > _MEMO_SIZE:
            self.clear()
        size = plain_number(field)
        value = (0, 0) if size is None or size < 0 else (size, BLOCK + padded(size))
        self[field] = value
        return value


class _Allowance:
    """What the PAX headers of a batch may take of what there is room for in the table.

    Where there may be no room, the walker counts.
    """

    def __init__(self, room: Room) -> None:
        self._records = room.records
        self._bytes = room.name_bytes

    def take(self, extension: Extension, offset: int) -> bool:
        """Count what is in a header at an offset; whether there surely is room for it."""
        self._records -= len(extension.records)
        self._bytes -= extension.xattr_bytes
        return self._bytes >= 0 and self._records + offset // BYTES_OF_RECORD >= 0


class HeaderBatches:
    """Reads batches of plain headers.

    Args:
        plan: Whose digests are wanted: rows end with a file that may be meant.
        longest: Bytes of an extension header, at most.
        windows: What batches read on in; None if they end where the bytes end that are given.
    """

    def __init__(self, plan: ContentPlan, longest: int, windows: Windows | None) -> None:
        self._columns = Columns(plan)
        self._longest = longest
        self._windows = windows
        self._sizes = _Sizes()
        self._batch = _SMALLEST_BATCH
        self._run = 0
        self._pause = 0
        self._next_pause = _PAUSE

    @property
    def window(self) -> int:
        """Bytes of the tar that are best read at once."""
        return WINDOW if self._batch < _LARGEST_BATCH else _LARGE_WINDOW

    def read(self, data: bytes, position: int, offset: int, room: Room) -> PlainRows | None:
        """As ``PlainHeaders.read``."""
        if self._pause:
            self._pause -= 1
            return None
        if not self._is_there(data, position):
            return None
        rows = self._read(data, position, offset, room)
        if rows is not None and len(rows.kinds) >= _FEW:
            self._next_pause = _PAUSE
        else:
            self._pause = self._next_pause
            self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        return rows

    def _is_there(self, data: bytes, position: int) -> bool:
        """Whether a header is followed by the one that it says something about, if it is PAX."""
        if data[position + _KIND] != PAX_TYPE:
            return True
        _, before = self._sizes[data[position + _SIZE.start : position + _SIZE.stop]]
        return position + before + BLOCK <= len(data)

    def _read(self, data: bytes, position: int, offset: int, room: Room) -> PlainRows | None:
        # So near to the limit the walker counts.
        if room.entries < self._batch or data[position + _KIND] not in TYPES:
            return None
        chain = self._chain(data, position, offset, room)
        if not chain.starts:
            return None
        rows = self._columns.plain_rows(chain)
        tried = len(chain.starts) - len(chain.extensions)
        self._note_run(0 if rows is None else len(rows.kinds), tried)
        return rows

    def _note_run(self, plain: int, tried: int) -> None:
        """Choose the size of the next batch by how many headers of the last one were plain."""
        self._run += plain
        if plain < tried:
            # The next run may well be as long as this one.
            self._batch = max(_SMALLEST_BATCH, min(self._run, _LARGEST_BATCH))
            self._run = 0
        elif plain == self._batch:
            self._batch = min(2 * plain, _LARGEST_BATCH)

    def _chain(self, data: bytes, position: int, offset: int, room: Room) -> Chain:
        # This loop takes a quarter of the time for a tar of many small files.
        known = self._sizes
        chain = Chain([], [], [], [], {})
        starts, rests, sizes, offsets, _ = chain
        allowance = _Allowance(room)
        reach = offset + position + REACH
        last = len(data) - BLOCK
        for _ in range(self._batch):
            if position > last:
                offset += position
                data = self._read_on(offset) if len(starts) < ENOUGH and offset <= reach else b""
                position, last = 0, len(data) - BLOCK
                if last < 0:
                    break
            start = data[position : position + HALF]
            size, step = known[start[_SIZE]]
            if not step:
                break
            if start[_KIND] == PAX_TYPE:
                step = self._take_extended(chain, data, position, offset, allowance)
                if not step:
                    break
                position += step
                continue
            starts.append(start)
            rests.append(data[position + HALF : position + BLOCK])
            sizes.append(size)
            offsets.append(offset + position)
            position += step
        return chain

    def _take_extended(
        self, chain: Chain, data: bytes, position: int, offset: int, allowance: _Allowance
    ) -> int:
        """Take a PAX header and the header that follows it.

        Returns:
            The bytes to the next header; 0 if something is not plain, or not all is there.
        """
        start = data[position : position + HALF]
        size, before = self._sizes[start[_SIZE]]
        entry = position + before
        if not 0 < size <= self._longest or entry + BLOCK > len(data):
            return 0
        extension = usual_extension(data[position + BLOCK : position + BLOCK + size])
        entry_start = data[entry : entry + HALF]
        content, step = self._sizes[entry_start[_SIZE]]
        if extension is None or not step or entry_start[_KIND] not in PLAIN_TYPES:
            return 0
        if not allowance.take(extension, offset + position):
            return 0
        if b"size" in extension.records:
            content = int(extension.records[b"size"])
            step = BLOCK + padded(content)
        starts, rests, sizes, offsets, extensions = chain
        extensions[len(starts)] = extension
        starts += start, entry_start
        rests += data[position + HALF : position + BLOCK], data[entry + HALF : entry + BLOCK]
        sizes += 0, content
        offsets += offset + position, offset + entry
        return before + step

    def _read_on(self, offset: int) -> bytes:
        return b"" if self._windows is None else self._windows.read(offset, WINDOW)
