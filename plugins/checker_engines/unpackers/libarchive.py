"""libarchive: what ``bsdtar -x`` does as root (libarchive 3.6.2).

Sources: archive_read_support_format_tar.c, archive_write_disk_posix.c; tar/read.c and tar/util.c.
A header that is damaged is skipped without a failure. Errors of entries do not end it: it goes on
with the next entry, and exits 1.
"""

from __future__ import annotations

from errno import EEXIST, ENOENT, ENOTDIR

from checker.model.archive import Archive
from checker.model.compression import Compression, CompressionKind
from checker.model.damage import OtherFormat
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    GLOBAL_HEADER,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
)
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.model.work import Work
from checker.model.xattrs import NOT_SUPPORTED, xattr_errors
from checker.records import NamedTuple
from checker_engines.answers.refusal import DAMAGED, NO_IMAGE, ROOT_NOT_EXTRACTED
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node
from checker_engines.unpackers.files import (
    Files,
    clean_parts,
    has_absolute_names,
    is_root_nameless,
    words_of,
)
from checker_engines.unpackers.outcome import Unpacking
from checker_engines.unpackers.quoting import escaped

FAILED = "Error exit delayed from previous errors."
_OPENING = "Error opening archive: "
_UNRECOGNIZED = f"{_OPENING}Unrecognized archive format"
_DAMAGED = "Damaged tar archive"
_MALFORMED = "Ignoring malformed pax extended attribute"
_MISC = "Unknown error -1"
"""What strerror(3) says of an error of libarchive (ARCHIVE_ERRNO_MISC)."""
_BLOCK = 512
_MOST_LINES = 500
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE, FIFO})
_LINKS_AND_NODES = frozenset({HARD_LINK, SYMLINK, *_NODES})
_DUMP_DIRECTORY = "D"
_SOLARIS_ACL, _VOLUME_LABEL = "A", "V"
"""Headers that are read with the one that follows them."""
_LARGEST_WINDOW = 128 << 20
_LARGEST_DEVICE = 2**32 - 1
_SIGNATURES_READ = (
    *(b"PK", b"7z", b"Rar!", b"MSCF", b"0707", b"\xc7\x71", b"\x71\xc7", b"!<arch>", b"CD001"),
    *(b"\xed\xab\xee\xdb", b"\x04\x22\x4d\x18", b"LZIP", b"\x89LZO", b"\x1f\x9d"),
    b"\x5d\x00\x00",
)
"""Beginnings of the signatures of formats and compressions that it reads besides tar."""


class _Failure(Exception):  # noqa: N818 - what the library reports of an entry
    """An entry cannot be unpacked: the message and the words of strerror(3)."""

    def __init__(self, message: str, words: str) -> None:
        super().__init__(message)
        self.words = words


class _End(NamedTuple):
    """What is said where the tar is irregular.

    Attributes:
        lines: The messages of the program.
        is_failure: Whether the program exits with a failure because of it.
        cause: The cause, for a person; empty without one.
    """

    lines: tuple[str, ...] = ()
    is_failure: bool = False
    cause: str = ""


def unpack(archive: Archive, work: Work, program: str = "bsdtar") -> Unpacking:
    """Unpack an archive into an empty directory.

    Args:
        archive: The archive; compressions are removed, however many there are.
        work: What may be spent on it.
        program: How the program calls itself.

    Raises:
        OutOfWork: It is not known what happens.
    """
    error = opening_error(archive)
    if error is not None:
        cause = "libarchive does not recognize it, or cannot decompress it"
        return Unpacking((f"{program}: {error}",), True, -1, cause, (*NO_IMAGE, *DAMAGED))
    tar = _tar_of(archive)
    extraction = _Extraction(tar.entries, work, program)
    extraction.run()
    return extraction.end(_end_of(tar))


def opening_error(archive: Archive) -> str | None:
    """The error of opening an archive; None if an entry can be looked for."""
    compression = archive.compression
    error = _filter_error(compression)
    if error is not None:
        return error
    fault = _tar_of(archive).fatal
    if fault is None or compression.skippable_first or fault.offset:
        return None
    if fault.kind is AnomalyKind.BAD_CHECKSUM:
        return _UNRECOGNIZED
    if fault.kind is not AnomalyKind.NOT_A_TAR or _is_compressed_again(archive):
        return None
    return None if other_format(archive) else _UNRECOGNIZED


def other_format(archive: Archive) -> str | None:
    """The format that libarchive reads instead of a tar, in words; None if there is none."""
    damage = archive.damage
    if not isinstance(damage, OtherFormat):
        return None
    is_read = damage.format.signature.startswith(_SIGNATURES_READ)
    return damage.format.name if is_read else None


def _is_compressed_again(archive: Archive) -> bool:
    return archive.inside is not None or archive.tar.head.startswith(
        (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
    )


def _tar_of(archive: Archive) -> Tar:
    """The tar, of which all compressions are removed."""
    inside = archive.inside
    return archive.tar if inside is None else inside.tar


def _filter_error(compression: Compression) -> str | None:
    """The error of removing a compression, which is found before the first entry is read."""
    match compression.kind:
        case CompressionKind.GZIP:
            words = _gzip_error(compression)
        case CompressionKind.BZIP2:
            words = _bzip2_error(compression)
        case CompressionKind.XZ:
            words = _xz_error(compression)
        case CompressionKind.ZSTD:
            words = _zstd_error(compression)
        case CompressionKind.NONE:
            return None
    return None if words is None else f"{_OPENING}{words}"


def _gzip_error(compression: Compression) -> str | None:
    """Neither the checksums nor the length are compared (archive_read_support_filter_gzip.c)."""
    error = compression.error
    if compression.reserved_flags:
        return "Unrecognized archive format"
    if compression.truncated:
        if compression.part == "header":
            return "Unrecognized archive format"
        return "(null)" if compression.part == "trailer" else "truncated gzip input"
    is_sum = error is None or any(word in error for word in ("checksum", "length"))
    return None if is_sum else "gzip decompression failed"


def _bzip2_error(compression: Compression) -> str | None:
    if compression.truncated:
        return "truncated bzip2 input"
    return None if compression.error is None else "bzip decompression failed"


def _xz_error(compression: Compression) -> str | None:
    start = "Lzma library error: "
    if compression.truncated or (compression.trailing and not compression.trailing_zeros):
        return f"{start} No progress is possible"
    is_odd = compression.trailing is not None and compression.trailing_zeros
    if compression.error is not None or is_odd:
        return f"{start}Corrupted input data"
    return None


def _zstd_error(compression: Compression) -> str | None:
    start = "Zstd decompression failed: "
    if compression.window > _LARGEST_WINDOW:
        return f"{start}Frame requires too much memory for decoding"
    if compression.truncated:
        return "Truncated zstd input"
    if compression.error is not None:
        return start + compression.error.rpartition(": ")[2]
    return None if compression.trailing is None else f"{start}Unknown frame descriptor"


class _Extraction:
    def __init__(self, entries: Entries, work: Work, program: str) -> None:
        self._entries = entries
        self._work = work
        self._program = program
        self._files = Files(work)
        self._lines: list[str] = []
        self._failures: list[int] = []
        self._warned: set[str] = set()
        self._is_broken = False

    def run(self) -> None:
        entries = self._entries
        is_usual = is_plain(entries) and not has_absolute_names(entries)
        if is_usual and not is_root_nameless(entries):
            return
        for position in range(len(entries)):
            if entries.kinds[position] != ord(GLOBAL_HEADER):
                self._work.spend()
                self._one(position)
            if self._is_broken:
                return

    def end(self, end: _End) -> Unpacking:
        lines = (*self._lines[:_MOST_LINES], *map(self._said, () if self._is_broken else end.lines))
        position = self._failures[0] if self._failures else -1
        cause, rules = end.cause, DAMAGED
        if position >= 0:
            cause = f"{self._entries.name(position)!r} cannot be unpacked"
            rules = ROOT_NOT_EXTRACTED
        if not self._failures and not end.is_failure:
            return Unpacking(lines, cause=cause, rules=rules if cause else ())
        return Unpacking((*lines, self._said(FAILED)), True, position, cause, rules)

    def _said(self, line: str) -> str:
        # What is said of an entry begins with its name.
        return line.removeprefix("\0") if line.startswith("\0") else f"{self._program}: {line}"

    def _one(self, position: int) -> None:
        entries = self._entries
        name, kind = entries.name(position), chr(entries.kinds[position])
        is_label = kind == _VOLUME_LABEL
        if is_label and not entries.sizes[position]:
            return
        if is_label or kind == _SOLARIS_ACL:
            self._lines.append(self._said(_DAMAGED))
            self._failures.append(position)
            self._is_broken = True
            return
        if not name:
            text = "Archive entry has empty or unreadable filename ... skipping."
            self._lines.append(self._said(text))
            self._failures.append(position)
            return
        target = entries.linknames.get(position, "")
        path = self._relative(name, "member names") or "."
        if kind == HARD_LINK:
            target = self._relative(target, "hardlink targets")
            if not target:
                return
        # What is called a directory by its name is one.
        if kind == _DUMP_DIRECTORY or (kind not in _LINKS_AND_NODES and name.endswith("/")):
            kind = DIRECTORY
        try:
            self._restore(position, kind, path, target)
        except _Failure as failure:
            self._lines.append(f"{escaped(path)}: {escaped(str(failure))}: {failure.words}")
            self._failures.append(position)

    def _relative(self, name: str, what: str) -> str:
        """A name without leading slashes (strip_absolute_path)."""
        if name.startswith("/") and what not in self._warned:
            self._warned.add(what)
            self._lines.append(self._said(f"Removing leading '/' from {what}"))
        return name.lstrip("/")

    def _restore(self, position: int, kind: str, path: str, target: str) -> None:
        """Restore an entry (_archive_write_disk_header, restore_entry)."""
        clean = _cleaned(path)
        if kind == HARD_LINK and clean == target:
            raise _Failure(f"Skipping hardlink pointing to itself: {clean}", _MISC)
        self._check_symlinks(clean, removes_last=True)
        error = self._create(position, kind, clean, target)
        if error is not None and error.errno in {ENOTDIR, ENOENT}:
            self._make_parents(clean)
            error = self._create(position, kind, clean, target)
        if error is not None and error.errno == ENOENT and kind == HARD_LINK:
            raise _Failure(f"Hard-link target '{target}' does not exist.", words_of(error))
        if error is not None and error.errno == EEXIST:
            error = self._replace(position, kind, clean, target)
        if error is not None:
            raise _Failure(f"Can't create '{clean}'", words_of(error))
        self._set_attributes(position)

    def _replace(self, position: int, kind: str, path: str, target: str) -> OSError | None:
        """Replace what is in the way."""
        old = self._files.lstat(path)
        if old.children is not None and kind == DIRECTORY:
            return None
        try:
            self._files.remove(path)
        except OSError as error:
            text = "Can't replace existing directory with non-directory"
            raise _Failure(text, words_of(error)) from None
        return self._create(position, kind, path, target)

    def _create(self, position: int, kind: str, path: str, target: str) -> OSError | None:
        """Create an entry (create_filesystem_object); the error, if there is one."""
        try:
            if kind == HARD_LINK:
                clean = _cleaned(target)
                self._check_symlinks(clean, removes_last=False)
                self._files.link(clean, path)
            elif kind == SYMLINK:
                self._files.symlink(target, path, position)
            elif kind == DIRECTORY:
                self._files.make_directory(path, position)
            elif kind in _NODES and not self._is_device(position):
                raise _Failure(f"Can't create '{path}'", "Invalid argument")
            else:
                found = kind if kind in _NODES else REGULAR
                self._files.put(path, Node(found, position))
        except OSError as error:
            return error
        return None

    def _is_device(self, position: int) -> bool:
        numbers = self._entries.devices.get(position, (0, 0))
        return all(0 <= number <= _LARGEST_DEVICE for number in numbers)

    def _check_symlinks(self, path: str, *, removes_last: bool) -> None:
        """Refuse a path through a symlink; remove one that the path names itself."""
        end = -1
        while end < len(path):
            end = path.find("/", end + 1)
            end = len(path) if end < 0 else end
            try:
                node = self._files.lstat(path[:end])
            except OSError as error:
                if error.errno == ENOENT:
                    return
                raise _Failure(f"Could not stat {path}", words_of(error)) from None
            if node.kind != SYMLINK:
                continue
            if end < len(path):
                raise _Failure(f"Cannot extract through symlink {path}", "Success")
            if removes_last:
                self._files.remove(path)

    def _make_parents(self, path: str) -> None:
        end = path.find("/")
        while end >= 0:
            try:
                self._files.make_directory(path[:end])
            except OSError as error:
                if error.errno != EEXIST:
                    return
            end = path.find("/", end + 1)

    def _set_attributes(self, position: int) -> None:
        """Set extended attributes; one that is not set is a failure (set_xattrs)."""
        errors = [each for each in xattr_errors(self._entries, position) if each.name]
        if not errors:
            return
        if all(error.words == NOT_SUPPORTED for error in errors):
            raise _Failure("Cannot restore extended attributes on this file system.", _MISC)
        names = " ".join(error.name for error in errors if error.words != NOT_SUPPORTED)
        raise _Failure(f"Cannot restore extended attributes: {names}", _MISC)


def _cleaned(path: str) -> str:
    """A path without empty parts and ``.`` (cleanup_pathname_fsobj)."""
    if ".." in path.split("/"):
        raise _Failure("Path contains '..'", _MISC)
    return clean_parts(path) or "."


def _end_of(tar: Tar) -> _End:
    """What is said where the tar is irregular."""
    cut = tar.of_kind(AnomalyKind.TRUNCATED_CONTENT, AnomalyKind.TRUNCATED_PADDING)
    fault = next(iter(cut), None) or tar.fatal
    if tar.of_kind(AnomalyKind.DANGLING_EXTENSION):
        return _End((_DAMAGED,), is_failure=True, cause="an extension header is the last one")
    if fault is None:
        return _End()
    cause = f"the tar is damaged at byte {fault.offset}: {fault.detail}"
    match fault.kind:
        case AnomalyKind.BAD_CHECKSUM:
            return _End((_DAMAGED, "Retrying..."), cause=cause)
        case AnomalyKind.BAD_NUMBER:
            is_size = fault.detail.startswith("the size")
            return _End((_DAMAGED, "Retrying...") if is_size else (), cause=cause)
        case AnomalyKind.NEGATIVE_SIZE:
            return _End(("Tar entry has negative size",), is_failure=True, cause=cause)
        case AnomalyKind.BAD_PAX_RECORD:
            return _bad_record(fault, cause)
        case AnomalyKind.TRUNCATED_HEADER:
            if tar.end_blocks:
                return _End()
            return _End(("Truncated tar archive",), is_failure=True, cause=cause)
        case AnomalyKind.TRUNCATED_CONTENT | AnomalyKind.TRUNCATED_PADDING:
            return _End((_cut_words(tar, fault),), is_failure=True, cause=cause)
        case _:
            return _End()


def _bad_record(fault: Anomaly, cause: str) -> _End:
    detail = fault.detail
    if "contains" in detail or "in a global header" in detail:
        return _End(cause=cause)
    if "KEY=VALUE" in detail:
        line = "Invalid pax extended attributes"
    elif "digits" in detail:
        line = "Rejecting pax extended attribute > 1MB"
    else:
        line = f"{_MALFORMED}s" if "begin with its length" in detail else _MALFORMED
    return _End((line,), is_failure=True, cause=cause)


def _cut_words(tar: Tar, fault: Anomaly) -> str:
    """What is said of the entry whose content is cut."""
    name = escaped(fault.name or "")
    if fault.kind is AnomalyKind.TRUNCATED_CONTENT:
        return f"\0{name}: Truncated tar archive: {_MISC}"
    span = tar.entries.content(len(tar.entries) - 1)
    needed, there = -span.length % _BLOCK, tar.size - span.offset - span.length
    words = f"Truncated input file (needed {needed} bytes, only {there} available)"
    return f"\0{name}: {words}: {_MISC}"
