"""Plain headers of a layer with very many entries, in windows of thousands of blocks, with NumPy.

It knows the common spelling of headers alone: numbers in octal with all their digits, the magic of
ustar or GNU tar. Whatever else is plain is left to ``columns.py``, which is slower.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from checker.reading.tar.columns import HALF, PLAIN_TYPES, SHORT, Columns, count_ordinary, target_of
from checker.reading.tar.header import BLOCK, REGULAR_TYPE, TYPES_WITH_LINK
from checker.reading.tar.table import PlainRows

_Bytes = npt.NDArray[np.uint8]
_Numbers = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_Words = npt.NDArray[np.uint64]

_MAGIC = np.frombuffer(b"usta", np.uint32)
_MAGIC_OFFSET = 257
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
_BLANKED = np.uint64(8 * ord(" "))
_SUM_MASK, _SUM_PATTERN = np.uint64(0xF8F8F8F8F8F8DFDF), np.uint64(0x3030303030300000)
_DIGITS = np.uint64(0x0707070707070707)
_PUT_TOGETHER = (
    (np.uint64(5), np.uint64(0x003F003F003F003F)),
    (np.uint64(10), np.uint64(0x00000FFF00000FFF)),
    (np.uint64(20), np.uint64(0x0000000000FFFFFF)),
)
_TWO_DIGITS, _BYTE = np.uint64(6), np.uint64(8)
_EVERY_OTHER, _ONES = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)
_IS_PLAIN_KIND = np.isin(np.arange(256), list(PLAIN_TYPES))
# The last byte of a word is its highest.
_WORD = np.dtype("<u8")
_TWO_BYTES, _SIX_BYTES = np.uint64(16), np.uint64(48)
_HASHED = 6
# Knuth, The Art of Computer Programming, section 6.4: hashing by multiplication.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
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


class _Ends:
    """Tells by its last bytes whether a path may end with one of some last parts.

    Args:
        names: The last parts.
    """

    def __init__(self, names: Iterable[bytes]) -> None:
        # By the last two bytes, and by a hash of the last six. NUL or a slash is before a part.
        self._pairs = np.zeros(1 << 16, np.bool_)
        self._hashes = np.zeros(1 << 16, np.bool_)
        for name in names:
            for end in (b"\0" + name, b"/" + name):
                word = np.frombuffer(end[-8:].rjust(8, b"\0"), _WORD)
                if len(end) >= _HASHED:
                    self._hashes[_hashes(word)] = True
                elif name:
                    self._pairs[word >> _SIX_BYTES] = True
                else:
                    self._pairs[end[0] << 8 : (end[0] + 1) << 8] = True

    def may_end(self, joined: bytes) -> _Flags:
        """Which of some paths, separated by NUL, may end so."""
        text = np.frombuffer(bytes(8) + joined, np.uint8)
        ends = np.append(np.flatnonzero(text[8:] == 0), len(joined))
        # The eight bytes that begin at each byte of the text.
        words = np.ndarray((len(joined) + 1,), _WORD, text, 0, (1,))[ends]
        flags: _Flags = self._pairs[words >> _SIX_BYTES] | self._hashes[_hashes(words)]
        return flags


def _hashes(words: _Words) -> _Words:
    """A number of 16 bits for the last six bytes of each word."""
    return (words >> _TWO_BYTES) * _FACTOR >> _SIX_BYTES


class BulkHeaders:
    """Reads the plain headers of a whole window at once.

    Args:
        columns: What reads those that are spelled otherwise; it knows the plan.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._ends = _Ends(columns.wanted_names)

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
        prefix = self._columns.prefixes[headers[0, HALF:].tobytes()] if count else None
        if prefix is None:
            return None
        count, owners = self._owners(headers[:count])
        count, names, longest = _names(headers[:count], prefix)
        kinds = headers[:count, _KIND]
        links = _links(headers, kinds)
        has_size = sizes[:count] != 0
        is_file = has_size & (kinds == REGULAR_TYPE)
        count = min(
            count,
            _count_ordinary(names, links, longest),
            1 + _first(has_size & ~is_file),
        )
        if self._columns.hashed:
            names_of_rows = names.split(b"\0")[:count]
            count = self._columns.count_to_hashed(names_of_rows, sizes.tolist())
        if not count:
            return None
        modes, users, groups = (column[:count] for column in owners)
        return PlainRows(
            names=b"\0".join(names.split(b"\0", count)[:count]) if count < len(kinds) else names,
            links={number: target for number, target in links.items() if number < count},
            kinds=kinds[:count].tobytes(),
            modes=array("I", modes.astype(np.uint32).tobytes()),
            uids=_as_array(users),
            gids=_as_array(groups),
            sizes=_as_array(sizes[:count]),
            mtimes=_as_array(mtimes[:count]),
            offsets=_as_array(places[:count] * BLOCK + (offset + position)),
            are_clean=_are_clean(names),
            named=np.flatnonzero(self._ends.may_end(names)[:count]).tolist(),
        )

    def _owners(self, headers: _Bytes) -> tuple[int, _Numbers]:
        """The number of headers before the first malformed owner; modes, users and groups."""
        fields = np.ascontiguousarray(headers[:, _OWNERS])
        words = fields.view(np.uint64)
        # Most have the owners of the one before.
        starts = [0, *(np.flatnonzero(~_all(words[1:] == words[:-1])) + 1).tolist()]
        found = (self._columns.owners[fields[i].tobytes()] for i in starts)
        rows = list(takewhile(bool, found))
        starts = [*starts, len(headers)][: len(rows) + 1]
        table = np.frombuffer(b"".join(filter(None, rows)), np.int64).reshape(len(rows), 3)
        return starts[-1], np.repeat(table, np.diff(starts), axis=0).T


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
    if headers[:, HALF:].tobytes() != headers[:1, HALF:].tobytes() * len(headers):
        second = headers[:, HALF:].view(np.uint64)
        plain &= (second == second[:1]).all(axis=1)
    sums, are_sums = _sums(headers[:, _SUM])
    # The sum of 256 bytes fits into 16 bits.
    total = headers[:, :HALF].sum(axis=1, dtype=np.uint16)
    plain &= are_sums
    plain &= sums == total + headers[:1, HALF:].sum(dtype=np.uint64)
    return _first(~plain), times


def _sums(fields: _Bytes) -> tuple[_Words, _Flags]:
    """The sums of all bytes that checksums stand for, and which of these are six digits."""
    words = np.ascontiguousarray(fields).view(">u8").ravel().astype(np.uint64)
    are_sums = words & _SUM_MASK == _SUM_PATTERN
    # Neighbours are put together: digits of three bits to six, to twelve, to 24.
    digits = words & _DIGITS
    for distance, mask in _PUT_TOGETHER:
        digits = (digits | digits >> distance) & mask
    own = ((words & _EVERY_OTHER) + (words >> _BYTE & _EVERY_OTHER)) * _ONES >> _SIX_BYTES
    # The bytes of the field are counted as spaces; the last two are no digits.
    return (digits >> _TWO_DIGITS) + own - _BLANKED, are_sums


def _names(headers: _Bytes, prefix: bytes) -> tuple[int, bytes, int]:
    """The names of headers, up to the first in whose field bytes follow the end of a name.

    Returns:
        The number of names; the names, separated by NUL; and how long they are at most.
    """
    words = np.bitwise_or.reduce(headers.view(np.uint64)[:, _NAME_WORDS], axis=0)
    used = np.flatnonzero(words.view(np.uint8)[:_NAME])
    # The column after the longest name has a NUL for each.
    width = used[-1].item() + 2 if len(used) else 1
    text = headers[:, :width].copy()
    text[:, -1] = 0
    is_name = text.ravel() != 0
    # The first byte, and each that follows one of the name: the NUL after it too.
    is_kept = np.ones(len(is_name), np.bool_)
    is_kept[1:] = is_name[:-1]
    is_kept[::width] = True
    if (is_name > is_kept).any():
        count = np.flatnonzero(is_name > is_kept)[0].item() // width
        return _names(headers[:count], prefix) if count else (0, b"", 0)
    names = text.ravel()[is_kept].tobytes()[:-1]
    if prefix:
        names = prefix + names.replace(b"\0", b"\0" + prefix)
    return len(headers), names, len(prefix) + width - 1


def _are_clean(names: bytes) -> bool:
    """Whether no part of names, separated by NUL, is empty or begins or ends with a dot."""
    text = np.frombuffer(b"/%b/" % names, np.uint8)
    # A slash is one more than a dot.
    is_edge = (text | 1 == _SLASH) | (text == 0)
    return not (is_edge[1:] & is_edge[:-1]).any().item()


def _count_ordinary(names: bytes, links: dict[int, bytes], longest: int) -> int:
    """The number of rows before the first with a long or deeply nested name or target, or more."""
    longest = max(longest, max(map(len, links.values()), default=0))
    return sys.maxsize if longest <= SHORT else count_ordinary(names.split(b"\0"), links)


def _links(headers: _Bytes, kinds: _Bytes) -> dict[int, bytes]:
    """The targets of links, by number of the header."""
    numbers = np.flatnonzero(_IS_LINK[kinds]).tolist()
    targets = ((number, target_of(headers[number, :HALF].tobytes())) for number in numbers)
    return {number: target for number, target in targets if target}


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
