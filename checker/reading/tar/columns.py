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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress, repeat
from operator import add, eq, itemgetter, sub
from types import MappingProxyType

from checker.model.content import ContentPlan
from checker.model.untrusted import utf8
from checker.reading.tar.anomalies import decode_name
from checker.reading.tar.header import (
    BLOCK,
    MAGIC,
    STAR_TRAILER,
    TYPES_WITH_LINK,
    plain_number,
    plain_sum,
)
from checker.reading.tar.pax import XATTR_PREFIX, usual_records
from checker.reading.tar.table import PaxRows, PlainRows, is_ordinary
from checker.records import NamedTuple
from checker.typing_names import TypeVar, cast

T = TypeVar("T")
PLAIN_TYPES = b"0125"
(PAX_TYPE,) = b"x"
TYPES = PLAIN_TYPES + b"x"
HALF = BLOCK // 2
"""Bytes of the halves of a header. Only the first one has what is of the entry alone."""
# name mode+uid+gid mtime checksum; the last byte of a target begins the second half
_FIELDS = struct.Struct("100s24s12x12s8s100x")
_KIND = 156
_TARGET = slice(157, HALF)
_MAGIC = slice(257 - HALF, 263 - HALF)
_DEVICE = slice(329 - HALF, 345 - HALF)
_PREFIX = slice(345 - HALF, 500 - HALF)
_NOT_A_FILE = re.compile(rb"[^0]")
_MEMO_SIZE = 1 << 12
_TIME_DIGITS, _SUM_DIGITS = 11, 6
_MANY_PARTS = 256
_BLANKED = 8 * ord(" ")
_NO_SUM = 1 << 20
SHORT = 90
"""Bytes of names and targets that are ordinary at any rate."""
# Of names that end so, the cleaned path has another last part.
_UNCLEAN_ENDS = frozenset((b"", b".", b".."))
_OWNERS = ((b"uid", 8), (b"gid", 16))
_AS_ENTRIES = bytes(code != PAX_TYPE for code in range(256))
# extensions.py; entries with more or longer attributes are left to the walker
_XATTRS, _XATTR_VALUE = 64, 256
# Where the lower half of an integer of 32 bits is.
_LOWER = 0 if sys.byteorder == "little" else 1


class Extension(NamedTuple):
    """A PAX header that all programs take in the same way.

    Attributes:
        records: Its records.
        xattrs: The extended attributes among them by their names.
        xattr_bytes: Bytes of the keys and values of these.
    """

    records: Mapping[bytes, bytes]
    xattrs: Mapping[str, bytes] = MappingProxyType({})
    xattr_bytes: int = 0


def usual_extension(body: bytes) -> Extension | None:
    """Read the body of a PAX header; None where the walker has to."""
    records = usual_records(body)
    if records is None or XATTR_PREFIX not in body:
        return None if records is None else Extension(records)
    found = {key: value for key, value in records.items() if key.startswith(XATTR_PREFIX)}
    if len(found) > _XATTRS or max(map(len, found.values()), default=0) > _XATTR_VALUE:
        return None
    xattrs = {decode_name(key[len(XATTR_PREFIX) :]): value for key, value in found.items()}
    return Extension(records, xattrs, sum(map(len, chain.from_iterable(found.items()))))


class Chain(NamedTuple):
    """Blocks that are the headers of consecutive entries, if each is that of a file.

    Attributes:
        starts: The first halves of the blocks.
        rests: Their second halves.
        sizes: The sizes of the files; 0 for PAX headers.
        offsets: Byte offsets of the blocks in the tar.
        extensions: PAX headers by the numbers of their blocks; that of the entry follows.
    """

    starts: list[bytes]
    rests: list[bytes]
    sizes: list[int]
    offsets: list[int]
    extensions: dict[int, Extension]


class _Fields(NamedTuple):
    """What is in headers, by column; owners and times as arrays keep them.

    Attributes:
        starts: The first halves of the blocks.
        names: The names.
        kinds: The type flags.
        owners: Mode, user and group.
        sizes: The sizes of the files.
        mtimes: The modification times.
        offsets: Byte offsets of the blocks in the tar.
    """

    starts: list[bytes]
    names: list[bytes]
    kinds: bytes
    owners: list[bytes]
    sizes: list[int]
    mtimes: list[bytes]
    offsets: list[int]

    def entries(self) -> _Fields:
        """The same without PAX headers."""
        are_entries = self.kinds.translate(_AS_ENTRIES)
        return _Fields(
            list(compress(self.starts, are_entries)),
            list(compress(self.names, are_entries)),
            bytes(compress(self.kinds, are_entries)),
            list(compress(self.owners, are_entries)),
            list(compress(self.sizes, are_entries)),
            list(compress(self.mtimes, are_entries)),
            list(compress(self.offsets, are_entries)),
        )


class _Owners(dict[bytes, bytes | None]):
    """Mode, user and group in a header -> the numbers as arrays of 64 bits keep them.

    None: one is malformed, or programs differ in what they read. Most entries have the same.
    """

    def __missing__(self, fields: bytes) -> bytes | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        numbers = _plain_numbers(fields)
        value = self[fields] = None if numbers is None else array("q", numbers).tobytes()
        return value


class _Prefixes(dict[bytes, bytes | None]):
    """Second half of a header -> the first part of its name, with the slash that follows it.

    None: the header is not plain. The second halves of most entries are the same.
    """

    def __missing__(self, half: bytes) -> bytes | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        value = self[half] = _prefix_of(half)
        return value


def _prefix_of(half: bytes) -> bytes | None:
    prefix = half[_PREFIX].partition(b"\0")[0]
    # Where ustar has a prefix, others have times.
    has_names_only = half[_MAGIC] == MAGIC or not prefix
    is_target_ended = not half[0]
    has_numbers = _plain_numbers(half[_DEVICE]) is not None
    is_star = half.endswith(STAR_TRAILER)
    if has_names_only and is_target_ended and has_numbers and not is_star:
        return prefix and prefix + b"/"
    return None


def _plain_numbers(fields: bytes) -> tuple[int, ...] | None:
    """The numbers in fields of 8 bytes; None if one is malformed, or programs differ in it."""
    parts = [fields[start : start + 8] for start in range(0, len(fields), 8)]
    numbers = tuple(number for part in parts if (number := plain_number(part)) is not None)
    return numbers if len(numbers) == len(parts) else None


class Columns:
    """Reads the plain headers at the start of a chain.

    Args:
        plan: Whose digests are wanted.

    Attributes:
        owners: Mode, user and group, packed, by their fields; None if they are not plain.
        prefixes: The first part of a name by the second half of its header.
        hashed: Last parts of the names of files whose digests may be wanted.
    """

    def __init__(self, plan: ContentPlan) -> None:
        self.owners = _Owners()
        self.prefixes = _Prefixes()
        self.hashed = _UNCLEAN_ENDS.union(map(utf8, plan.hashed)) if plan.hashed else frozenset()
        self._plan = plan

    # Most tars have too few headers for whom this is of use.
    @cached_property
    def wanted_names(self) -> frozenset[bytes]:
        """Last parts of names of files that the plan may name."""
        paths = (*self._plan.paths, *self._plan.endings)
        return _UNCLEAN_ENDS | {utf8(path.rpartition("/")[2]) for path in paths}

    def plain_rows(self, batch: Chain) -> PlainRows | None:
        """The rows of the headers at the start of a chain that are plain; None: there are none.

        Only the last row can be that of a file whose digest may be wanted, or of an entry without
        content that has a size, after which the chain is wrong.
        """
        starts, rests, sizes, offsets, extensions = batch
        headers = b"".join(starts)
        kinds = headers[_KIND::HALF]
        kinds = kinds[: len(kinds) - len(kinds.lstrip(TYPES))]
        if not kinds:
            return None
        raw_names, raw_owners, raw_mtimes, raw_sums = zip(
            *_FIELDS.iter_unpack(headers[: len(kinds) * HALF]), strict=True
        )
        owners = _known(map(self.owners.__getitem__, raw_owners))
        mtimes = _known(map(_packed(set(raw_mtimes)).__getitem__, raw_mtimes))
        del starts[len(kinds) :], rests[len(kinds) :]
        are_same = rests.count(rests[0]) == len(rests)
        prefixes = _known(map(self.prefixes.__getitem__, rests[:1] if are_same else rests))
        prefixes = prefixes * len(rests) if are_same else prefixes
        right_sums = list(map(_right_sums(set(raw_sums)).__getitem__, raw_sums))
        sums_of_rests = _sums(rests[:1]) * len(rests) if are_same else _sums(rests)
        plain = min(
            _count_equal(list(map(add, _sums(starts), sums_of_rests)), right_sums),
            len(owners),
            len(mtimes),
            len(prefixes),
        )
        names = _names(raw_names[:plain], prefixes[:plain])
        fields = _Fields(starts, names, kinds[:plain], owners, sizes, mtimes, offsets)
        if not extensions:
            return self._rows(fields, {})
        for number, extension in extensions.items():
            if number + 1 < plain:
                _apply(extension.records, fields, number + 1)
        # Each row is so much before its block as there are PAX headers to it.
        rows = {number - before: extensions[number] for before, number in enumerate(extensions)}
        return self._rows(fields.entries(), rows)

    def _rows(self, fields: _Fields, extensions: Mapping[int, Extension]) -> PlainRows | None:
        """The rows of fields up to the first of which the walker has to decide something.

        Args:
            fields: Those of plain headers, applied to which is what is said before them.
            extensions: What that is, by number of the row, and perhaps of further rows.
        """
        starts, names, kinds, owners, sizes, mtimes, offsets = fields
        links, plain = _links(starts, sizes, kinds)
        for number, extension in extensions.items():
            target = extension.records.get(b"linkpath")
            if target is not None and number < plain and kinds[number] in TYPES_WITH_LINK:
                links[number] = target
        plain = count_ordinary(names[:plain], links)
        plain = self.count_to_hashed(names[:plain], sizes)
        if not plain:
            return None
        columns = array("q", b"".join(owners[:plain]))
        before = [(number, found) for number, found in extensions.items() if number < plain]
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
            pax=PaxRows(
                sum(len(found.records) for _, found in before),
                {number: found.xattrs for number, found in before if found.xattrs},
            ),
        )

    def count_to_hashed(self, names: Sequence[bytes], sizes: Sequence[int]) -> int:
        """The number of rows up to the first whose digest may be wanted; of all if there is none.

        Args:
            names: The names of some rows.
            sizes: The sizes of these rows, or of more.
        """
        if not self.hashed or self.hashed.isdisjoint(_last_parts(names)):
            return len(names)
        found = zip(_last_parts(names), sizes, strict=False)
        rows = enumerate(found, 1)
        return next((i for i, (part, size) in rows if size and part in self.hashed), len(names))


def _apply(records: Mapping[bytes, bytes], fields: _Fields, number: int) -> None:
    """Change the fields of a header as the records before it say: extensions.py, apply."""
    name, time = records.get(b"path"), records.get(b"mtime")
    if name is not None:
        fields.names[number] = name
    if time is not None:
        fields.mtimes[number] = _as_kept(int(time.partition(b".")[0]))
    for key, start in _OWNERS:
        if key in records:
            owners = fields.owners[number]
            value = _as_kept(int(records[key]))
            fields.owners[number] = owners[:start] + value + owners[start + len(value) :]


def _as_kept(number: int) -> bytes:
    """A number as arrays of 64 bits keep it."""
    return number.to_bytes(8, sys.byteorder, signed=True)


def _last_parts(names: Sequence[bytes]) -> Iterator[bytes]:
    return map(itemgetter(2), map(bytes.rpartition, names, repeat(b"/")))


def _known(values: Iterable[T | None]) -> list[T]:
    """The values before the first that is None."""
    column = list(values)
    return cast("list[T]", column[: column.index(None)] if None in column else column)


def _packed(fields: Collection[bytes]) -> Mapping[bytes, bytes | None]:
    """Fields of times -> their numbers as arrays of 64 bits keep them; None: one is not plain.

    To join what is packed takes a quarter of the time of putting numbers into an array.
    """
    numbers = _usual_numbers(fields, _TIME_DIGITS) or map(plain_number, fields)
    packed = (None if number is None else _as_kept(number) for number in numbers)
    return dict(zip(fields, packed, strict=True))


def _right_sums(fields: Collection[bytes]) -> Mapping[bytes, int]:
    """Fields of checksums -> the sum of all bytes of their headers; below 0: it is not plain."""
    numbers = _usual_numbers(fields, _SUM_DIGITS)
    if numbers is None:
        numbers = [-_NO_SUM if (number := plain_sum(field)) is None else number for field in fields]
    # The checksum counts its own bytes as spaces; here they are added as they are.
    own = map(sub, _sums(fields), repeat(_BLANKED))
    return dict(zip(fields, map(add, numbers, own), strict=True))


def _usual_numbers(fields: Collection[bytes], digits: int) -> Sequence[int] | None:
    """The numbers in fields with so many octal digits and blanks after; None: one is otherwise."""
    text = b"".join(fields).replace(b"\0", b" ")
    words = text.split()
    joined = b"".join(words)
    width = len(text) // len(fields)
    has_blanks = all(text[column::width].isspace() for column in range(digits, width))
    is_usual = has_blanks and len(joined) == digits * len(fields) and joined.isdigit()
    try:
        return list(map(int, words, repeat(8))) if is_usual else None
    except ValueError:  # there is an 8 or a 9
        return None


def _names(fields: Sequence[bytes], prefixes: Sequence[bytes]) -> list[bytes]:
    names = list(map(bytes.rstrip, fields, repeat(b"\0")))
    if b"\0" in b"".join(names):
        names = [name.partition(b"\0")[0] for name in names]
    return list(map(add, prefixes, names)) if any(prefixes) else names


def _links(
    starts: Sequence[bytes], sizes: Sequence[int], kinds: bytes
) -> tuple[dict[int, bytes], int]:
    """The targets of links, and the number of rows up to an entry that says a size in vain."""
    links: dict[int, bytes] = {}
    for match in _NOT_A_FILE.finditer(kinds):
        number = match.start()
        if kinds[number] in TYPES_WITH_LINK:
            target = target_of(starts[number])
            if target:
                links[number] = target
        if sizes[number]:
            return links, number + 1
    return links, len(kinds)


def target_of(start: bytes) -> bytes:
    """The target in the first half of the header of a link, but its last byte, which is NUL."""
    return start[_TARGET].partition(b"\0")[0]


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


def _sums(parts: Collection[bytes]) -> list[int]:
    """The sum of the bytes of each of some parts, of 256 bytes at most."""
    adler32 = _adler32() if len(parts) > _MANY_PARTS else zlib.adler32
    # The lower half of Adler's sum is the sum of the bytes modulo 65521.
    checks = array("I", map(adler32, parts, repeat(0)))
    return array("H", checks.tobytes())[_LOWER::2].tolist()
