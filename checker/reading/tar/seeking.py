"""Reads a tar of which any part can be had at once."""

from __future__ import annotations

from collections.abc import Callable

from checker.reading.tar.header import BLOCK

ReadAt = Callable[[int, int], bytes]
"""Reads from an offset at most so many bytes; none at the end."""

ENOUGH = 128
"""With so many headers it is worth it to take them, and need not be read on behind their bytes."""
REACH = 1 << 23
"""So far from the first of them it is read on. What is in their files may be read after that."""
WINDOW = 1 << 18
"""Bytes that are read at once for further headers, at most."""
# To read this much takes hardly longer than to read one header.
_SMALLEST = 1 << 12


class Windows:
    """Reads where headers are expected: little after a jump, more where it goes on.

    Args:
        read: Reads any part of the tar.
        size: Bytes of the tar that are really there.
    """

    def __init__(self, read: ReadAt, size: int) -> None:
        self._read = read
        self._size = size
        self._start = self._end = 0
        self._last = b""
        self._count = _SMALLEST

    def read(self, offset: int, most: int) -> bytes:
        """The bytes from an offset on; none at the end.

        Args:
            offset: Where a header is expected.
            most: How many are of use.

        Raises:
            OSError: What the tar is read by raises it.
        """
        if self._start <= offset <= self._end - BLOCK:
            return self._last[offset - self._start :]
        goes_on = 0 <= offset - self._end < _SMALLEST
        self._count = min(2 * self._count, most) if goes_on else _SMALLEST
        count = min(self._count, self._size - offset)
        self._last = self._read(offset, count) if count > 0 else b""
        self._start, self._end = offset, offset + len(self._last)
        return self._last


def bounded(read: ReadAt, size: int) -> ReadAt:
    """Reads nothing behind so many bytes, where something else may follow."""

    def read_within(offset: int, count: int) -> bytes:
        count = min(count, size - offset)
        return read(offset, count) if count > 0 else b""

    return read_within


def read_whole(read: ReadAt, offset: int, count: int) -> bytes:
    """Read so many bytes, fewer only where the tar ends.

    Raises:
        OSError: What ``read`` raises.
    """
    data = read(offset, count)
    # What comes over a network may come in pieces.
    while len(data) < count and (more := read(offset + len(data), count - len(data))):
        data += more
    return data
