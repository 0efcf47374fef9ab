"""Records of PAX headers, as GNU tar reads them (1.34, xheader.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from checker.model.untrusted import whole_number
from checker.records import NamedTuple
from checker_engines.unpackers.gnu_numbers import INT64_MAX, INT64_MIN, UINT64_MAX, Said

_MALFORMED = "Malformed extended header:"
_NEWLINE = ord("\n")
_HIGHEST_ID = 2**32 - 1
_TIMES = frozenset({b"atime", b"ctime", b"mtime"})
_NUMBERS: Mapping[bytes, int] = MappingProxyType(
    {
        b"uid": _HIGHEST_ID,
        b"gid": _HIGHEST_ID,
        b"size": INT64_MAX,
        b"GNU.sparse.major": _HIGHEST_ID,
        b"GNU.sparse.minor": _HIGHEST_ID,
        b"GNU.sparse.realsize": INT64_MAX,
        b"GNU.sparse.size": INT64_MAX,
        b"GNU.sparse.numblocks": UINT64_MAX,
        b"GNU.sparse.offset": INT64_MAX,
        b"GNU.sparse.numbytes": INT64_MAX,
        b"GNU.volume.size": UINT64_MAX,
        b"GNU.volume.offset": UINT64_MAX,
    }
)
GLOBAL_ONLY = (
    b"GNU.volume.label",
    b"GNU.volume.filename",
    b"GNU.volume.size",
    b"GNU.volume.offset",
)
"""Keys that are not for entries."""
_OTHERS = frozenset(
    {
        *(b"comment", b"charset", b"gname", b"linkpath", b"path", b"uname", b"GNU.sparse.name"),
        *(b"GNU.sparse.map", b"GNU.dumpdir", b"GNU.volume.label", b"GNU.volume.filename"),
        *(b"RHT.security.selinux", b"SCHILY.acl.access", b"SCHILY.acl.default"),
    }
)
XATTR = b"SCHILY.xattr."
_DIGITS = re.compile(rb"\d+")
_FRACTION = re.compile(rb"\.(\d{1,9})(\d*)")
_DIGITS_OF_NANOSECONDS = 9
_BILLION = 10**9
_MOST_SPANS = 2**31
"""So many there is no memory for."""


class NoMemoryError(Exception):
    """The program cannot have the memory that a record asks for."""


class Record(NamedTuple):
    """A record.

    Attributes:
        key: Its key.
        value: Its value up to a NUL.
        whole: Its whole value.
    """

    key: bytes
    value: bytes
    whole: bytes


class Facts:
    """What the records say of an entry.

    Attributes:
        name: Its name; None without one.
        target: Its target; None without one.
        size: Bytes of its content; None without.
        mtime: Modification time in seconds since 1970, rounded down; None without.
        nanoseconds: What was rounded off.
        real_size: Bytes of the sparse file; None without.
        major: Version of the sparse format.
        spans: Lengths of the parts that are stored.
        xattrs: Extended attributes.
        has_dump: Whether it is a directory of an incremental archive.
        said: What is reported.
    """

    def __init__(self) -> None:
        self.name: bytes | None = None
        self.target: bytes | None = None
        self.size: int | None = None
        self.mtime: int | None = None
        self.nanoseconds = 0
        self.real_size: int | None = None
        self.major = 0
        self.spans: list[int] = []
        self.xattrs: dict[bytes, bytes] = {}
        self.has_dump = False
        self.said: list[Said] = []
        self._room = 0
        self._has_sparse_name = False

    def take(self, record: Record) -> None:
        """Take a record.

        Raises:
            NoMemoryError: It asks for too much memory.
        """
        key, value, whole = record
        if key in _TIMES:
            self._take_time(key, value)
        elif key in _NUMBERS:
            number = self._number(key, value)
            if number is not None:
                self._take_number(key, number, value)
        elif key.startswith(XATTR):
            self.xattrs[key[len(XATTR) :]] = whole
        elif key in _OTHERS:
            self._take_text(key, value)
        else:
            what = f"Ignoring unknown extended header keyword '{_shown(key)}'"
            self.said.append(Said(what, is_failure=False))

    def _refuse(self, line: str) -> None:
        self.said.append(Said(line))

    def _take_text(self, key: bytes, value: bytes) -> None:
        match key:
            case b"path" if not self._has_sparse_name:
                self.name = value
            case b"GNU.sparse.name":
                self.name, self._has_sparse_name = value, True
            case b"linkpath":
                self.target = value
            case b"GNU.sparse.map":
                self._take_map(value)
            case b"GNU.dumpdir":
                self.has_dump = True

    def _take_time(self, key: bytes, value: bytes) -> None:
        digits = _DIGITS.match(value.removeprefix(b"-"))
        if digits is None:
            self._refuse(_invalid(key, value))
            return
        is_negative = value.startswith(b"-")
        rest = value[is_negative + digits.end() :]
        number = whole_number(digits[0])
        if number is not None and number <= INT64_MAX + is_negative:
            time = number * _BILLION + _nanoseconds(rest, is_negative=is_negative)
            seconds, nanoseconds = divmod(-time if is_negative else time, _BILLION)
            if seconds >= INT64_MIN:
                if key == b"mtime":
                    self.mtime, self.nanoseconds = seconds, nanoseconds
                return
        if re.fullmatch(rb"(\.\d*)?", rest):
            self._refuse(_outside(key, value, INT64_MIN, INT64_MAX))
        else:
            self._refuse(_invalid(key, value))

    def _number(self, key: bytes, value: bytes) -> int | None:
        most = _NUMBERS[key]
        # The sign is taken where the type has one.
        is_negative = most <= INT64_MAX and value.startswith(b"-")
        digits = _DIGITS.fullmatch(value[is_negative:])
        if digits is None:
            self._refuse(_invalid(key, value))
            return None
        number = whole_number(digits[0])
        if number is None or number > most or (is_negative and number):
            self._refuse(_outside(key, value, 0, most))
            return None
        return number

    def _take_number(self, key: bytes, number: int, value: bytes) -> None:
        match key:
            case b"size":
                self.size = number
            case b"GNU.sparse.realsize" | b"GNU.sparse.size":
                self.real_size = number
            case b"GNU.sparse.major":
                self.major = number
            case b"GNU.sparse.numblocks":
                if number > _MOST_SPANS:
                    raise NoMemoryError
                self._room, self.spans = number, []
            case b"GNU.sparse.offset" if len(self.spans) >= self._room:
                self._excess(key, value)
            case b"GNU.sparse.numbytes":
                if len(self.spans) < self._room:
                    self.spans.append(number)
                else:
                    self._excess(key, value)

    def _excess(self, key: bytes, value: bytes) -> None:
        self._refuse(f"{_MALFORMED} excess {_shown(key)}={_shown(value)}")

    def _take_map(self, value: bytes) -> None:
        """Take a map of version 0.1, up to what is wrong in it."""
        key = b"GNU.sparse.map"
        self.spans = []
        is_offset = True
        while True:
            digits = _DIGITS.match(value)
            if digits is None:
                self._refuse(_invalid(key, value))
                return
            number = whole_number(digits[0])
            if number is None or number > INT64_MAX:
                self._refuse(_outside(key, value, 0, INT64_MAX))
                return
            if not is_offset and len(self.spans) >= self._room:
                self._excess(key, value)
                return
            if not is_offset:
                self.spans.append(number)
            is_offset = not is_offset
            rest = value[digits.end() :]
            if not rest:
                break
            if rest[:1] != b",":
                text = f"invalid {_shown(key)}: unexpected delimiter {_shown(rest[:1])}"
                self._refuse(f"{_MALFORMED} {text}")
                return
            value = rest[1:]
        if not is_offset:
            self._refuse(f"{_MALFORMED} invalid {_shown(key)}: odd number of values")


def records_of(body: bytes, said: list[Said]) -> Iterator[Record]:
    """The records of a header, up to a wrong one.

    Args:
        body: The header.
        said: What is reported is appended to it.
    """
    place = 0
    while True:
        start = place
        place = _after_blanks(body, place)
        digits = _DIGITS.match(body, place)
        if digits is None:
            if body[place : place + 1] not in {b"", b"\0"}:
                said.append(Said(f"{_MALFORMED} missing length"))
            return
        length = whole_number(digits[0])
        if length is None or length > len(body) - start:
            rest = _shown(_text(body[place:]))
            said.append(Said(f"Extended header length {rest} is out of range"))
            return
        end = start + length
        key_start = _after_blanks(body, digits.end())
        if key_start == digits.end():
            said.append(Said(f"{_MALFORMED} missing blank after length"))
            return
        key, equals, _ = _text(body[key_start:]).partition(b"=")
        value_start = key_start + len(key) + 1
        if not equals or value_start > end:
            said.append(Said(f"{_MALFORMED} missing equal sign"))
            return
        if body[end - 1] != _NEWLINE:
            said.append(Said(f"{_MALFORMED} missing newline"))
            return
        whole = body[value_start : end - 1]
        yield Record(key, _text(whole), whole)
        place = end


def _nanoseconds(rest: bytes, *, is_negative: bool) -> int:
    """A fraction of a second, which is rounded so that the time becomes an earlier one."""
    match = _FRACTION.match(rest)
    if match is None:
        return 0
    is_more = is_negative and bool(match[2].strip(b"0"))
    return (whole_number(match[1].ljust(_DIGITS_OF_NANOSECONDS, b"0")) or 0) + is_more


def _after_blanks(body: bytes, place: int) -> int:
    while body[place : place + 1] in {b" ", b"\t"}:
        place += 1
    return place


def _text(value: bytes) -> bytes:
    return value.partition(b"\0")[0]


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _invalid(key: bytes, value: bytes) -> str:
    return f"{_MALFORMED} invalid {_shown(key)}={_shown(value)}"


def _outside(key: bytes, value: bytes, lowest: int, highest: int) -> str:
    return f"Extended header {_shown(key)}={_shown(value)} is out of range {lowest}..{highest}"
