"""Headers of a tar as columns, of which each is tested at once.

All work for each header is done by functions that are written in C, since a layer of many small
files has a header in every other block.
"""

from __future__ import annotations

import re
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress, count, repeat
from operator import add, eq, itemgetter

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
from checker.reading.tar.table import PlainRows, is_ordinary
from checker.records import NamedTuple
from checker.typing_names import TypeVar, cast

T = TypeVar("T")
PLAIN_TYPES = b"0125"
# name mode+uid+gid mtime checksum second half; the last byte of a target begins that half
_FIELDS = struct.Struct("100s24s12x12s8s100x256s")
_HALF = BLOCK // 2
_KIND = 156
_TARGET = slice(157, 257)
_MAGIC = slice(257 - _HALF, 263 - _HALF)
_DEVICE = slice(329 - _HALF, 345 - _HALF)
_PREFIX = slice(345 - _HALF, 500 - _HALF)
_NOT_A_FILE = re.compile(rb"[^0]")
_MEMO_SIZE = 1 << 12
_EXECUTABLE = 0o111
_FEW_BLOCKS = 256
SHORT = 90
"""Bytes of names and targets that are ordinary at any rate."""
# Of names that end so, the cleaned path has another last part.
_UNCLEAN_ENDS = frozenset((b"", b".", b".."))
# Where the lower half of an integer of 32 bits is.
_LOWER = 0 if sys.byteorder == "little" else 1


class Chain(NamedTuple):
    """Blocks that are the headers of consecutive entries, if each is that of a file.

    Attributes:
        blocks: The blocks.
        sizes: The sizes of the files.
        offsets: Byte offsets of the blocks in the tar.
    """

    blocks: list[bytes]
    sizes: list[int]
    offsets: list[int]


class _Packed(dict[bytes, bytes | None]):
    """Fields -> their numbers as arrays of 64 bits keep them; None if one is malformed.

    To join what is packed takes a quarter of the time of putting numbers into an array.

    Args:
        numbers: Reads the numbers of some fields.
    """

    def __init__(self, numbers: Callable[[bytes], Sequence[int] | None]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, fields: bytes) -> bytes | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        numbers = self._numbers(fields)
        value = self[fields] = None if numbers is None else array("q", numbers).tobytes()
        return value


class _Prefixes(dict[bytes, bytes | None]):
    """Second half of a header -> the first part of its name, with the slash that follows it.

    None: the header is not plain. The second halves of most entries are the same.
    """

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, half: bytes) -> bytes | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        value = self[half] = self._read(half)
        return value

    def _read(self, half: bytes) -> bytes | None:
        prefix = half[_PREFIX].partition(b"\0")[0]
        # Where ustar has a prefix, others have times.
        has_names_only = half[_MAGIC] == MAGIC or not prefix
        is_target_ended = not half[0]
        has_numbers = self._rows[half[_DEVICE]] is not None
        is_star = half.endswith(STAR_TRAILER)
        if has_names_only and is_target_ended and has_numbers and not is_star:
            return prefix and prefix + b"/"
        return None


class Columns:
    """Reads the plain headers at the start of a chain.

    Args:
        plan: Whose content is wanted.

    Attributes:
        rows: Mode, user and group by their fields.
        prefixes: The first part of a name by the second half of its header.
        wanted_mode: Bits of the modes of such files.
        wanted_part: What the names of such files contain; None if that matters not.
        wanted_below: Finds names, separated by NUL, that may be below directories of such files;
            None if there are none.
    """

    def __init__(self, plan: ContentPlan) -> None:
        self.rows = Rows()
        self._numbers = Numbers()
        self._sums = Sums()
        self._owners = _Packed(self.rows.__getitem__)
        self._mtimes = _Packed(self._mtime)
        self.prefixes = _Prefixes(self.rows)
        self._plan = plan
        self.wanted_mode = _EXECUTABLE if plan.executables or plan.libraries else 0
        self.wanted_part = b".so" if plan.libraries else None
        self.wanted_below = _search_of(plan.below) if plan.below else None

    # Archives can have thousands of tars without a header that is plain.
    @cached_property
    def wanted_names(self) -> frozenset[bytes]:
        """Last parts of names of files whose content may be wanted."""
        plan = self._plan
        paths = (*plan.paths, *plan.endings, *plan.hashed)
        return _UNCLEAN_ENDS | {utf8(path.rpartition("/")[2]) for path in paths}

    @property
    def has_odd(self) -> bool:
        """Whether programs differ in a number that was read."""
        return self.rows.has_odd or self._numbers.has_odd or self._sums.has_odd

    def plain_rows(self, batch: Chain) -> PlainRows | None:
        """The rows of the headers at the start of a chain that are plain; None: there are none.

        Only the last row can be that of a file whose content may be wanted, or of an entry without
        content that has a size, after which the chain is wrong.
        """
        blocks, sizes, offsets = batch
        headers = b"".join(blocks)
        kinds = headers[_KIND::BLOCK]
        kinds = kinds[: len(kinds) - len(kinds.lstrip(PLAIN_TYPES))]
        if not kinds:
            return None
        raw_names, raw_owners, raw_mtimes, raw_sums, halves = zip(
            *_FIELDS.iter_unpack(headers[: len(kinds) * BLOCK]), strict=True
        )
        owners = _known(map(self._owners.__getitem__, raw_owners))
        mtimes = _known(map(self._mtimes.__getitem__, raw_mtimes))
        prefixes = self._prefixes_of(halves)
        right_sums = list(map(self._sums.__getitem__, raw_sums))
        plain = min(
            _count_equal(_sums(blocks[: len(kinds)], headers), right_sums),
            len(owners),
            len(mtimes),
            len(prefixes),
        )
        names = _names(raw_names[:plain], prefixes[:plain])
        links, plain = _links(blocks, sizes, kinds[:plain])
        plain = count_ordinary(names[:plain], links)
        plain = self._count_to_wanted(names[:plain], kinds, raw_owners, sizes)
        if not plain:
            return None
        columns = array("q", b"".join(owners[:plain]))
        return PlainRows(
            b"\0".join(names[:plain]),
            {number: target for number, target in links.items() if number < plain},
            kinds[:plain],
            array("I", columns[0::3].tobytes())[_LOWER::2],
            columns[1::3],
            columns[2::3],
            array("q", sizes[:plain]),
            array("q", b"".join(mtimes[:plain])),
            array("q", offsets[:plain]),
        )

    def _mtime(self, field: bytes) -> tuple[int] | None:
        number = self._numbers[field]
        return None if number is None else (number,)

    def _count_to_wanted(
        self,
        names: Sequence[bytes],
        kinds: bytes,
        owners: Sequence[bytes],
        sizes: Sequence[int],
    ) -> int:
        """The number of rows up to the first file whose content may be wanted, or of all."""
        ends = (
            next((i + 1 for i in rows if sizes[i] and kinds[i] == REGULAR_TYPE), len(names))
            for rows in self._maybe_wanted(names, owners[: len(names)], sizes)
        )
        return min(ends, default=len(names))

    def _maybe_wanted(
        self, names: Sequence[bytes], owners: Sequence[bytes], sizes: Sequence[int]
    ) -> Iterator[Iterable[int]]:
        """Rows, in order, by whose names or modes a file would be wanted."""
        wanted, part, below = self.wanted_names, self.wanted_part, self.wanted_below
        if not wanted.isdisjoint(_last_parts(compress(names, sizes))):
            yield (i for i, name in enumerate(names) if name.rpartition(b"/")[2] in wanted)
        executable = {field for field in set(owners) if self._is_executable(field)}
        if executable:
            yield compress(count(), map(executable.__contains__, owners))
        joined = b"\0".join(names)
        if part is not None and part in joined:
            yield (i for i, name in enumerate(names) if part in name)
        if below is not None and below(joined):
            yield (i for i, name in enumerate(names) if below(name))

    def _is_executable(self, owners: bytes) -> bool:
        row = self.rows[owners]
        return row is not None and bool(row[0] & self.wanted_mode)

    def _prefixes_of(self, halves: Sequence[bytes]) -> list[bytes]:
        first = halves[0]
        if halves.count(first) == len(halves):
            return _known(repeat(self.prefixes[first], len(halves)))
        return _known(map(self.prefixes.__getitem__, halves))


def _search_of(directories: Iterable[str]) -> Callable[[bytes], object]:
    """Finds names that may be below some directories: those with the last part of one of them."""
    parts = {re.escape(utf8(path.rpartition("/")[2])) for path in directories}
    return re.compile(rb"(?:^|[/\0])(?:" + b"|".join(sorted(parts)) + rb")/").search


def _last_parts(names: Iterable[bytes]) -> Iterator[bytes]:
    return map(itemgetter(2), map(bytes.rpartition, names, repeat(b"/")))


def _known(values: Iterable[T | None]) -> list[T]:
    """The values before the first that is None."""
    column = list(values)
    return cast("list[T]", column[: column.index(None)] if None in column else column)


def _names(fields: Sequence[bytes], prefixes: Sequence[bytes]) -> list[bytes]:
    names = [field.partition(b"\0")[0] for field in fields]
    return list(map(add, prefixes, names)) if any(prefixes) else names


def _links(
    blocks: Sequence[bytes], sizes: Sequence[int], kinds: bytes
) -> tuple[dict[int, bytes], int]:
    """The targets of links, and the number of rows up to an entry that says a size in vain."""
    links: dict[int, bytes] = {}
    for match in _NOT_A_FILE.finditer(kinds):
        number = match.start()
        if kinds[number] in TYPES_WITH_LINK:
            target = target_of(blocks[number])
            if target:
                links[number] = target
        if sizes[number]:
            return links, number + 1
    return links, len(kinds)


def target_of(block: bytes) -> bytes:
    """The target in the header of a link."""
    return block[_TARGET].partition(b"\0")[0]


def count_ordinary(names: Sequence[bytes], links: Mapping[int, bytes]) -> int:
    """The number of rows before the first with a long or deeply nested name or target."""
    if max(map(len, chain(names, links.values())), default=0) <= SHORT:
        return len(names)
    rows = enumerate(names)
    return next((i for i, name in rows if not is_ordinary(name, links.get(i, b""))), len(names))


def _count_equal(one: Sequence[int], other: Sequence[int]) -> int:
    """The number of values before the first that differs."""
    if one == other:
        return len(one)
    return next(number for number, same in enumerate(map(eq, one, other)) if not same)


def _adler32() -> Callable[[bytes, int], int]:
    # It takes a third of the time of that of zlib, and a millisecond to import.
    from isal.isal_zlib import adler32

    return adler32


def _sums(blocks: Sequence[bytes], headers: bytes) -> list[int]:
    """The sum of the bytes of each block; ``headers`` are all blocks together."""
    adler32 = _adler32() if len(blocks) > _FEW_BLOCKS else zlib.adler32
    # The lower half of Adler's sum is the sum of the bytes modulo 65521, which is exact for blocks
    # of ASCII, and for half a block of any bytes.
    checks = array("I", map(adler32, blocks, repeat(0)))
    sums = array("H", checks.tobytes())[_LOWER::2].tolist()
    for number, block in () if headers.isascii() else enumerate(blocks):
        if not block.isascii():
            halves = block[:_HALF], block[_HALF:]
            sums[number] = sum(adler32(half, 0) & 0xFFFF for half in halves)
    return sums
