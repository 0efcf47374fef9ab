"""Extension headers: PAX records and GNU long names, which change the entry that follows them."""

from __future__ import annotations

from checker.model.limits import Limits
from checker.model.tar import AnomalyKind
from checker.model.untrusted import whole_number
from checker.reading.tar.anomalies import AnomalyLog, decode_name
from checker.reading.tar.cursor import Cursor
from checker.reading.tar.header import (
    BLOCK,
    INT64_MAX,
    TYPES_WITH_LINK,
    Header,
    old_type,
    refuse_size,
)
from checker.reading.tar.pax import (
    OTHER_ATTRIBUTES,
    XATTR_PREFIX,
    PaxError,
    is_usual,
    parse_pax,
    usual_records,
)
from checker.reading.tar.table import EntryTable
from checker.typing_names import NoReturn

_LOCAL_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK = b"xgLK"
EXTENSION_TYPES = frozenset({_LOCAL_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK})
_SIGNS = (b"+", b"-")
_SURELY_FITS = 19
_TIMES = frozenset({b"mtime", b"atime", b"ctime"})
_NUMBERS = frozenset({b"uid", b"gid", b"size"})
_GLOBAL_DANGERS = frozenset({b"path", b"linkpath", b"size"})
_XATTR_NAME = len(XATTR_PREFIX)
_XATTR_VALUE = 256
_XATTRS_PER_ENTRY = 64
_VALUE_SHOWN = 40


class Extensions:
    """Reads extension headers, and applies them to the entry that follows.

    Args:
        limits: Bounds on the size of an extension header.
        table: The entries.
        cursor: What comes next in the stream.
        log: Where anomalies are noted.

    Attributes:
        offset: Byte offset of the extension header that waits for its entry; -1 without one.
        records: The PAX records that wait for it.
        global_records: Records of global headers, the last of each key.
        is_odd: Whether a header was met that not all programs take in the same way.
    """

    def __init__(self, limits: Limits, table: EntryTable, cursor: Cursor, log: AnomalyLog) -> None:
        self.offset = -1
        self.records: dict[bytes, bytes] = {}
        self.global_records: dict[str, str] = {}
        self.is_odd = False
        self._long_name = b""
        self._long_link = b""
        self._xattrs: dict[str, bytes] = {}
        self._xattr_sizes: dict[str, int] = {}
        self._unread: list[str] = []
        self._type = 0
        self._longest = limits.extension
        self._table = table
        self._cursor = cursor
        self._log = log

    def begin(self, header: Header, offset: int) -> None:
        """Collect the body of an extension header.

        Raises:
            WalkEnded: It is longer than readers accept.
        """
        size = header.size
        if size > self._longest:
            self._log.stop(
                AnomalyKind.OVERSIZED_EXTENSION,
                offset,
                f"an extension header has {size} bytes, readers accept at most {self._longest}",
                header.name,
            )
        if header.kind != _GLOBAL_PAX:
            both = {self._type, header.kind}
            self.is_odd |= self.offset >= 0 and both != {_LONG_NAME, _LONG_LINK}
            self.offset = offset
        self._type = header.kind
        cursor = self._cursor
        cursor.begin_content(header.name, offset, size)
        cursor.collect(size, self._take)

    def _take(self, body: bytes) -> None:
        cursor = self._cursor
        cursor.skip = -len(body) % BLOCK
        offset = cursor.content_start - BLOCK
        if self._type == _LOCAL_PAX:
            self._take_local(body, offset)
        elif self._type == _LONG_NAME:
            self._long_name = body.partition(b"\0")[0]
            self.is_odd |= not self._long_name
        elif self._type == _LONG_LINK:
            self._long_link = body.partition(b"\0")[0]
            self.is_odd |= not self._long_link
        else:
            self._table.count_records(body.count(b"\n"), offset)
            self._take_global(self._parse(body, offset), offset)

    def _take_local(self, body: bytes, offset: int) -> None:
        self._table.count_records(body.count(b"\n"), offset)
        usual = usual_records(body)
        if usual is not None:
            self.records = usual
            return
        self.records = self._parse(body, offset)
        self.is_odd = self.is_odd or not is_usual(body, self.records)

    def _parse(self, body: bytes, offset: int) -> dict[bytes, bytes]:
        try:
            return parse_pax(body)
        except PaxError as error:
            whose = " in a global header" if self._type == _GLOBAL_PAX else ""
            at = offset + BLOCK + error.offset
            self._log.stop(AnomalyKind.BAD_PAX_RECORD, at, f"{error}{whose}")

    def _take_global(self, records: dict[bytes, bytes], offset: int) -> None:
        cursor = self._cursor
        name = cursor.content_name
        dangers = sorted(key.decode() for key in _GLOBAL_DANGERS & records.keys())
        if dangers:
            self._log.note(
                AnomalyKind.GLOBAL_OVERRIDE,
                offset,
                f"a global header sets {', '.join(dangers)} for all entries; GNU tar and Python "
                "apply it, Go and therefore the engines ignore it",
                name,
            )
        found: dict[str, str] = {}
        for key, value in records.items():
            self._table.spend(len(key) + len(value), offset)
            found[decode_name(key)] = decode_name(value)
        self.global_records |= found
        size = cursor.content_end - cursor.content_start
        header = Header(name, b"", _GLOBAL_PAX, 0, 0, 0, size, 0, None)
        position = self._table.append(header, offset)
        if found:
            self._table.entries.global_records[position] = found
        # For Go a global header is the entry that the extension headers before it belong to.
        self.note_dangling()
        self._forget()

    def _forget(self) -> None:
        self.offset, self.records, self._long_name, self._long_link = -1, {}, b"", b""

    def note_dangling(self) -> None:
        """Note an extension header that still waits for its entry."""
        if self.offset >= 0:
            self._log.note(
                AnomalyKind.DANGLING_EXTENSION,
                self.offset,
                "an extension header is not followed by an entry",
            )

    def apply(self, header: Header, typeflag: int, offset: int) -> Header:
        """Change a header as the extension headers before it say, and forget them.

        Args:
            header: The entry's own header.
            typeflag: The type flag as it is in the header.
            offset: Byte offset of the header.

        Raises:
            WalkEnded: A record is malformed.
        """
        name, link, kind, mode, uid, gid, size, mtime, device = header
        for key, value in self.records.items():
            # Programs that look at the records themselves see empty attributes as well.
            if key.startswith(XATTR_PREFIX):
                self._take_xattr(key, value, offset)
            # An empty record changes nothing (reader.go, mergePAX).
            elif not value:
                continue
            elif key in _TIMES:
                time = self._time(key, value)
                mtime = time if key == b"mtime" else mtime
            elif key == b"path":
                name = value
            elif key == b"linkpath":
                link = value
            elif key in _NUMBERS:
                uid, gid, size = self._with_number(key, value, (uid, gid, size))
            elif key.startswith(OTHER_ATTRIBUTES):
                self._take_unread(key, offset)
        name = self._long_name or name
        kind = typeflag or old_type(name)
        if size < 0:
            refuse_size(kind, size, name, offset, self._log)
        link = (self._long_link or link) if kind in TYPES_WITH_LINK else b""
        self._forget()
        return Header(name, link, kind, mode, uid, gid, size, mtime, device)

    def add_attributes(self) -> None:
        """Add the extended attributes that the last ``apply`` met to the last entry."""
        entries = self._table.entries
        if self._xattrs:
            entries.xattrs[len(entries) - 1] = self._xattrs
            self._xattrs = {}
        if self._xattr_sizes:
            entries.xattr_sizes[len(entries) - 1] = self._xattr_sizes
            self._xattr_sizes = {}
        if self._unread:
            entries.unread_attributes[len(entries) - 1] = tuple(self._unread)
            self._unread = []

    def _take_xattr(self, key: bytes, value: bytes, offset: int) -> None:
        if len(self._xattrs) < _XATTRS_PER_ENTRY:
            name = decode_name(key[_XATTR_NAME:])
            self._table.spend(len(key) + min(len(value), _XATTR_VALUE), offset)
            self._xattrs[name] = value[:_XATTR_VALUE]
            if len(value) > _XATTR_VALUE:
                self._xattr_sizes[name] = len(value)

    def _take_unread(self, key: bytes, offset: int) -> None:
        if len(self._unread) < _XATTRS_PER_ENTRY:
            self._table.spend(len(key), offset)
            self._unread.append(decode_name(key))

    def _with_number(
        self, key: bytes, value: bytes, numbers: tuple[int, int, int]
    ) -> tuple[int, int, int]:
        uid, gid, size = numbers
        number = read_pax_number(key, value, self.offset, self._log)
        if key == b"size":
            return uid, gid, number
        return (number, gid, size) if key == b"uid" else (uid, number, size)

    def _time(self, key: bytes, value: bytes) -> int:
        seconds, _, fraction = value.partition(b".")
        if seconds.isdigit() and len(seconds) < _SURELY_FITS:
            time = int(seconds)
        else:
            time = read_pax_number(key, seconds, self.offset, self._log)
        if fraction and not fraction.isdigit():
            _stop_at_record(key, value, "a time in seconds", self.offset, self._log)
        return time


def read_pax_number(key: bytes, value: bytes, offset: int, log: AnomalyLog) -> int:
    """Read the number in a PAX record.

    Args:
        key: The key of the record.
        value: Its value.
        offset: Where an anomaly is noted.
        log: The log that it is noted in.

    Raises:
        WalkEnded: It is not a number of 64 bits.
    """
    digits = whole_number(value[1:] if value[:1] in _SIGNS else value)
    if digits is None or not -INT64_MAX - 1 <= (number := _signed(value, digits)) <= INT64_MAX:
        _stop_at_record(key, value, "a number", offset, log)
    return number


def _signed(value: bytes, digits: int) -> int:
    return -digits if value.startswith(b"-") else digits


def _stop_at_record(
    key: bytes, value: bytes, expected: str, offset: int, log: AnomalyLog
) -> NoReturn:
    log.stop(
        AnomalyKind.BAD_PAX_RECORD,
        offset,
        f"record {decode_name(key)!r} contains {value[:_VALUE_SHOWN]!r}, expected {expected}",
    )
