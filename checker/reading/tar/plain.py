"""Plain headers, read many at a time: those of most entries, about which nothing is special.

A plain header has the type flag of a file, a directory or a link, well-formed numbers, an ordinary
name and the right sum. Any other is left to the walker, so that there is one place
that decides what is irregular, and what is said about it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from zlib import adler32

from checker.model.content import ContentPlan
from checker.model.untrusted import utf8
from checker.reading.tar.header import (
    BLOCK,
    MAGIC,
    REGULAR_TYPE,
    STAR_TRAILER,
    TYPES_WITH_LINK,
    Numbers,
    Rows,
    Sums,
)
from checker.reading.tar.table import PlainRow, is_ordinary
from checker.records import NamedTuple

# name mode+uid+gid size mtime checksum typeflag linkname; its last byte begins the second half
_HEADER = struct.Struct("100s24s12s12s8sB99s256s")
_HALF = BLOCK // 2
_MAGIC = slice(257 - _HALF, 263 - _HALF)
_DEVICE = slice(329 - _HALF, 345 - _HALF)
_PREFIX = slice(345 - _HALF, 500 - _HALF)
_PLAIN_TYPES = frozenset(b"0125")
_MEMO_SIZE = 1 << 12
_EXECUTABLE = 0o111
# Bytes of a name and a target that are ordinary at any rate.
_SHORT = 90
# Of names that end so, the cleaned path has another last part.
_UNCLEAN_ENDS = frozenset((b"", b".", b".."))
# To begin a run costs more than to read one header: after a short one some are left to the walker.
_SHORT_RUN = 4
_PAUSE = 16


class _SecondHalf(NamedTuple):
    """The last 256 bytes of a plain header.

    Attributes:
        total: Their sum.
        prefix: The first part of the name, with the slash that follows it, or empty.
    """

    total: int
    prefix: bytes


class _SecondHalves(dict[bytes, _SecondHalf | None]):
    """Second halves seen so far: those of most entries are the same. None: it is not plain."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, half: bytes) -> _SecondHalf | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        value = self[half] = self._read(half)
        return value

    def _read(self, half: bytes) -> _SecondHalf | None:
        prefix = half[_PREFIX].partition(b"\0")[0]
        # Where ustar has a prefix, others have times.
        has_names_only = half[_MAGIC] == MAGIC or not prefix
        is_target_ended = not half[0]
        has_numbers = self._rows[half[_DEVICE]] is not None
        is_star = half.endswith(STAR_TRAILER)
        if has_names_only and is_target_ended and has_numbers and not is_star:
            return _SecondHalf(sum(half), prefix and prefix + b"/")
        return None


class PlainHeaders:
    """Reads runs of plain headers.

    Args:
        plan: Whose content is wanted: headers of files that may be meant are left to the walker.
    """

    def __init__(self, plan: ContentPlan) -> None:
        self._rows = Rows()
        self._numbers = Numbers()
        self._sums = Sums()
        self._second_halves = _SecondHalves(self._rows)
        self._wanted_names = _UNCLEAN_ENDS | {
            utf8(path.rpartition("/")[2]) for path in (*plan.paths, *plan.endings, *plan.hashed)
        }
        self._wanted_mode = _EXECUTABLE if plan.executables or plan.libraries else 0
        self._wanted_part = b".so" if plan.libraries else None
        self._is_below = _search_of(plan.below) if plan.below else None
        self._pause = 0

    def read(self, data: bytes, position: int, offset: int, most: int) -> list[PlainRow]:
        """Read plain headers that follow one another, with the content of files between them.

        Args:
            data: A part of the tar.
            position: Where in it a header is.
            offset: Byte offset of the part in the tar.
            most: How many there may be.

        Returns:
            A row for each; none where the header is not plain.
        """
        if self._pause:
            self._pause -= 1
            return []
        if most * BLOCK < len(data) - position:
            # So near to the limit the walker counts.
            return []
        found = self._run(data, position, offset)
        if len(found) < _SHORT_RUN:
            self._pause = _PAUSE
        return found

    def _run(self, data: bytes, position: int, offset: int) -> list[PlainRow]:
        # This loop takes most of the time for a tar of many small files.
        unpack, adler = _HEADER.unpack_from, adler32
        halves, sums, numbers, rows = self._second_halves, self._sums, self._numbers, self._rows
        wanted_names, wanted_mode = self._wanted_names, self._wanted_mode
        wanted_part, is_below = self._wanted_part, self._is_below
        found: list[PlainRow] = []
        last = len(data) - BLOCK
        while position <= last:
            name, raw_owners, raw_size, raw_mtime, checksum, kind, link, half = unpack(
                data, position
            )
            second = halves[half]
            if second is None or kind not in _PLAIN_TYPES:
                break
            total, prefix = second
            # A sum of at most 256 * 255: Adler's modulus, 65521, is never reached.
            if (adler(data[position : position + _HALF]) & 0xFFFF) - 1 + total != sums[checksum]:
                break
            owners, size, mtime = rows[raw_owners], numbers[raw_size], numbers[raw_mtime]
            if owners is None or size is None or mtime is None or size < 0:
                break
            name = prefix + name.partition(b"\0")[0]
            link = link.partition(b"\0")[0] if kind in TYPES_WITH_LINK else b""
            if len(name) + len(link) > _SHORT and not is_ordinary(name, link):
                break
            here = position
            position += BLOCK
            if size and kind == REGULAR_TYPE:
                if (
                    owners[0] & wanted_mode
                    or name[name.rfind(b"/") + 1 :] in wanted_names
                    or (wanted_part and wanted_part in name)
                    or (is_below and is_below(name))
                ):
                    break
                position += size + -size % BLOCK
            found.append((name, link, kind, owners, size, mtime, offset + here))
        return found


def _search_of(directories: Iterable[str]) -> Callable[[bytes], object]:
    """Finds names that may be below some directories: those with the last part of one of them."""
    parts = {re.escape(utf8(path.rpartition("/")[2])) for path in directories}
    return re.compile(rb"(?:^|/)(?:" + b"|".join(sorted(parts)) + rb")/").search
