"""The header block of a tar: where its fields are, how its numbers and its checksum are read."""

from __future__ import annotations

import struct
from zlib import adler32

from checker.model.tar import AnomalyKind
from checker.reading.tar.anomalies import AnomalyLog
from checker.records import NamedTuple
from checker.typing_names import NoReturn

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
# name mode+uid+gid size mtime chksum typeflag linkname magic version (owners) major+minor prefix
HEADER = struct.Struct("100s24s12s12s8sB100s6s2s64x16s155s12x")
MAGIC = b"ustar\x00"
GNU_MAGIC, GNU_VERSION = b"ustar ", b" \x00"
STAR_TRAILER = b"tar\x00"
STAR_PREFIX = 131
NUMBER_FIELDS = (
    ("mode", 100, 108),
    ("uid", 108, 116),
    ("gid", 116, 124),
    ("size", 124, 136),
    ("mtime", 136, 148),
    ("device major", 329, 337),
    ("device minor", 337, 345),
)
INT64_MAX = (1 << 63) - 1
REGULAR_TYPE, DIRECTORY_TYPE = b"05"
TYPES_WITH_LINK = frozenset(b"12")
TYPES_WITHOUT_CONTENT = frozenset(b"123456")
_BASE_256 = 0x80
_USUAL_MARKS = frozenset((_BASE_256, 0xFF))
_DEVICE_TYPES = frozenset(b"34")
_NO_DEVICE = (0, 0)
_BLANKS = b"\0 "
_MEMO_SIZE = 1 << 15


class Header(NamedTuple):
    """What the headers of an entry say: its own, and the extension headers before it.

    Attributes:
        name: The whole name.
        link: The target of a link, else empty.
        kind: The type flag; that of tars before POSIX as the one it means.
        mode: Permission bits.
        uid: Owner.
        gid: Group.
        size: Bytes of the content.
        mtime: Modification time in whole seconds since 1970.
        device: Major and minor number of a device node, else None.
    """

    name: bytes
    link: bytes
    kind: int
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    device: tuple[int, ...] | None


def parse_number(field: bytes) -> int | None:
    """Read a numeric field: octal or base-256; None if it is neither.

    As Go's archive/tar does it (strconv.go, parseNumeric and parseOctal).
    """
    if field[:1] >= b"\x80":
        negative = bool(field[0] & 0x40)
        first = field[0] if negative else field[0] & 0x7F
        value = int.from_bytes(bytes([first]) + field[1:], "big", signed=negative)
        return value if -INT64_MAX - 1 <= value <= INT64_MAX else None
    return parse_octal(field)


def parse_octal(field: bytes) -> int | None:
    """Read octal digits with spaces and NULs around; 0 if there are none, None if it is not octal.

    The checksum has this form alone (Go's archive/tar, format.go, getFormat).
    """
    digits = field.strip(b" \0")
    # int() alone would take a sign, underscores and blanks.
    if not digits.isdigit():
        digits = digits.partition(b"\0")[0]
        if not digits:
            return 0
        if not digits.isdigit():
            return None
    return _octal(digits)


def _octal(digits: bytes) -> int | None:
    try:
        return int(digits, 8)
    except ValueError:  # there is an 8 or a 9
        return None


def header_sums(block: bytes) -> tuple[int, int]:
    """Unsigned and signed sum of a header, its checksum field taken as spaces."""
    blanked = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(blanked)
    return unsigned, unsigned - 256 * sum(byte > 127 for byte in blanked)


def looks_like_header(block: bytes) -> bool:
    """Whether these 512 bytes are a tar header with a right checksum."""
    if len(block) < BLOCK or block == ZERO_BLOCK:
        return False
    return parse_octal(block[148:156]) in header_sums(block)


def _is_odd(field: bytes) -> bool:
    """Whether programs differ in the number that they read in a field."""
    first = field[0]
    if not first:
        return bool(field.strip(b" \0"))
    return not field.strip(b" ") or (first >= _BASE_256 and first not in _USUAL_MARKS)


def plain_number(field: bytes) -> int | None:
    """The number in a field; None if it is malformed, or programs differ in it."""
    digits = field[:-1]
    # As nearly all are spelled.
    if digits.isdigit() and field[-1] in _BLANKS:
        return _octal(digits)
    return None if _is_odd(field) else parse_number(field)


def plain_sum(field: bytes) -> int | None:
    """The checksum in a field; None if it is malformed, or programs differ in it."""
    return parse_octal(field) if field[0] else None


class Numbers(dict[bytes, int | None]):
    """Numeric fields seen so far: the same few sizes and times come again and again.

    Attributes:
        has_odd: Whether programs differ in one of them.
    """

    has_odd = False

    def __missing__(self, field: bytes) -> int | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        self.has_odd |= _is_odd(field)
        value = self[field] = parse_number(field)
        return value


class Rows(dict[bytes, tuple[int, ...] | None]):
    """Rows of numeric fields of 8 bytes seen so far, None with a malformed one among them.

    Attributes:
        has_odd: Whether programs differ in one of them.
    """

    has_odd = False

    def __missing__(self, row: bytes) -> tuple[int, ...] | None:
        if len(self) > _MEMO_SIZE:
            self.clear()
        fields = [row[start : start + 8] for start in range(0, len(row), 8)]
        self.has_odd |= any(map(_is_odd, fields))
        numbers = list(map(parse_number, fields))
        known = tuple(number for number in numbers if number is not None)
        value = self[row] = known if len(known) == len(numbers) else None
        return value


class Sums(dict[bytes, int]):
    """Checksum field -> the sum of all 512 bytes of its header; -1 if it is not a number.

    Attributes:
        has_odd: Whether programs differ in one of them.
    """

    has_odd = False

    def __missing__(self, field: bytes) -> int:
        if len(self) > _MEMO_SIZE:
            self.clear()
        self.has_odd |= not field[0]
        number = parse_octal(field)
        # The checksum counts its own bytes as spaces; here they are added as they are.
        value = self[field] = -1 if number is None else number - 8 * 32 + sum(field)
        return value


class HeaderReader:
    """Reads header blocks, and stops the walk at one that readers refuse.

    Args:
        log: Where the reason is noted.
    """

    __slots__ = ("_log", "_numbers", "_rows", "_sums")

    def __init__(self, log: AnomalyLog) -> None:
        self._log = log
        self._sums = Sums()
        self._numbers = Numbers()
        self._rows = Rows()

    @property
    def has_odd(self) -> bool:
        """Whether programs differ in a number that was read."""
        return self._numbers.has_odd or self._rows.has_odd or self._sums.has_odd

    def read(self, block: bytes, offset: int) -> Header:
        """Read a block that is not all zeros.

        Args:
            block: 512 bytes.
            offset: Their byte offset in the tar.

        Raises:
            WalkEnded: Go's archive/tar refuses it.
        """
        (
            name,
            raw_owners,
            raw_size,
            raw_mtime,
            checksum,
            typeflag,
            link,
            magic,
            version,
            raw_device,
            prefix,
        ) = HEADER.unpack_from(block)
        # Two sums of at most 256 * 255 each: Adler's modulus, 65521, is never reached.
        total = (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2
        if total != self._sums[checksum]:
            self._check_signed_sum(block, offset)
        name = name.partition(b"\0")[0]
        device: tuple[int, ...] | None = _NO_DEVICE
        if magic == MAGIC:
            device = self._rows[raw_device]
            if prefix[0] or block.endswith(STAR_TRAILER):
                name = self._ustar_name(name, prefix, block, offset)
        elif magic == GNU_MAGIC and version == GNU_VERSION:
            device = self._rows[raw_device]
            if prefix[0]:
                short, name = name, _gnu_name(name, prefix)
                self._rows.has_odd |= name != short
        elif self._rows[raw_device] is None:
            # Some programs take the block for no header.
            self._rows.has_odd = True
        owners = self._rows[raw_owners]
        size = self._numbers[raw_size]
        mtime = self._numbers[raw_mtime]
        if owners is None or device is None or size is None or mtime is None:
            self._stop_at_number(block, offset)
        if size < 0:
            refuse_size(typeflag, size, name, offset, self._log)
        kind = typeflag or old_type(name)
        mode, uid, gid = owners
        return Header(
            name,
            link.partition(b"\0")[0] if kind in TYPES_WITH_LINK else b"",
            kind,
            mode,
            uid,
            gid,
            size,
            mtime,
            device if kind in _DEVICE_TYPES else None,
        )

    def _check_signed_sum(self, block: bytes, offset: int) -> None:
        """Accept a header whose sum is right as a signed one."""
        stored = parse_octal(block[148:156])
        unsigned, signed = header_sums(block)
        if stored == signed:
            return
        if offset == 0 and block[257:262] != b"ustar":
            self._log.stop_not_a_tar(block, "the first 512 bytes are not a tar header")
        found = "is not a number" if stored is None else f"says {stored}"
        self._log.stop(
            AnomalyKind.BAD_CHECKSUM,
            offset,
            f"the sum of the header bytes is {unsigned}, the checksum field {found}",
            block[:100].partition(b"\0")[0],
        )

    def _ustar_name(self, name: bytes, prefix: bytes, block: bytes, offset: int) -> bytes:
        if block.endswith(STAR_TRAILER):
            # In star's header two times follow a shorter prefix.
            for label, start in (("access time", 476), ("change time", 488)):
                field = block[start : start + 12]
                if parse_number(field) is None:
                    self._stop_at_field(label, start, field, offset, name)
            prefix = prefix[:STAR_PREFIX]
        prefix = prefix.partition(b"\0")[0]
        return prefix + b"/" + name if prefix else name

    def _stop_at_number(self, block: bytes, offset: int) -> NoReturn:
        label, start, field = next(
            (label, start, block[start:end])
            for label, start, end in NUMBER_FIELDS
            if parse_number(block[start:end]) is None
        )
        self._stop_at_field(label, start, field, offset, block[:100].partition(b"\0")[0])

    def _stop_at_field(
        self, label: str, start: int, field: bytes, offset: int, name: bytes
    ) -> NoReturn:
        self._log.stop(
            AnomalyKind.BAD_NUMBER,
            offset + start,
            f"the {label} field contains {field!r}, which is neither octal nor base-256",
            name,
        )


def refuse_size(typeflag: int, size: int, name: bytes, offset: int, log: AnomalyLog) -> None:
    """Refuse a size below 0, as Go's archive/tar does where the type has content.

    Raises:
        WalkEnded: It has.
    """
    if typeflag not in TYPES_WITHOUT_CONTENT:
        log.stop(AnomalyKind.NEGATIVE_SIZE, offset, f"the size is negative: {size}", name)


def old_type(name: bytes) -> int:
    """What the type flag NUL of tars before POSIX means: a file, or a directory by its slash."""
    return DIRECTORY_TYPE if name.endswith(b"/") else REGULAR_TYPE


def _gnu_name(name: bytes, prefix: bytes) -> bytes:
    """The name in a GNU header: what is a prefix in ustar are times here.

    Go's writer once wrote a ustar prefix there; its reader takes one if the times are not numbers.
    """
    times = prefix[:12], prefix[12:24]
    if all(time[0] == 0 or parse_number(time) is not None for time in times):
        return name
    text = prefix.partition(b"\0")[0]
    return text + b"/" + name if text.isascii() and text else name
