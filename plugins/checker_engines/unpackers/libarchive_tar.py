"""The entries that libarchive finds in a tar (3.6.2, archive_read_support_format_tar.c)."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    REGULAR,
    SYMLINK,
)
from checker.model.raw_tar import RawTar
from checker.records import NamedTuple
from checker_engines.unpackers.libarchive_numbers import (
    INT64_MAX,
    decimal,
    header_number,
    is_number_field,
)
from checker_engines.unpackers.libarchive_sparse import SparseMap, WrongMap, cut_text
from checker_engines.unpackers.members import Member, Remark, Step, errors_in

DAMAGED = "Damaged tar archive"
TRUNCATED = "Truncated tar archive"
MISC = "Unknown error -1"
"""What strerror(3) says of an error of libarchive (ARCHIVE_ERRNO_MISC)."""
_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_LONGEST = 1 << 20
_LONGEST_RECORD = 999_999
_MOST_HEADERS = 32
_SURE = 50
_NEWLINE = ord("\n")
_GNU, _USTAR = b"ustar  \0", b"ustar"
_DIGITS = frozenset(b"01234567 \0")
_NUMBERS = (
    *(slice(100, 108), slice(108, 116), slice(116, 124), slice(136, 148), slice(124, 136)),
    *(slice(329, 337), slice(337, 345)),
)
_EMPTY = frozenset({SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO})
_DEVICES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE})
_DUMP_DIRECTORY = "D"
_VOLUME = "M"
_NO_KIND = _VOLUME
"""Of a file whose kind is not set, so that a slash after its name means nothing."""
_WITH_CONTENT = frozenset({REGULAR, HARD_LINK, _NO_KIND})
_ACL_TAGS = frozenset(
    {b"user", b"u", b"group", b"g", b"other", b"o", b"mask", b"m", b"default", b"d"}
)
_NFS4_TAGS = frozenset({b"user", b"group", b"owner@", b"group@", b"everyone@"})
_XATTR, _SELINUX = b"SCHILY.xattr.", b"RHT.security.selinux"
_TEXTS = frozenset({b"path", b"linkpath", b"uname", b"gname", b"GNU.sparse.name"})


class _End(Exception):  # noqa: N818 - control flow of the library
    """There are no more entries."""


class _Retry(Exception):  # noqa: N818 - control flow of the library
    """The block is not a header."""


class _Fatal(Exception):  # noqa: N818 - what the library reports
    """Nothing can be read any more: the message."""


class _Record(NamedTuple):
    """A record of an extended header, or what is wrong with the rest of the header."""

    key: bytes
    value: bytes


class _Malformed(Exception):  # noqa: N818 - what the library reports
    """The rest of an extended header is ignored: the message."""


class _Entry:
    """The entry that is being read; headers before it change it afterwards."""

    def __init__(self) -> None:
        self.name = b""
        self.kind = REGULAR
        self.is_hard_link = False
        self.target = b""
        self.has_target = False
        self.device = (0, 0)
        self.size = 0
        self.stored = 0
        self.padding = 0
        self.real_size = 0
        self.has_real_size = False
        self.xattrs: dict[str, bytes] = {}
        self.map = SparseMap()
        self.error: str | None = None
        self.warned = False


def opens(raw: RawTar) -> bool:
    """Whether a tar is recognized by its first block (archive_read_format_tar_bid)."""
    block = raw.read(0, _BLOCK)
    return len(block) == _BLOCK and (block == _ZEROS or _bid(block) > 0)


def steps(raw: RawTar) -> Iterator[Step]:
    """What is read, one step after the other.

    Raises:
        NotKeptError: The bytes that decide were not kept.
    """
    return _Reading(raw).steps()


def _bid(block: bytes) -> int:
    """How sure it is that a block is a header: the number of bits that are right."""
    if not _has_right_sum(block):
        return 0
    kind = block[156:157]
    is_known = kind == b"\0" or (kind.isalnum() and kind.isascii())
    if not is_known or not all(is_number_field(block[field]) for field in _NUMBERS):
        return 0
    is_posix = block[257:263] == b"ustar\0" and block[263:265] == b"00"
    return _SURE + (56 if is_posix or block[257:265] == _GNU else 0)


def _has_right_sum(block: bytes) -> bool:
    field = block[148:156]
    if not _DIGITS.issuperset(field):
        return False
    blanked = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(blanked)
    return header_number(field) in {unsigned, unsigned - 256 * sum(b > 127 for b in blanked)}


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class _Reading:
    """Reads entries. What one leaves behind can be met by the next one, as in the library."""

    def __init__(self, raw: RawTar) -> None:
        self._raw = raw
        self._at = 0
        self._depth = 0
        self._format = ""
        self._allows_sparse = False
        self._has_met_target = False
        self._major = self._minor = 0
        self._is_pending = False
        self._offset = self._length = 0
        # A header of the same kind between one and its entry takes its place.
        self._long_name = self._long_link = self._acl = b""
        self._records = bytearray()

    def steps(self) -> Iterator[Step]:
        """What is read."""
        while True:
            start = self._at
            entry = _Entry()
            cause = f"the tar is damaged at byte {start}"
            try:
                self._read(entry)
            except _End:
                return
            except _Retry:
                yield Remark((DAMAGED, "Retrying..."), is_failure=False, cause=cause)
                continue
            except _Fatal as error:
                yield Remark((str(error),), ends=True, cause=cause)
                return
            if entry.warned:
                yield Remark((entry.error or "(null)",), cause=cause)
            member = self._finish(entry)
            yield member
            if _ends(member.written) and _ends(member.skipped):
                return

    def _finish(self, entry: _Entry) -> Member:
        """The entry, and the place after its content."""
        kind, name = entry.kind, entry.name
        if entry.is_hard_link:
            kind = HARD_LINK
        elif kind == SYMLINK and not entry.has_target:
            # A symlink without a target in its own header is created as an empty file.
            kind = REGULAR
        elif kind == REGULAR and name.endswith(b"/") and not entry.warned:
            kind = DIRECTORY
            entry.stored = entry.padding = 0
        written, skipped = self._content(entry, kind)
        return Member(
            _shown(name),
            kind,
            _shown(entry.target),
            entry.device,
            errors_in(REGULAR if kind == _NO_KIND else kind, entry.xattrs),
            written=written,
            skipped=skipped,
        )

    def _content(self, entry: _Entry, kind: str) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
        """What is said of the content where the tar ends within it; the place after it."""
        there = self._raw.size - self._at
        stored = entry.map.stored(entry.stored)
        needed = stored + entry.padding
        self._at += needed
        excess = self._excess(entry, kind, max(0, there))
        if needed <= there:
            return self._after(entry, kind, excess)
        cause = f"the tar ends within the content of {_shown(entry.name)!r}"
        skipped = Remark((cut_text(needed, max(0, there)),), ends=True, cause=cause)
        words = cut_text(entry.padding, there - stored) if stored <= there else TRUNCATED
        written = Remark((f"{words}: {MISC}",), ends=True, cause=cause, is_after_name=True)
        if excess or entry.size <= 0 or kind not in _WITH_CONTENT:
            written = skipped
        return (*excess, written), (skipped,)

    def _after(
        self, entry: _Entry, kind: str, excess: tuple[Remark, ...]
    ) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
        """What is said of content that is whole if the file is written, and otherwise."""
        cause = f"the map of {_shown(entry.name)!r} is wrong"
        said = Remark(("(null)",), ends=True, cause=cause)
        is_read = kind in _WITH_CONTENT and entry.size > 0
        written = () if entry.map.can_skip(entry.stored * is_read) else (said,)
        skipped = () if entry.map.can_skip(0) else (said,)
        return (*excess, *written), skipped

    def _excess(self, entry: _Entry, kind: str, there: int) -> tuple[Remark, ...]:
        """What is said of content that does not fit the file."""
        if kind not in _WITH_CONTENT or entry.size <= 0:
            return ()
        line = entry.map.write_error(min(entry.stored, there), entry.size)
        if line is None:
            return ()
        cause = f"{_shown(entry.name)!r} has other content than its size"
        return (Remark((line,), cause=cause, is_after_name=True),)

    # tar_read_header

    def _read(self, entry: _Entry) -> None:
        """Read headers up to that of an entry.

        Raises:
            _End: There are no more.
            _Retry: The block is not a header.
            _Fatal: What follows cannot be read.
        """
        block = self._take_block()
        if not _has_right_sum(block):
            entry.error = DAMAGED
            raise _Retry
        self._depth += 1
        if self._depth > _MOST_HEADERS:
            entry.error, entry.warned = "Too many special headers", True
            return
        self._see(block, entry)
        self._depth -= 1
        self._read_pending_map(entry)

    def _take_block(self) -> bytes:
        block = self._raw.read(self._at, _BLOCK)
        if not block:
            raise _End
        if len(block) < _BLOCK:
            raise _Fatal(TRUNCATED)
        self._at += _BLOCK
        if block == _ZEROS:
            raise _End
        return block

    def _see(self, block: bytes, entry: _Entry) -> None:
        match block[156:157]:
            case b"A":
                self._format = "solaris"
                self._see_acl(block, entry)
            case b"g":
                self._format = "pax"
                self._body(block)
                self._read_within(entry, ends=True)
            case b"K":
                self._long_link = _text(self._body(block))
                self._read_within(entry)
                # With a long target, what was said of the entry so far is forgotten.
                entry.warned = False
                entry.target = self._long_link
            case b"L":
                self._long_name = _text(self._body(block))
                self._read_within(entry)
                entry.name = self._long_name
            case b"V":
                self._read_within(entry, ends=True)
            case b"x" | b"X":
                self._format = "pax"
                self._see_extended(self._body(block), entry)
            case _:
                self._see_header(block, entry)

    def _read_within(self, entry: _Entry, *, ends: bool = False) -> None:
        """Read the header after an extension header; not to find one is fatal."""
        try:
            self._read(entry)
        except _End:
            if ends:
                raise
            raise _Fatal(DAMAGED) from None
        except _Retry:
            raise _Fatal(DAMAGED) from None

    def _body(self, block: bytes) -> bytes:
        size = header_number(block[124:136])
        if not 0 <= size <= _LONGEST:
            raise _Fatal("Special header too large")
        padded = size + -size % _BLOCK
        body = self._raw.read(self._at, padded)
        if len(body) < padded:
            # The library says nothing of it.
            raise _Fatal("(null)")
        self._at += padded
        return body[:size]

    def _see_acl(self, block: bytes, entry: _Entry) -> None:
        self._acl = self._body(block)
        size = len(self._acl)
        self._read_within(entry)
        error = _acl_error(self._acl[:size].ljust(size, b"\0"))
        if error is not None:
            entry.error, entry.warned = f"Malformed Solaris ACL attribute ({error})", True

    # header_common and the like

    def _see_header(self, block: bytes, entry: _Entry) -> None:
        is_gnu = block[257:265] == _GNU
        is_ustar = not is_gnu and block[257:262] == _USTAR
        if is_gnu:
            self._format = "gnu"
        elif is_ustar:
            self._format = self._format if self._format == "pax" else "ustar"
        else:
            self._format = "old"
        entry.name = _name_of(block, is_ustar=is_ustar)
        self._see_common(block, entry)
        if entry.kind in _DEVICES and (is_gnu or is_ustar):
            entry.device = header_number(block[329:337]), header_number(block[337:345])
        entry.padding = -entry.stored % _BLOCK
        if is_gnu:
            self._see_gnu(block, entry)

    def _see_common(self, block: bytes, entry: _Entry) -> None:
        target = _text(block[157:257])
        size = header_number(block[124:136])
        if size < 0:
            raise _Fatal("Tar entry has negative size")
        if size == INT64_MAX:
            raise _Fatal("Tar entry size overflow")
        entry.stored = entry.real_size = entry.size = size
        kind = chr(block[156])
        self._has_met_target |= bool(target)
        # A buffer that was used before counts as a target.
        entry.has_target = self._has_met_target
        if kind == HARD_LINK:
            entry.is_hard_link = entry.has_target
            entry.kind = REGULAR if size else _NO_KIND
            entry.target = target
            if size and self._has_no_content():
                entry.size = entry.stored = 0
            return
        if kind in _EMPTY:
            entry.kind = kind
            entry.size = entry.stored = 0
        elif kind == _DUMP_DIRECTORY:
            entry.kind = DIRECTORY
        elif kind == _VOLUME:
            entry.kind = _NO_KIND
        elif kind in {"0", "S"}:
            self._allows_sparse = True
        if kind == SYMLINK:
            entry.target = target

    def _has_no_content(self) -> bool:
        """Whether the size of a hard link is ignored."""
        if self._format == "pax":
            return False
        if self._format in {"old", "gnu"}:
            return True
        header = self._raw.read(self._at - _BLOCK, _BLOCK)
        return _bid(header) > _SURE

    def _see_gnu(self, block: bytes, entry: _Entry) -> None:
        if block[483]:
            entry.real_size = entry.size = header_number(block[483:495])
            entry.has_real_size = True
        if not block[386]:
            return
        self._add_rows(block[386:482], entry)
        extended = block[482]
        while extended:
            rows = self._raw.read(self._at, _BLOCK)
            if len(rows) < _BLOCK:
                raise _Fatal(f"{TRUNCATED} detected while reading sparse file data")
            self._at += _BLOCK
            self._add_rows(rows[:504], entry)
            extended = rows[504]

    def _add_rows(self, rows: bytes, entry: _Entry) -> None:
        for start in range(0, len(rows), 24):
            if not rows[start]:
                return
            offset, length = rows[start : start + 12], rows[start + 12 : start + 24]
            self._add_span(entry, header_number(offset), header_number(length))

    def _add_span(self, entry: _Entry, offset: int, length: int) -> None:
        try:
            entry.map.add(offset, length)
        except WrongMap as error:
            raise _Fatal(str(error)) from None

    # pax_header and pax_attribute

    def _see_extended(self, body: bytes, entry: _Entry) -> None:
        self._records = bytearray(body)
        self._read_within(entry)
        texts: dict[bytes, bytes] = {}
        try:
            for key, value in _records_of(self._records):
                self._see_record(key, value, entry, texts)
        except _Malformed as error:
            if error.args[0] is not None:
                entry.error, entry.warned = str(error), True
            elif not entry.warned:
                # The library returns another number than that of a warning, unless it had one.
                raise _Fatal(entry.error or "(null)") from None
        else:
            self._take_texts(texts, entry)
        entry.padding = -entry.stored % _BLOCK

    def _take_texts(self, texts: dict[bytes, bytes], entry: _Entry) -> None:
        for key, what in ((b"gname", "Gname"), (b"linkpath", "Linkname")):
            if texts.get(key):
                self._check_text(texts[key], what, entry)
        self._has_met_target |= b"linkpath" in texts
        if texts.get(b"linkpath"):
            entry.target = texts[b"linkpath"]
        name = texts.get(b"GNU.sparse.name") or texts.get(b"path")
        if name:
            self._check_text(name, "Pathname", entry)
            entry.name = name
        if texts.get(b"uname"):
            self._check_text(texts[b"uname"], "Uname", entry)

    def _check_text(self, text: bytes, what: str, entry: _Entry) -> None:
        try:
            text.decode()
        except UnicodeDecodeError:
            entry.error = f"{what} can't be converted from UTF-8 to current locale."
            entry.warned = True

    def _see_record(
        self, key: bytes, value: bytes, entry: _Entry, texts: dict[bytes, bytes]
    ) -> None:
        text = _text(value)
        if key in _TEXTS:
            texts[key] = text
        if key.startswith(b"GNU.sparse"):
            self._see_sparse(key, text, entry)
        elif key == _SELINUX:
            entry.xattrs["security.selinux"] = value
        elif key.startswith(_XATTR) and key != _XATTR:
            entry.xattrs[_shown(key[len(_XATTR) :])] = value
        else:
            self._see_number(key, text, entry)

    def _see_number(self, key: bytes, text: bytes, entry: _Entry) -> None:
        match key:
            case b"size":
                self._see_size(text, entry)
            case b"SCHILY.realsize":
                entry.real_size = entry.size = decimal(text)
                entry.has_real_size = True
            case b"SCHILY.devmajor":
                entry.device = decimal(text), entry.device[1]
            case b"SCHILY.devminor":
                entry.device = entry.device[0], decimal(text)
            case b"SUN.holesdata":
                self._see_holes(text, entry)

    def _see_size(self, text: bytes, entry: _Entry) -> None:
        size = decimal(text)
        if size < 0:
            raise _Fatal("Tar size attribute is negative")
        if size == INT64_MAX:
            raise _Fatal("Tar size attribute overflow")
        entry.stored = size
        if not entry.has_real_size:
            entry.size = entry.real_size = size

    def _see_holes(self, text: bytes, entry: _Entry) -> None:
        try:
            is_sound = entry.map.add_holes(text)
        except WrongMap as error:
            raise _Fatal(str(error)) from None
        if not is_sound:
            entry.error, entry.warned = "Parse error: SUN.holesdata", True

    def _see_sparse(self, key: bytes, text: bytes, entry: _Entry) -> None:
        if not self._allows_sparse:
            raise _Fatal("Non-regular file cannot be sparse")
        match key.removeprefix(b"GNU.sparse."):
            case b"numblocks":
                self._offset = self._length = -1
                self._major = self._minor = 0
            case b"offset":
                self._offset = decimal(text)
                self._add_pair(entry, self._length)
            case b"numbytes":
                self._length = decimal(text)
                self._add_pair(entry, self._offset)
            case b"size" | b"realsize":
                entry.real_size = entry.size = decimal(text)
                entry.has_real_size = True
            case b"map":
                self._major, self._minor = 0, 1
                self._see_map(text, entry)
            case b"major":
                self._major, self._is_pending = _int(decimal(text)), True
            case b"minor":
                self._minor, self._is_pending = _int(decimal(text)), True

    def _add_pair(self, entry: _Entry, other: int) -> None:
        if other != -1:
            self._add_span(entry, self._offset, self._length)
            self._offset = self._length = -1

    def _see_map(self, text: bytes, entry: _Entry) -> None:
        """Take a map of version 0.1; a wrong one is reported with what was said before."""
        try:
            is_sound = entry.map.add_list(text)
        except WrongMap as error:
            is_sound, entry.error = False, str(error)
        if not is_sound:
            entry.warned = True

    def _read_pending_map(self, entry: _Entry) -> None:
        if not self._is_pending:
            return
        if (self._major, self._minor) != (1, 0):
            entry.error, entry.warned = "Unrecognized GNU sparse file format", True
            return
        self._is_pending = False
        entry.map = SparseMap()
        try:
            used = entry.map.read(self._raw, self._at, entry.stored)
        except WrongMap as error:
            raise _Fatal(str(error) or entry.error or "(null)") from None
        self._at += used
        entry.stored -= used


def _int(number: int) -> int:
    """A number as an int of C has it."""
    return (number + 2**31) % 2**32 - 2**31


def _ends(remarks: tuple[Remark, ...]) -> bool:
    return any(remark.ends for remark in remarks)


def _name_of(block: bytes, *, is_ustar: bool) -> bytes:
    name = _text(block[:100])
    prefix = _text(block[345:500])
    if not is_ustar or not prefix:
        return name
    return prefix + (b"" if prefix.endswith(b"/") else b"/") + name


def _acl_error(text: bytes) -> str | None:
    """What is wrong with the access control list of Solaris; None if nothing is."""
    number = place = 0
    while place < len(text) and text[place]:
        if not 48 <= text[place] <= 55:
            return "invalid digit"
        number = number * 8 + text[place] - 48
        if number > 0o77777777:
            return "count too large"
        place += 1
    if number & ~0o777777 not in {0o1000000, 0o3000000}:
        return f"unsupported type {number:o}"
    if place + 1 >= len(text):
        return "body overflow"
    tags = _ACL_TAGS if number & ~0o777777 == 0o1000000 else _NFS4_TAGS
    entries = _text(text[place + 1 :]).replace(b"\n", b",").split(b",")
    found = {entry.partition(b":")[0].strip() for entry in entries if entry.strip()}
    return None if found <= tags else "unparsable"


def _records_of(body: bytearray) -> Iterator[_Record]:
    """The records of an extended header, whose separators are overwritten.

    Raises:
        _Malformed: What follows is ignored; with None, nothing can be read any more.
    """
    place = 0
    while place < len(body):
        start, length = _length(body, place)
        end = place + length
        if end > len(body) or length < 1 or body[end - 1] != _NEWLINE:
            raise _Malformed("Ignoring malformed pax extended attribute")
        body[end - 1] = 0
        record = bytes(body[start : end - 1])
        if record.startswith(b"="):
            raise _Malformed(None)
        key = _text(record).partition(b"=")[0]
        if record[len(key) : len(key) + 1] != b"=":
            raise _Malformed("Invalid pax extended attributes")
        body[start + len(key)] = 0
        yield _Record(key, record[len(key) + 1 :])
        place = end


def _length(body: bytearray, place: int) -> tuple[int, int]:
    """Where a record begins, and its length."""
    length = 0
    while place < len(body):
        character = body[place]
        place += 1
        if character == 32:
            break
        if not 48 <= character <= 57:
            raise _Malformed("Ignoring malformed pax extended attributes")
        length = length * 10 + character - 48
        if length > _LONGEST_RECORD:
            raise _Malformed("Rejecting pax extended attribute > 1MB")
    return place, length
