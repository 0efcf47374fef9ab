"""Plain headers, read many at a time: those of most entries, about which nothing is special.

A plain header has the type flag of a file, a directory or a link, well-formed numbers, an ordinary
name and the right sum. Any other is left to the walker, so that there is one place
that decides what is irregular, and what is said about it.

The headers of a batch are found by their sizes alone; their columns are tested after that
(``columns.py``), and the batch ends before the first header that is not plain. Where the tar can be
sought in, a batch reads on behind the bytes that it began in: most of what is between its headers
is then never read. Where a tar has very many headers, and NumPy is installed, they are read in
whole windows (``bulk.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from checker.model.content import ContentPlan
from checker.reading.tar.columns import HALF, PLAIN_TYPES, Chain, Columns
from checker.reading.tar.cursor import padded
from checker.reading.tar.header import BLOCK, plain_number
from checker.reading.tar.seeking import Windows
from checker.reading.tar.table import PlainRows

_KIND = 156
_SIZE = slice(124, 136)
_MEMO_SIZE = 1 << 12
# Headers of a batch. It grows while all of them are plain, so that hardly any is read in vain.
_SMALLEST_BATCH = 8
_LARGEST_BATCH = 1 << 10
# With so many a batch is worth it, and need not read on behind the bytes that it began in.
_ENOUGH = 128
# So far from its first header it reads on. The content of its files may be read after that.
_REACH = 1 << 23
# To begin a batch costs more than to read one header: after few plain ones the next are left to
# the walker, at first so many.
_FEW = 4
_PAUSE, _LONGEST_PAUSE = 16, 64
MANY = 1 << 16
"""Headers still to come that are worth the import of NumPy, which takes as long as they do."""
# Headers that say how many are still to come. Of a stream, whose size is not known, so many
# times as many are expected as there were.
_SAMPLE = 1 << 10
_MORE = 4
_SMALL_WINDOW = 1 << 18
_WINDOW_OF_BATCHES = 1 << 19
_LARGE_WINDOW = 1 << 20
_BULK = "checker.reading.tar.bulk"
# Bytes of a window, and headers in it, that are worth it.
_SMALLEST_WINDOW = 1 << 15
_WORTH_A_WINDOW = 64
_LONGEST_WINDOW_PAUSE = 1 << 12


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


class PlainHeaders:
    """Reads plain headers: in batches, and in windows where there are very many.

    Args:
        plan: Whose digests are wanted: rows end with a file that may be meant.
    """

    def __init__(self, plan: ContentPlan) -> None:
        self._columns = Columns(plan)
        self._batches = _Batches(self._columns)
        self._windows: _Windows | None = None
        self._pause = 0
        self._next_pause = _PAUSE
        self._awaits_windows = True
        self._seen = 0
        self._size: int | None = None

    def seek(self, windows: Windows, size: int) -> None:
        """Read on behind the bytes that are given, in a tar with so many bytes."""
        self._batches.windows = windows
        self._size = size

    def read(self, data: bytes, position: int, offset: int, most: int) -> PlainRows | None:
        """Read plain headers that follow one another, with the content of files between them.

        Args:
            data: A part of the tar.
            position: Where in it a header is.
            offset: Byte offset of the part in the tar.
            most: How many there may be.

        Returns:
            Their rows; None if the first header is not plain. Only the last row can be that of a
            file whose digest is wanted, or of a link with a size. Of all others the content is in
            the part of the tar, unless the tar can be sought in.
        """
        if self._pause:
            self._pause -= 1
            return None
        rows = None
        if self._windows is not None:
            rows = self._windows.read(data, position, offset, most)
        if rows is None:
            rows = self._batches.read(data, position, offset, most)
            self._count(0 if rows is None else len(rows.kinds), offset + position)
        return rows

    @property
    def window(self) -> int:
        """Bytes of the tar that are best read at once."""
        return self._batches.window if self._windows is None else self._windows.size

    def _count(self, rows: int, before: int) -> None:
        """Count rows of a batch: few lead to a pause, many to the import of NumPy.

        Args:
            rows: How many there are.
            before: The bytes of the tar before them.
        """
        if rows < _FEW:
            self._pause = self._next_pause
            self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        else:
            self._next_pause = _PAUSE
        if self._awaits_windows and self._is_worth_an_import(before):
            self._awaits_windows = False
            self._windows = _windows(self._columns)
        self._seen += rows

    def _is_worth_an_import(self, before: int) -> bool:
        """Whether NumPy is there, or saves more time than its import takes."""
        if _BULK in sys.modules:
            return True
        seen = self._seen
        if self._size is None:
            return seen * _MORE >= MANY
        return seen >= min(_SAMPLE, MANY) and seen * (self._size - before) >= MANY * before


class _Windows:
    """Reads windows in bulk where that is worth it.

    Args:
        read: Reads the headers in a part of a tar from a position on; the third number is the
            offset of the part in the tar.
    """

    def __init__(self, read: Callable[[bytes, int, int], PlainRows | None]) -> None:
        self._read = read
        self._pause = 0
        self._next_pause = _PAUSE

    @property
    def size(self) -> int:
        """Bytes of the tar that are best read at once."""
        return _SMALL_WINDOW if self._pause else _LARGE_WINDOW

    def read(self, data: bytes, position: int, offset: int, most: int) -> PlainRows | None:
        """As ``PlainHeaders.read``; None also where it is not worth it."""
        size = len(data) - position
        if self._pause or size < _SMALLEST_WINDOW or most * BLOCK < size:
            self._pause -= self._pause > 0
            return None
        rows = self._read(data, position, offset)
        if rows is not None and len(rows.kinds) >= _WORTH_A_WINDOW:
            self._next_pause = _PAUSE
        else:
            # What makes all of a window be read for a few headers cannot do so often.
            self._pause = self._next_pause
            self._next_pause = min(2 * self._next_pause, _LONGEST_WINDOW_PAUSE)
        return rows


def _windows(columns: Columns) -> _Windows | None:
    try:
        from checker.reading.tar.bulk import BulkHeaders
    except ImportError:  # NumPy is optional
        return None
    return _Windows(BulkHeaders(columns).read)


class _Batches:
    """Reads batches of plain headers with what Python has.

    Attributes:
        windows: What batches read on in; None if they end where the bytes end that are given.
    """

    def __init__(self, columns: Columns) -> None:
        self.windows: Windows | None = None
        self._columns = columns
        self._sizes = _Sizes()
        self._batch = _SMALLEST_BATCH
        self._run = 0

    @property
    def window(self) -> int:
        """Bytes of the tar that are best read at once."""
        return _SMALL_WINDOW if self._batch < _LARGEST_BATCH else _WINDOW_OF_BATCHES

    def read(self, data: bytes, position: int, offset: int, most: int) -> PlainRows | None:
        """As ``PlainHeaders.read``."""
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
        reach = offset + position + _REACH
        last = len(data) - BLOCK
        for _ in range(self._batch):
            if position > last:
                offset += position
                data = self._read_on(offset) if len(starts) < _ENOUGH and offset <= reach else b""
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
        return b"" if self.windows is None else self.windows.read(offset, _SMALL_WINDOW)
