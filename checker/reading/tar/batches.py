"""Plain headers in batches, with what Python has.

The headers of a batch are found by their sizes alone; their columns are tested after that
(``columns.py``), and the batch ends before the first header that is not plain.
"""

from __future__ import annotations

from checker.model.content import ContentPlan
from checker.reading.tar.columns import HALF, PLAIN_TYPES, Chain, Columns
from checker.reading.tar.cursor import padded
from checker.reading.tar.header import BLOCK, plain_number
from checker.reading.tar.seeking import ENOUGH, REACH, WINDOW, Windows
from checker.reading.tar.table import PlainRows

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


class HeaderBatches:
    """Reads batches of plain headers.

    Args:
        plan: Whose digests are wanted: rows end with a file that may be meant.
        windows: What batches read on in; None if they end where the bytes end that are given.
    """

    def __init__(self, plan: ContentPlan, windows: Windows | None) -> None:
        self._columns = Columns(plan)
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

    def read(self, data: bytes, position: int, offset: int, most: int) -> PlainRows | None:
        """As ``PlainHeaders.read``."""
        if self._pause:
            self._pause -= 1
            return None
        rows = self._read(data, position, offset, most)
        if rows is not None and len(rows.kinds) >= _FEW:
            self._next_pause = _PAUSE
        else:
            self._pause = self._next_pause
            self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        return rows

    def _read(self, data: bytes, position: int, offset: int, most: int) -> PlainRows | None:
        # So near to the limit the walker counts.
        if most < self._batch or data[position + _KIND] not in PLAIN_TYPES:
            return None
        chain = self._chain(data, position, offset)
        rows = self._columns.plain_rows(chain)
        self._note_run(0 if rows is None else len(rows.kinds), len(chain.sizes))
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

    def _chain(self, data: bytes, position: int, offset: int) -> Chain:
        # This loop takes a quarter of the time for a tar of many small files.
        known = self._sizes
        chain = Chain([], [], [], [])
        starts, rests, sizes, offsets = chain
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
            starts.append(start)
            rests.append(data[position + HALF : position + BLOCK])
            sizes.append(size)
            offsets.append(offset + position)
            position += step
        return chain

    def _read_on(self, offset: int) -> bytes:
        return b"" if self._windows is None else self._windows.read(offset, WINDOW)
