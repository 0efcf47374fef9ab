"""The tar walker: 512-byte blocks in, entries and anomalies out.

It is fed the bytes of a tar in order, in pieces of any size, and may be told to skip content, so
that one walker serves a seekable file, a decompressed stream and standard input. Go's archive/tar
(reader.go) is the reference for what engines accept: where that reader returns an error, the walker
notes a fatal anomaly and stops, as every engine does. What Python's tarfile passes over in silence
is an anomaly with its byte offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, NoReturn
from zlib import adler32

from checker.model.content import ContentPlan
from checker.model.entries import KIND_NAMES, OWN_SPELLING, Entries, Span, spell
from checker.model.limits import LimitReached, Limits
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.reading.elf import MAGIC as ELF_MAGIC
from checker.reading.elf import find_dynamic, needed_libraries
from checker.reading.tar.header import (
    BLOCK,
    GNU_MAGIC,
    GNU_VERSION,
    HEADER,
    INT64_MAX,
    MAGIC,
    NUMBER_FIELDS,
    STAR_PREFIX,
    STAR_TRAILER,
    ZERO_BLOCK,
    Numbers,
    Rows,
    Sums,
    header_sums,
    looks_like_header,
    parse_number,
    parse_octal,
)
from checker.reading.tar.pax import (
    OTHER_ATTRIBUTES,
    SPARSE_MAP,
    XATTR_PREFIX,
    PaxError,
    parse_pax,
)
from checker.reading.tar.sparse import (
    SparseError,
    TextMap,
    check_spans,
    old_gnu_rows,
    parse_map_0_1,
)

_LOCAL_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK = b"xgLK"
_EXTENSIONS = frozenset({_LOCAL_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK})
_REGULAR, _DIRECTORY, _OLD_SPARSE = b"05S"
_LINKS = frozenset(b"12")
_DEVICES = frozenset(b"34")
_FILES = frozenset(b"07")
_WITHOUT_CONTENT = frozenset(b"123456")
_NO_DEVICE = (0, 0)
_KNOWN_KINDS = frozenset("".join(KIND_NAMES).encode())

_UINT32_MASK = (1 << 32) - 1
# Zeros in front are fine; 19 digits are what the largest number has.
_PAX_NUMBER = re.compile(rb"[+-]?0*[0-9]{1,19}")
_SURELY_FITS = 19
_TIMES = frozenset({b"mtime", b"atime", b"ctime"})
_NUMBERS = frozenset({b"uid", b"gid", b"size"})
_SPARSE_MINORS = (b"0", b"1")
_GLOBAL_DANGERS = frozenset({b"path", b"linkpath", b"size"})

_XATTR_NAME = len(XATTR_PREFIX)
_XATTR_VALUE = 256
_XATTRS_PER_ENTRY = 64
_LIMITS_NOTED = 20
# Of an executable that no longer fits the limit on content: class, byte order and machine of ELF.
_IDENT = 20
# Of an ELF file whose libraries are asked for: what mostly holds their names.
_FRONT = 256 * 1024
_SPARSE_BLOCK_END = 504
_WINDOW = 1 << 18
_EXECUTABLE = 0o111


class _Header(NamedTuple):
    """What a header says of its entry, after the extension headers before it had their say."""

    name: bytes
    link: bytes
    kind: int
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    device: tuple[int, ...] | None


class _Stop(Exception):  # noqa: N818 - control flow inside this module, not an error
    """The walk ends here; the anomaly or limit is noted already."""


_Collector = Callable[[bytes], None]

ReadAt = Callable[[int, int], bytes]
"""Reads from an offset at most so many bytes."""


class TarWalker:
    """Walks one tar: ``feed`` it and, where ``skippable`` says so, ``skip``; ``finish`` once.

    Args:
        limits: Bounds on entries, names, extension headers, content and anomalies.
        plan: Which entries' first bytes to keep.
    """

    def __init__(self, limits: Limits, plan: ContentPlan) -> None:
        self._limits = limits
        self._plan = plan
        self._entries = Entries()
        self._anomalies: list[Anomaly] = []
        self._limits_reached: list[LimitReached] = []
        self._contents: dict[int, bytes] = {}
        self._needed: dict[int, tuple[str, ...]] = {}
        self._content_left = limits.content
        self._names_left = limits.names
        self._global: dict[str, str] = {}
        self._sums = Sums()
        self._numbers = Numbers()
        self._rows = Rows()
        # What extension headers said of the entry that comes next.
        self._pax: dict[bytes, bytes] = {}
        self._xattrs: dict[str, bytes] = {}
        self._unread: list[str] = []
        self._long_name = b""
        self._long_link = b""
        self._extension_offset = -1
        # Where the stream stands: ``_position`` is the offset of ``_rest``'s first byte.
        self._position = 0
        self._rest = b""
        self._skip = 0
        self._extension_kind = 0
        self._collector: _Collector | None = None
        self._collect_size = 0
        self._content_name = b""
        self._content_start = 0
        self._content_end = 0
        self._end: int | None = None
        self._zero_blocks = 0
        self._after_end = b""
        self._after_end_offset = 0
        self._head = b""
        self._stopped = False

    @property
    def skippable(self) -> int:
        """How many of the bytes that come next need not be fed."""
        if self._rest:
            return 0
        return INT64_MAX if self._stopped else self._skip

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes, at most ``skippable``."""
        self._position += count
        if not self._stopped:
            self._skip -= count

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the tar."""
        if self._stopped:
            self._position += len(data)
            return
        if self._rest:
            data = self._rest + data
            self._rest = b""
        try:
            used = self._walk(data)
        except _Stop:
            self._stopped = True
            used = len(data)
        self._rest = data[used:]
        self._position += used

    def finish(self) -> Tar:
        """The stream is over: say what was found."""
        size = self._position + len(self._rest)
        if not self._stopped:
            self._see_end(size)
        return Tar(
            entries=self._entries,
            anomalies=tuple(sorted(self._anomalies, key=lambda anomaly: anomaly.offset)),
            size=size,
            end=self._end,
            end_blocks=self._zero_blocks,
            after_end=self._after_end,
            header_follows=self._after_end_offset % BLOCK == 0
            and looks_like_header(self._after_end),
            head=self._head,
            global_records=self._global,
            contents=self._contents,
            needed=self._needed,
            limits=tuple(self._limits_reached),
        )

    def _walk(self, data: bytes) -> int:
        """Take what ``data`` holds whole; the number of bytes taken."""
        position, length = 0, len(data)
        while True:
            if self._skip:
                step = min(self._skip, length - position)
                self._skip -= step
                position += step
                if self._skip:
                    return position
            if self._collector is not None:
                size = self._collect_size
                if length - position < size:
                    return position
                collector, self._collector = self._collector, None
                collector(data[position : position + size])
                position += size
                continue
            if self._end is not None:
                self._see_after_end(data[position:], self._position + position)
                return length
            if length - position < BLOCK:
                return position
            block = data[position : position + BLOCK]
            if block[0] == 0 and block == ZERO_BLOCK:
                self._see_zero_block(self._position + position)
            else:
                self._see_header(block, self._position + position)
            position += BLOCK

    # Headers

    def _see_header(self, block: bytes, offset: int) -> None:
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
        if total != self._sums[checksum] or self._zero_blocks:
            self._doubt_header(block, offset)
        name = name.partition(b"\0")[0]
        device: tuple[int, ...] | None = _NO_DEVICE
        if magic == MAGIC:
            device = self._rows[raw_device]
            if prefix[0] or block.endswith(STAR_TRAILER):
                name = self._ustar_name(name, prefix, block, offset)
        elif magic == GNU_MAGIC and version == GNU_VERSION:
            device = self._rows[raw_device]
            if prefix[0]:
                name = _gnu_name(name, prefix)
        owners = self._rows[raw_owners]
        size = self._numbers[raw_size]
        mtime = self._numbers[raw_mtime]
        if owners is None or device is None or size is None or mtime is None:
            self._stop_at_number(block, offset)
        if size < 0:
            self._doubt_size(typeflag, size, name, offset)
        if typeflag in _EXTENSIONS:
            self._see_extension(typeflag, name, size, offset)
            return
        kind = typeflag or _old_kind(name)
        mode, uid, gid = owners
        header = _Header(
            name,
            link.partition(b"\0")[0] if kind in _LINKS else b"",
            kind,
            mode,
            uid,
            gid,
            size,
            mtime,
            device if kind in _DEVICES else None,
        )
        if self._extension_offset >= 0 or kind == _OLD_SPARSE:
            self._see_extended_entry(header, block, offset)
        else:
            self._see_entry(header, offset)

    def _doubt_header(self, block: bytes, offset: int) -> None:
        """Take a header whose sum is right as a signed one; else stop, it cannot be trusted."""
        if self._zero_blocks:
            self._stop(
                AnomalyKind.LONE_ZERO_BLOCK,
                offset - BLOCK,
                "one block of zeros is followed by data; an archive ends with two",
            )
        stored = parse_octal(block[148:156])
        unsigned, signed = header_sums(block)
        if stored == signed:
            return
        if offset == 0 and block[257:262] != b"ustar":
            self._head = block
            self._stop(AnomalyKind.NOT_A_TAR, offset, "the first 512 bytes are not a tar header")
        found = "is not a number" if stored is None else f"says {stored}"
        self._stop(
            AnomalyKind.BAD_CHECKSUM,
            offset,
            f"the sum of the header bytes is {unsigned}, the checksum field {found}",
            block[:100].partition(b"\0")[0],
        )

    def _stop_at_number(self, block: bytes, offset: int) -> NoReturn:
        label, start, field = next(
            (label, start, block[start:end])
            for label, start, end in NUMBER_FIELDS
            if parse_number(block[start:end]) is None
        )
        self._stop_at_field(label, start, field, offset, block[:100].partition(b"\0")[0])

    def _stop_at_field(
        self, label: str, start: int, field: bytes, offset: int, name: bytes | None = None
    ) -> NoReturn:
        self._stop(
            AnomalyKind.BAD_NUMBER,
            offset + start,
            f"the {label} field contains {field!r}, which is neither octal nor base-256",
            name,
        )

    def _doubt_size(self, typeflag: int, size: int, name: bytes, offset: int) -> None:
        if typeflag not in _WITHOUT_CONTENT:
            self._stop(AnomalyKind.NEGATIVE_SIZE, offset, f"the size is negative: {size}", name)

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

    def _see_entry(self, header: _Header, offset: int) -> None:
        """Take an entry whose size in the archive and size in the end are the same."""
        position = self._append(header, offset)
        kind = header.kind
        if kind in _WITHOUT_CONTENT:
            return
        if kind not in _KNOWN_KINDS:
            self._note_unknown(header, offset)
        size = header.size
        if size:
            self._begin_content(header.name, offset, size)
            wanted = self._wanted(position, header) if kind in _FILES else 0
            if wanted:
                self._collect_content(position, min(wanted, size), size + -size % BLOCK)

    def _append(self, header: _Header, offset: int) -> int:
        """Add a row to the table; its position."""
        entries = self._entries
        name, link, kind, mode, uid, gid, size, mtime, device = header
        position = len(entries.paths)
        if position >= self._limits.entries:
            self._stop_at_limit("entries", self._limits.entries, "entries", offset)
        self._spend(len(name) + len(link), offset)
        text = self._bounded(name, offset)
        # Most names are clean already; `spell` takes apart those that may not be.
        if "./" in text or "//" in text or text[:1] == "/" or text[-1:] in ("/", "."):
            path, spelling = spell(text)
            if spelling == OWN_SPELLING:
                entries.own_names[position] = text
        else:
            path, spelling = text, 0
        entries.paths.append(path)
        entries.spellings.append(spelling)
        entries.kinds.append(kind)
        entries.modes.append(mode & _UINT32_MASK)
        entries.uids.append(uid)
        entries.gids.append(gid)
        entries.sizes.append(size)
        entries.mtimes.append(mtime)
        entries.offsets.append(offset)
        if link:
            entries.linknames[position] = self._bounded(link, offset)
        if device is not None:
            entries.devices[position] = device[0], device[1]
        if kind != _GLOBAL_PAX and entries.by_path.setdefault(path, position) != position:
            entries.by_path[path] = position
            entries.repeated.append(position)
        return position

    def _bounded(self, name: bytes, offset: int) -> str:
        limit = self._limits.name
        if len(name) > limit:
            self._note_limit(
                LimitReached(
                    limit="name",
                    value=limit,
                    what=f"a name of {len(name)} bytes was truncated",
                    offset=offset,
                ),
            )
            name = name[:limit]
        return _text(name)

    def _spend(self, count: int, offset: int) -> None:
        self._names_left -= count
        if self._names_left < 0:
            self._stop_at_limit("names", self._limits.names, "names and attributes", offset)

    # Content

    def _begin_content(self, name: bytes, offset: int, size: int) -> None:
        self._content_name = name
        self._content_start = offset + BLOCK
        self._content_end = offset + BLOCK + size
        self._skip = size + -size % BLOCK

    def _collect(self, size: int, collector: _Collector, after: int = 0) -> None:
        """Hand over the next bytes, as soon as they are all there, ``after`` others."""
        self._skip = after
        self._collect_size = size
        self._collector = collector

    def _wanted(self, position: int, header: _Header) -> int:
        """How many bytes of a file's content to keep."""
        plan = self._plan
        path = self._entries.paths[position]
        wanted = plan.paths.get(path, 0)
        if plan.endings and path[path.rfind("/") + 1 :] in plan.endings:
            wanted = max(wanted, plan.by_ending(path))
        if header.mode & _EXECUTABLE and plan.executables > wanted:
            wanted = plan.executables
        if not wanted:
            return 0
        wanted = min(wanted, header.size)
        if self._content_left < wanted:
            self._note_limit(
                LimitReached(
                    limit="content",
                    value=self._limits.content,
                    what="the content of further files was not read completely",
                    offset=self._entries.offsets[position],
                ),
            )
            return _IDENT
        self._content_left -= wanted
        return wanted

    def _collect_content(self, position: int, wanted: int, padded: int) -> None:
        def keep(content: bytes) -> None:
            self._contents[position] = content
            self._skip = padded - wanted
            if self._plan.libraries and content.startswith(ELF_MAGIC):
                self._seek_libraries(position, content, padded)

        self._collect(wanted, keep)

    def _seek_libraries(self, position: int, head: bytes, padded: int) -> None:
        """Look at more of an ELF file: at its beginning, and at its dynamic section."""
        place = find_dynamic(head)
        if place is None or place.end > self._entries.sizes[position]:
            return
        wanted = place.end if place.end <= _FRONT else min(place.offset, _FRONT)
        front_end = max(len(head), wanted)

        def take_front(rest: bytes) -> None:
            front = head + rest
            self._skip = padded - front_end
            if place.end <= front_end:
                self._note_libraries(position, front, front[place.offset : place.end])
            elif place.offset >= front_end:
                self._collect(place.length, partial(take_dynamic, front), place.offset - front_end)

        def take_dynamic(front: bytes, section: bytes) -> None:
            self._skip = padded - place.end
            self._note_libraries(position, front, section)

        self._collect(front_end - len(head), take_front)

    def _note_libraries(self, position: int, front: bytes, section: bytes) -> None:
        needed = needed_libraries(front, section)
        if needed is not None:
            self._spend(sum(map(len, needed)), self._entries.offsets[position])
            self._needed[position] = needed

    # Extension headers

    def _see_extension(self, kind: int, name: bytes, size: int, offset: int) -> None:
        if size > self._limits.extension:
            self._stop(
                AnomalyKind.OVERSIZED_EXTENSION,
                offset,
                f"an extension header has {size} bytes, readers accept at most "
                f"{self._limits.extension}",
                name,
            )
        if kind != _GLOBAL_PAX:
            self._extension_offset = offset
        self._begin_content(name, offset, size)
        self._extension_kind = kind
        self._collect(size, self._take_extension)

    def _take_extension(self, body: bytes) -> None:
        self._skip = -len(body) % BLOCK
        kind = self._extension_kind
        offset = self._content_start - BLOCK
        if kind == _LOCAL_PAX:
            self._pax = self._records(body, offset)
        elif kind == _LONG_NAME:
            self._long_name = body.partition(b"\0")[0]
        elif kind == _LONG_LINK:
            self._long_link = body.partition(b"\0")[0]
        else:
            self._take_global(self._records(body, offset), offset)

    def _records(self, body: bytes, offset: int) -> dict[bytes, bytes]:
        try:
            return parse_pax(body)
        except PaxError as error:
            self._stop(AnomalyKind.BAD_PAX_RECORD, offset + BLOCK + error.offset, str(error))

    def _take_global(self, records: dict[bytes, bytes], offset: int) -> None:
        name = self._content_name
        dangers = sorted(key.decode() for key in _GLOBAL_DANGERS & records.keys())
        if dangers:
            self._note(
                AnomalyKind.GLOBAL_OVERRIDE,
                offset,
                f"a global header sets {', '.join(dangers)} for all entries; GNU tar and Python "
                "apply it, Go and therefore the engines ignore it",
                name,
            )
        for key, value in records.items():
            self._spend(len(key) + len(value), offset)
            self._global[_text(key)] = _text(value)
        size = self._content_end - self._content_start
        self._append(_Header(name, b"", _GLOBAL_PAX, 0, 0, 0, size, 0, None), offset)
        # To Go a global header is the entry that the extension headers before it speak of.
        self._note_dangling()
        self._forget_extensions()

    def _forget_extensions(self) -> None:
        self._extension_offset, self._pax, self._long_name, self._long_link = -1, {}, b"", b""

    def _see_extended_entry(self, header: _Header, block: bytes, offset: int) -> None:
        """Take an entry that extension headers or a sparse map say more about."""
        pax = self._pax
        header = self._extended(header, block[156], offset)
        self._forget_extensions()
        sparse_version = _pax_sparse_version(pax)
        if header.kind == _OLD_SPARSE:
            self._begin_old_sparse(header, block, offset)
        elif sparse_version is not None:
            self._begin_pax_sparse(header, pax, sparse_version, offset)
        else:
            self._see_entry(header, offset)
        if self._xattrs:
            self._entries.xattrs[len(self._entries.paths) - 1] = self._xattrs
            self._xattrs = {}
        if self._unread:
            self._entries.unread_attributes[len(self._entries.paths) - 1] = tuple(self._unread)
            self._unread = []

    def _take_xattr(self, key: bytes, value: bytes, offset: int) -> None:
        if len(self._xattrs) < _XATTRS_PER_ENTRY:
            value = value[:_XATTR_VALUE]
            self._spend(len(key) + len(value), offset)
            self._xattrs[_text(key[_XATTR_NAME:])] = value

    def _take_unread(self, key: bytes, offset: int) -> None:
        if len(self._unread) < _XATTRS_PER_ENTRY:
            self._spend(len(key), offset)
            self._unread.append(_text(key))

    def _extended(self, header: _Header, typeflag: int, offset: int) -> _Header:
        """The header as the extension headers before it change it."""
        name, link, kind, mode, uid, gid, size, mtime, device = header
        for key, value in self._pax.items():
            # An empty record changes nothing (reader.go, mergePAX).
            if not value:
                continue
            if key in _TIMES:
                time = self._pax_time(key, value, offset)
                mtime = time if key == b"mtime" else mtime
            elif key == b"path":
                name = value
            elif key == b"linkpath":
                link = value
            elif key in _NUMBERS:
                uid, gid, size = self._with_number(key, value, (uid, gid, size), offset)
            elif key.startswith(XATTR_PREFIX):
                self._take_xattr(key, value, offset)
            elif key.startswith(OTHER_ATTRIBUTES):
                self._take_unread(key, offset)
        name = self._long_name or name
        kind = typeflag or _old_kind(name)
        if size < 0:
            self._doubt_size(kind, size, name, offset)
        link = (self._long_link or link) if kind in _LINKS else b""
        return _Header(name, link, kind, mode, uid, gid, size, mtime, device)

    def _with_number(
        self, key: bytes, value: bytes, numbers: tuple[int, int, int], offset: int
    ) -> tuple[int, int, int]:
        uid, gid, size = numbers
        number = self._pax_number(key, value, offset)
        if key == b"size":
            return uid, gid, number
        return (number, gid, size) if key == b"uid" else (uid, number, size)

    def _pax_number(self, key: bytes, value: bytes, offset: int) -> int:
        if _PAX_NUMBER.fullmatch(value) is None or not _fits(int(value)):
            self._stop_at_record(key, value, "a number", offset)
        return int(value)

    def _pax_time(self, key: bytes, value: bytes, offset: int) -> int:
        seconds, _, fraction = value.partition(b".")
        if seconds.isdigit() and len(seconds) < _SURELY_FITS:
            time = int(seconds)
        else:
            time = self._pax_number(key, seconds, offset)
        if fraction and not fraction.isdigit():
            self._stop_at_record(key, value, "a time in seconds", offset)
        return time

    def _stop_at_record(self, key: bytes, value: bytes, expected: str, offset: int) -> NoReturn:
        at = self._extension_offset if self._extension_offset >= 0 else offset
        self._stop(
            AnomalyKind.BAD_PAX_RECORD,
            at,
            f"record {_text(key)!r} contains {value[:40]!r}, expected {expected}",
        )

    # Sparse files

    def _begin_old_sparse(self, header: _Header, block: bytes, offset: int) -> None:
        if block[257:265] != GNU_MAGIC + GNU_VERSION:
            self._stop(
                AnomalyKind.BAD_SPARSE_MAP,
                offset,
                "the header of a sparse file does not have the GNU magic",
                header.name,
            )
        real_size = parse_number(block[483:495])
        if real_size is None or real_size < 0:
            self._stop(
                AnomalyKind.BAD_NUMBER,
                offset + 483,
                f"the real size field contains {block[483:495]!r}",
                header.name,
            )
        stored = header.size
        position = self._append(header._replace(size=real_size), offset)
        self._begin_content(header.name, offset, stored)
        spans: list[Span] = []

        def take(rows: bytes, extended: int, at: int) -> None:
            try:
                new = old_gnu_rows(rows, parse_number)
            except SparseError as error:
                self._stop(AnomalyKind.BAD_SPARSE_MAP, at, str(error), header.name)
            spans.extend(new)
            if extended:
                if at - offset >= self._limits.extension:
                    self._stop(
                        AnomalyKind.BAD_SPARSE_MAP,
                        at,
                        f"the sparse map is longer than {self._limits.extension} bytes",
                        header.name,
                    )
                self._content_start, self._content_end = at + BLOCK, at + 2 * BLOCK + stored
                self._collect(
                    BLOCK, lambda more: take(more[:_SPARSE_BLOCK_END], more[504], at + BLOCK)
                )
                return
            self._entries.content_offsets[position] = at + BLOCK
            self._content_start, self._content_end = at + BLOCK, at + BLOCK + stored
            self._set_spans(position, spans, stored, offset)

        take(block[386:482], block[482], offset)

    def _begin_pax_sparse(
        self, header: _Header, pax: dict[bytes, bytes], version: str, offset: int
    ) -> None:
        stored = header.size
        size = header.size
        for key in (b"GNU.sparse.size", b"GNU.sparse.realsize"):
            if pax.get(key):
                size = self._pax_number(key, pax[key], offset)
                break
        name = pax.get(b"GNU.sparse.name") or header.name
        if header.kind in _WITHOUT_CONTENT:
            self._stop(
                AnomalyKind.BAD_SPARSE_MAP,
                offset,
                "an entry without content has a sparse map",
                name,
            )
        position = self._append(header._replace(name=name, size=size), offset)
        self._begin_content(name, offset, stored)
        if version == "1.0":
            self._collect_map(position, TextMap(), stored, offset)
            return
        text = pax.get(SPARSE_MAP, b"").decode("ascii", "replace")
        count = pax.get(b"GNU.sparse.numblocks", b"").decode("ascii", "replace")
        try:
            spans = parse_map_0_1(text, count)
        except SparseError as error:
            self._stop(AnomalyKind.BAD_SPARSE_MAP, offset, str(error), name)
        self._set_spans(position, spans, stored, offset)

    def _collect_map(self, position: int, text: TextMap, stored: int, offset: int) -> None:
        """Collect the next block of a map of version 1.0, which precedes the content."""
        if text.size + BLOCK > min(stored, self._limits.extension):
            self._stop(
                AnomalyKind.BAD_SPARSE_MAP,
                offset,
                f"the sparse map is incomplete after {text.size} bytes",
                self._content_name,
            )

        def take(block: bytes) -> None:
            try:
                spans = text.add(block)
            except SparseError as error:
                self._stop(AnomalyKind.BAD_SPARSE_MAP, offset, str(error), self._content_name)
            if spans is None:
                self._collect_map(position, text, stored, offset)
                return
            self._entries.content_offsets[position] = offset + BLOCK + text.size
            self._set_spans(position, spans, stored - text.size, offset)

        self._collect(BLOCK, take)

    def _set_spans(self, position: int, spans: list[Span], stored: int, offset: int) -> None:
        size = self._entries.sizes[position]
        try:
            check_spans(spans, size)
        except SparseError as error:
            self._stop(AnomalyKind.BAD_SPARSE_MAP, offset, str(error), self._content_name)
        held = sum(span.length for span in spans)
        if held != stored:
            self._note(
                AnomalyKind.BAD_SPARSE_MAP,
                offset,
                f"the sparse map describes {held} bytes of content, the archive stores {stored}",
                self._content_name,
            )
        self._spend(64 * len(spans), offset)
        self._entries.sparse[position] = tuple(spans)
        self._entries.stored_sizes[position] = stored
        self._skip = stored + -stored % BLOCK

    # The end

    def _see_zero_block(self, offset: int) -> None:
        self._zero_blocks += 1
        if self._zero_blocks == 2:
            self._end = offset - BLOCK
            self._note_dangling()

    def _see_after_end(self, data: bytes, offset: int) -> None:
        if not self._after_end:
            payload = data.lstrip(b"\0")
            if not payload:
                return
            self._after_end_offset = offset + len(data) - len(payload)
            self._note(
                AnomalyKind.DATA_AFTER_END,
                self._after_end_offset,
                f"the archive ends at byte {self._end}; readers ignore what follows",
            )
            data = payload
        self._after_end += data[: BLOCK - len(self._after_end)]

    def _see_end(self, size: int) -> None:
        if self._skip or self._collector is not None:
            self._see_cut_content(size)
        elif self._rest:
            self._see_cut_header(size)
        elif self._end is None and size:
            self._note_dangling()
            found = "one of the two zero blocks" if self._zero_blocks else "the two zero blocks"
            verb = "is" if self._zero_blocks else "are"
            self._note(
                AnomalyKind.MISSING_END,
                size,
                f"{found} that mark the end of an archive {verb} missing",
            )

    def _see_cut_content(self, size: int) -> None:
        if size < self._content_end:
            self._note(
                AnomalyKind.TRUNCATED_CONTENT,
                size,
                f"the file ends after {max(0, size - self._content_start)} of "
                f"{self._content_end - self._content_start} bytes of content",
                self._content_name,
                fatal=True,
            )
        else:
            self._note(
                AnomalyKind.TRUNCATED_PADDING,
                size,
                "the file ends within the padding of the last entry",
                self._content_name,
            )
            self._note_dangling()

    def _see_cut_header(self, size: int) -> None:
        if not len(self._entries) and size < BLOCK:
            self._head = self._rest
            self._note(
                AnomalyKind.NOT_A_TAR, 0, f"{size} bytes; a tar header has {BLOCK}", fatal=True
            )
            return
        self._note(
            AnomalyKind.TRUNCATED_HEADER,
            self._position,
            f"the file ends after {len(self._rest)} of the {BLOCK} bytes of a header",
            fatal=True,
        )

    def _note_dangling(self) -> None:
        if self._extension_offset >= 0:
            self._note(
                AnomalyKind.DANGLING_EXTENSION,
                self._extension_offset,
                "an extension header is not followed by an entry",
            )

    # Notes

    def _note(
        self,
        kind: AnomalyKind,
        offset: int,
        detail: str,
        name: bytes | None = None,
        *,
        fatal: bool = False,
    ) -> None:
        if fatal or len(self._anomalies) < self._limits.anomalies:
            text = None if name is None else _text(name)
            self._anomalies.append(Anomaly(kind, offset, detail, text, fatal))

    def _note_unknown(self, header: _Header, offset: int) -> None:
        self._note(
            AnomalyKind.UNKNOWN_TYPE,
            offset,
            f"the type flag is {chr(header.kind)!r}, which no engine extracts",
            header.name,
        )

    def _note_limit(self, limit: LimitReached) -> None:
        noted = sum(other.limit == limit.limit for other in self._limits_reached)
        if noted < _LIMITS_NOTED:
            self._limits_reached.append(limit)

    def _stop(
        self, kind: AnomalyKind, offset: int, detail: str, name: bytes | None = None
    ) -> NoReturn:
        self._note(kind, offset, detail, name, fatal=True)
        raise _Stop

    def _stop_at_limit(self, limit: str, value: int, what: str, offset: int) -> NoReturn:
        self._note_limit(
            LimitReached(
                limit=limit,
                value=value,
                what=f"reading stopped before the end: too many {what}",
                offset=offset,
            ),
        )
        raise _Stop


def walk_by_seeking(walker: TarWalker, read: ReadAt, size: int) -> Tar:
    """Walk a tar of which any part can be read at once: headers are read, content is skipped.

    Args:
        walker: A new walker.
        read: Gives at most so many bytes from an offset on; none at the end.
        size: Bytes of the tar that are really there.

    Raises:
        OSError: What ``read`` raises.
    """
    position = 0
    while position < size:
        step = min(walker.skippable, size - position)
        walker.skip(step)
        position += step
        window = read(position, min(_WINDOW, size - position))
        if not window:
            break
        walker.feed(window)
        position += len(window)
    return walker.finish()


def _old_kind(name: bytes) -> int:
    """What the type flag NUL of tars before POSIX means: a file, or a directory by its slash."""
    return _DIRECTORY if name.endswith(b"/") else _REGULAR


def _gnu_name(name: bytes, prefix: bytes) -> bytes:
    """The name in a GNU header: what is a prefix in ustar are times here.

    Go's writer once wrote a ustar prefix there; its reader takes one if the times are no numbers.
    """
    times = prefix[:12], prefix[12:24]
    if all(time[0] == 0 or parse_number(time) is not None for time in times):
        return name
    text = prefix.partition(b"\0")[0]
    return text + b"/" + name if text.isascii() and text else name


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _fits(number: int) -> bool:
    return -INT64_MAX - 1 <= number <= INT64_MAX


def _pax_sparse_version(pax: dict[bytes, bytes]) -> str | None:
    major, minor = pax.get(b"GNU.sparse.major"), pax.get(b"GNU.sparse.minor")
    if not major and not minor:
        return "0.1" if pax.get(SPARSE_MAP) else None
    if major == b"0" and minor in _SPARSE_MINORS:
        return "0.1"
    return "1.0" if (major, minor) == (b"1", b"0") else None
