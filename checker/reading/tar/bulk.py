"""Plain headers of a layer with very many entries, in windows of thousands of blocks, with NumPy.

It knows the common spelling of headers alone: numbers in octal with all their digits, the magic of
ustar or GNU tar. Whatever else is plain is left to ``columns.py``, which is slower.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from checker.reading.tar.columns import PLAIN_TYPES, Columns, count_ordinary, target_of
from checker.reading.tar.header import BLOCK, REGULAR_TYPE, TYPES_WITH_LINK
from checker.reading.tar.table import PlainRows

_Bytes = npt.NDArray[np.uint8]
_Numbers = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]

_MAGIC = np.frombuffer(b"usta", np.uint32)
_MAGIC_OFFSET = 257
_HALF = BLOCK // 2
_OWNERS = slice(100, 124)
_SIZE = slice(124, 136)
_MTIME = slice(136, 148)
_SUM = slice(148, 156)
_KIND = 156
# The words of 64 bits that the field of the name is in.
_NAME_WORDS = slice(0, 13)
_NAME = 100
_ZERO, _SLASH = b"0/"
# The checksum counts its own bytes as spaces.
_BLANKED = 8 * ord(" ")
_IS_PLAIN_KIND = np.isin(np.arange(256), list(PLAIN_TYPES))
_IS_LINK = np.isin(np.arange(256), list(TYPES_WITH_LINK))


class _Octal:
    """Fields of digits, all of them octal, and bytes after them that are NUL or a space.

    Args:
        digits: The number of digits.
        ends: The number of bytes after them.
    """

    def __init__(self, digits: int, ends: int) -> None:
        # A digit is 0x30 to 0x37, an end 0x00 or 0x20.
        self._mask = np.frombuffer(b"\xf8" * digits + b"\xdf" * ends, np.uint32)
        self._pattern = np.frombuffer(b"0" * digits + b"\0" * ends, np.uint32)
        powers = [8**power for power in reversed(range(digits))]
        self._weights = np.array(powers + [0] * ends, np.float64)
        self._excess = _ZERO * sum(powers)

    def read(self, fields: _Bytes) -> tuple[_Numbers, _Flags]:
        """The numbers in some fields, and which of them are of this form."""
        fields = np.ascontiguousarray(fields)
        # Eleven octal digits have 33 bits, which a float has room for.
        numbers = (fields.astype(np.float64) @ self._weights).astype(np.int64) - self._excess
        return numbers, _all((fields.view(np.uint32) & self._mask) == self._pattern)


_NUMBER = _Octal(11, 1)
_CHECKSUM = _Octal(6, 2)


class BulkHeaders:
    """Reads the plain headers of a whole window at once.

    Args:
        columns: What reads those that are spelled otherwise; it knows the plan.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._is_wanted_end = _table_of_ends(columns.wanted_names)

    def read(self, data: bytes, position: int, offset: int) -> PlainRows | None:
        """Read plain headers that follow one another, as ``PlainHeaders.read`` does.

        Args:
            data: A part of the tar.
            position: Where in it a header is.
            offset: Byte offset of the part in the tar.
        """
        count = (len(data) - position) // BLOCK
        window = np.frombuffer(data, np.uint8, count * BLOCK, position).reshape(count, BLOCK)
        places, sizes = _chain(window)
        headers = window[places]
        count, mtimes = _count_plain(headers)
        prefix = self._columns.prefixes[headers[0, _HALF:].tobytes()] if count else None
        if prefix is None:
            return None
        count, owners = self._owners(headers[:count])
        names = _names(headers[:count], prefix)
        kinds = headers[: len(names), _KIND]
        is_file = kinds == REGULAR_TYPE
        links = _links(headers, kinds)
        count = min(
            count_ordinary(names, links),
            1 + _first(~is_file & (sizes[: len(names)] != 0)),
            1 + self._first_wanted(names, is_file & (sizes[: len(names)] != 0), owners[0]),
        )
        if not count:
            return None
        modes, users, groups = (column[:count] for column in owners)
        return PlainRows(
            names=b"\0".join(names[:count]),
            links={number: target for number, target in links.items() if number < count},
            kinds=kinds[:count].tobytes(),
            modes=array("I", modes.astype(np.uint32).tobytes()),
            uids=_as_array(users),
            gids=_as_array(groups),
            sizes=_as_array(sizes[:count]),
            mtimes=_as_array(mtimes[:count]),
            offsets=_as_array(places[:count] * BLOCK + (offset + position)),
        )

    def _owners(self, headers: _Bytes) -> tuple[int, _Numbers]:
        """The number of headers before the first malformed owner; modes, users and groups."""
        fields = np.ascontiguousarray(headers[:, _OWNERS])
        words = fields.view(np.uint64)
        # Most have the owners of the one before.
        starts = [0, *(np.flatnonzero(~_all(words[1:] == words[:-1])) + 1).tolist()]
        rows = list(takewhile(bool, (self._columns.rows[fields[i].tobytes()] for i in starts)))
        starts = [*starts, len(headers)][: len(rows) + 1]
        table = np.array(rows, np.int64).reshape(len(rows), 3)
        return starts[-1], np.repeat(table, np.diff(starts), axis=0).T

    def _first_wanted(self, names: Sequence[bytes], is_file: _Flags, modes: _Numbers) -> int:
        """Number of the first file whose content may be wanted; beyond all if there is none."""
        columns = self._columns
        joined = b"\0\0" + b"\0".join(names)
        text = np.frombuffer(joined, np.uint8)
        ends = np.append(np.flatnonzero(text[2:] == 0) + 2, len(text))
        is_end = self._is_wanted_end[text[ends - 1], text[ends - 2]]
        named = (
            number
            for number in np.flatnonzero(is_file & is_end).tolist()
            if names[number].rpartition(b"/")[2] in columns.wanted_names
        )
        first = min(
            next(named, len(names)),
            _first(is_file & (modes[: len(names)] & columns.wanted_mode != 0)),
        )
        part, below = columns.wanted_part, columns.wanted_below
        files = np.flatnonzero(is_file[:first]).tolist()
        if part is not None and part in joined:
            first = next((number for number in files if part in names[number]), first)
        if below is not None and below(joined):
            first = min(first, next((number for number in files if below(names[number])), first))
        return first


def _chain(window: _Bytes) -> tuple[_Numbers, _Numbers]:
    """The places of blocks that follow one another if each is the header of a file, and the sizes.

    Only blocks with the magic of a header are looked at.
    """
    magic = np.ndarray((len(window),), np.uint32, window, _MAGIC_OFFSET, (BLOCK,))
    places = np.flatnonzero(magic == _MAGIC)
    sizes, are_sizes = _NUMBER.read(window[:, _SIZE][places])
    following = np.where(are_sizes, places + 1 + (sizes + BLOCK - 1) // BLOCK, -1)
    if not len(places) or places[0]:
        return places[:0], sizes[:0]
    if not (following[:-1] == places[1:]).all():
        order = _follow(places, following)
        places, sizes, are_sizes = places[order], sizes[order], are_sizes[order]
    count = _first(~are_sizes)
    return places[:count], sizes[:count]


def _follow(places: _Numbers, following: _Numbers) -> list[int]:
    """Which places are reached from the first one, as numbers in the list of places."""
    nexts = np.searchsorted(places, following)
    is_place = np.append(places, -1)[nexts] == following
    steps = np.where(is_place, nexts, len(places)).tolist()
    order: list[int] = []
    number = 0
    while number < len(steps):
        order.append(number)
        number = steps[number]
    return order


def _count_plain(headers: _Bytes) -> tuple[int, _Numbers]:
    """The number of headers before the first that is not plain by its bytes, and the times."""
    times, plain = _NUMBER.read(headers[:, _MTIME])
    plain &= _IS_PLAIN_KIND[headers[:, _KIND]]
    second = headers[:, _HALF:].view(np.uint64)
    plain &= (second == second[:1]).all(axis=1)
    stated, are_sums = _CHECKSUM.read(headers[:, _SUM])
    # The sum of 256 bytes fits into 16 bits.
    total = headers[:, :_HALF].sum(axis=1, dtype=np.uint16).astype(np.int64)
    total += headers[:1, _HALF:].sum(dtype=np.int64) + _BLANKED
    plain &= are_sums
    plain &= total - headers[:, _SUM].sum(axis=1, dtype=np.uint16) == stated
    return _first(~plain), times


def _names(headers: _Bytes, prefix: bytes) -> list[bytes]:
    """The names of headers, up to the first in whose field bytes follow the end of a name."""
    words = np.bitwise_or.reduce(headers.view(np.uint64)[:, _NAME_WORDS], axis=0)
    used = np.flatnonzero(words.view(np.uint8)[:_NAME])
    width = used[-1].item() + 1 if len(used) else 1
    fields = np.ascontiguousarray(headers[:, :width]).view(f"S{width}").ravel()
    names: list[bytes] = fields.tolist()
    if b"".join(names).count(0):
        del names[next(number for number, name in enumerate(names) if b"\0" in name) :]
    return [prefix + name for name in names] if prefix else names


def _links(headers: _Bytes, kinds: _Bytes) -> dict[int, bytes]:
    """The targets of links, by number of the header."""
    numbers = np.flatnonzero(_IS_LINK[kinds]).tolist()
    targets = ((number, target_of(headers[number].tobytes())) for number in numbers)
    return {number: target for number, target in targets if target}


def _table_of_ends(names: Iterable[bytes]) -> _Flags:
    """Whether a path may have one of some last parts, by its last byte and the one before it.

    NUL is before a path.
    """
    table = np.zeros((256, 256), np.bool_)
    for name in names:
        if len(name) > 1:
            table[name[-1], name[-2]] = True
        elif name:
            table[name[0], [0, _SLASH]] = True
        else:
            table[[0, _SLASH]] = True
    return table


def _all(table: _Flags) -> _Flags:
    """Which rows of a table with few columns are true throughout."""
    columns: _Flags = np.logical_and.reduce([table[:, place] for place in range(table.shape[1])])
    return columns


def _first(flags: _Flags) -> int:
    """The number of the first true value; the number of values if there is none."""
    number = flags.argmax().item() if len(flags) else 0
    return number if len(flags) and flags[number] else len(flags)


def _as_array(numbers: _Numbers) -> array[int]:
    return array("q", np.ascontiguousarray(numbers).tobytes())
