"""libarchive: what ``bsdtar -x`` does as root (libarchive 3.6.2).

Sources: archive_read_support_format_tar.c, archive_write_disk_posix.c; tar/read.c and tar/util.c.
A header that is damaged is skipped without a failure. Errors of entries do not end it: it goes on
with the next entry, and exits 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from errno import EEXIST, ENOENT, ENOTDIR
from itertools import chain

from checker.model.archive import Archive
from checker.model.compression import Compression, CompressionKind
from checker.model.damage import EncodedArchive, OtherFormat, TextForm
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    REGULAR,
    SYMLINK,
)
from checker.model.raw_tar import NotKeptError
from checker.model.tar import AnomalyKind, Tar
from checker.model.work import Work
from checker.model.xattrs import NOT_SUPPORTED
from checker_engines.answers.refusal import DAMAGED as DAMAGED_RULES
from checker_engines.answers.refusal import NO_IMAGE, ROOT_NOT_EXTRACTED
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node
from checker_engines.unpackers.files import (
    DeepTree,
    Files,
    clean_parts,
    has_absolute_names,
    is_device,
    is_root_nameless,
    words_of,
)
from checker_engines.unpackers.libarchive_tar import DAMAGED, MISC, TRUNCATED, opens, steps
from checker_engines.unpackers.members import Member, Remark, Step, members_of
from checker_engines.unpackers.mtree import mtree_entries
from checker_engines.unpackers.outcome import Unpacking
from checker_engines.unpackers.quoting import escaped

FAILED = "Error exit delayed from previous errors."
_OPENING = "Error opening archive: "
_UNRECOGNIZED = f"{_OPENING}Unrecognized archive format"
_MOST_LINES = 2000
_NODES = frozenset({CHARACTER_DEVICE, BLOCK_DEVICE, FIFO})
_LINKS_AND_NODES = frozenset({HARD_LINK, SYMLINK, *_NODES})
_DUMP_DIRECTORY = "D"
_SKIPPED = frozenset({AnomalyKind.BAD_CHECKSUM, AnomalyKind.BAD_NUMBER})
_LARGEST_WINDOW = 128 << 20
_WINDOWS = re.compile(r"[/\\]{2}(?:\?[/\\]UNC[/\\]|[.?][/\\])", re.IGNORECASE)
_LEADING = re.compile(r"[A-Za-z]:|[/\\](?:\.{1,2}(?=[/\\]))?")
_COMPRESSIONS = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_SIGNATURES_READ = (
    *(b"PK", b"7z", b"Rar!", b"MSCF", b"0707", b"\xc7\x71", b"\x71\xc7", b"!<arch>", b"CD001"),
    *(b"\xed\xab\xee\xdb", b"\x04\x22\x4d\x18", b"LZIP", b"\x89LZO", b"\x1f\x9d"),
    b"\x5d\x00\x00",
)
"""Beginnings of the signatures of formats and compressions that it reads besides tar."""


class _Failure(Exception):  # noqa: N818 - what the library reports of an entry
    """An entry cannot be unpacked: the message, and the words of strerror(3).

    Attributes:
        words: These words.
        is_late: Whether its content is written.
    """

    def __init__(self, message: str, words: str, *, is_late: bool = False) -> None:
        super().__init__(message)
        self.words = words
        self.is_late = is_late


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
        return Unpacking((f"{program}: {error}",), True, -1, cause, (*NO_IMAGE, *DAMAGED_RULES))
    extraction = _Extraction(work, program)
    innermost = _innermost(archive)
    # What a third compression leaves was not read.
    extraction.run(() if _is_compressed(innermost) else _steps_of(innermost))
    return extraction.end()


def _steps_of(archive: Archive) -> Iterable[Step]:
    """What is read of an archive, one step after the other."""
    if archive.raw is not None:
        if not opens(archive.raw):
            return mtree_entries(archive.raw)
        try:
            return list(steps(archive.raw))
        except NotKeptError:
            pass
    entries = archive.entries
    is_usual = is_plain(entries) and not has_absolute_names(entries)
    if is_usual and not is_root_nameless(entries):
        return _end_of(archive.tar)
    return chain(map(_as_read, members_of(entries)), _end_of(archive.tar))


def _as_read(member: Member) -> Member:
    """An entry that Go reads, with the kind that it has for libarchive."""
    has_slash = member.name.endswith("/") and member.kind not in _LINKS_AND_NODES
    is_directory = has_slash or member.kind == _DUMP_DIRECTORY
    return member._replace(kind=DIRECTORY) if is_directory else member


def opening_error(archive: Archive) -> str | None:
    """The error of opening an archive; None if an entry can be looked for."""
    compression = archive.compression
    innermost = _innermost(archive)
    error = _filter_error(compression) or _filter_error(innermost.compression)
    if error is not None:
        return error
    if compression.skippable_first or not _is_unknown(innermost):
        return None
    is_known = _is_compressed(innermost) or other_format(archive) or mtree_entries(archive.raw)
    return None if is_known else _UNRECOGNIZED


def _is_unknown(archive: Archive) -> bool:
    """Whether it is not recognized as a tar by its first block."""
    if archive.raw is not None:
        return not opens(archive.raw)
    fault = archive.tar.fatal
    kinds = {AnomalyKind.NOT_A_TAR, AnomalyKind.BAD_CHECKSUM}
    return fault is not None and not fault.offset and fault.kind in kinds


def other_format(archive: Archive) -> str | None:
    """The format that libarchive reads instead of a tar, in words; None if there is none."""
    damage = archive.damage
    if isinstance(damage, EncodedArchive) and damage.form is TextForm.UUENCODE:
        return f"a file in the form of {damage.form}"
    if not isinstance(damage, OtherFormat):
        return None
    is_read = damage.format.signature.startswith(_SIGNATURES_READ)
    return damage.format.name if is_read else None


def is_compressed_thrice(archive: Archive) -> bool:
    """Whether more compressions are to be removed than are removed here."""
    return _is_compressed(_innermost(archive))


def _is_compressed(archive: Archive) -> bool:
    """Whether what is in place of a tar begins with the signature of a compression."""
    return archive.tar.head.startswith(
        (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
    )


def _innermost(archive: Archive) -> Archive:
    """The archive, of which all compressions are removed."""
    return archive if archive.inside is None else archive.inside


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
    def __init__(self, work: Work, program: str) -> None:
        self._work = work
        self._program = program
        self._files = Files(work, DeepTree())
        self._lines: list[str] = []
        self._failed: Member | None = None
        self._is_failure = False
        self._cause = ""
        self._has_warned = False
        self._has_ended = False

    def run(self, read: Iterable[Step]) -> None:
        for step in read:
            self._work.spend()
            if isinstance(step, Remark):
                self._remark(step, "")
            else:
                self._member(step)
            if self._has_ended:
                break

    def end(self) -> Unpacking:
        lines = tuple(self._lines[:_MOST_LINES])
        failed = self._failed
        cause, rules = self._cause, DAMAGED_RULES
        if failed is not None:
            cause = f"{failed.name!r} cannot be unpacked"
            rules = ROOT_NOT_EXTRACTED
        if not self._is_failure:
            return Unpacking(lines, cause=cause, rules=rules if cause else ())
        position = -1 if failed is None else failed.position
        return Unpacking((*lines, self._said(FAILED)), True, position, cause, rules)

    def _said(self, line: str) -> str:
        return f"{self._program}: {line}"

    def _remark(self, remark: Remark, name: str) -> None:
        start = f"{escaped(name)}: " if remark.is_after_name else f"{self._program}: "
        self._lines += (f"{start}{line}" for line in remark.lines)
        self._is_failure |= remark.is_failure
        self._has_ended |= remark.ends
        self._cause = self._cause or remark.cause

    def _fail(self, member: Member) -> None:
        self._failed = self._failed or member
        self._is_failure = True

    def _member(self, member: Member) -> None:
        """Restore an entry, and read its content."""
        path = self._path_of(member)
        is_written = path is not None and self._is_restored(member, path)
        for remark in member.written if is_written else member.skipped:
            self._remark(remark, path or member.name)

    def _path_of(self, member: Member) -> str | None:
        """Where an entry is restored; None if it is not."""
        if not member.name:
            text = "Archive entry has empty or unreadable filename ... skipping."
            self._lines.append(self._said(text))
            self._fail(member)
            return None
        return self._relative(member.name) or "."

    def _is_restored(self, member: Member, path: str) -> bool:
        """Restore an entry; whether its content is written."""
        target = member.target
        if member.kind == HARD_LINK:
            target = self._relative(target)
            if not target:
                return False
        try:
            self._restore(member, path, target)
        except _Failure as failure:
            self._lines.append(f"{escaped(path)}: {escaped(str(failure))}: {failure.words}")
            self._fail(member)
            return failure.is_late
        return True

    def _relative(self, name: str) -> str:
        """A name without what leads elsewhere (strip_absolute_path)."""
        rest = _WINDOWS.sub("", name)
        what = "drive letter" if rest != name else ""
        while match := _LEADING.match(rest):
            what = what or ("drive letter" if match[0].endswith(":") else f"'{match[0][0]}'")
            rest = rest[match.end() :]
        if what and not self._has_warned:
            self._has_warned = True
            self._lines.append(self._said(f"Removing leading {what} from member names"))
        return rest

    def _restore(self, member: Member, path: str, target: str) -> None:
        """Restore an entry (_archive_write_disk_header, restore_entry)."""
        kind = member.kind
        clean = _cleaned(path)
        if kind == HARD_LINK and clean == target:
            raise _Failure(f"Skipping hardlink pointing to itself: {clean}", MISC)
        self._check_symlinks(clean, removes_last=True)
        error = self._create(member, kind, clean, target)
        if error is not None and error.errno in {ENOTDIR, ENOENT}:
            self._make_parents(clean)
            error = self._create(member, kind, clean, target)
        if error is not None and error.errno == ENOENT and kind == HARD_LINK:
            raise _Failure(f"Hard-link target '{target}' does not exist.", words_of(error))
        if error is not None and error.errno == EEXIST:
            error = self._replace(member, kind, clean, target)
        if error is not None:
            raise _Failure(f"Can't create '{clean}'", words_of(error))
        self._set_attributes(member)

    def _replace(self, member: Member, kind: str, path: str, target: str) -> OSError | None:
        """Replace what is in the way."""
        old = self._files.lstat(path)
        if old.children is not None and kind == DIRECTORY:
            return None
        try:
            self._files.remove(path)
        except OSError as error:
            text = "Can't replace existing directory with non-directory"
            raise _Failure(text, words_of(error)) from None
        return self._create(member, kind, path, target)

    def _create(self, member: Member, kind: str, path: str, target: str) -> OSError | None:
        """Create an entry (create_filesystem_object); the error, if there is one."""
        try:
            if kind == HARD_LINK:
                clean = _cleaned(target)
                self._check_symlinks(clean, removes_last=False)
                self._files.link(clean, path)
            elif kind == SYMLINK:
                self._files.symlink(target, path, member.position)
            elif kind == DIRECTORY:
                self._files.make_directory(path, member.position)
            elif kind in _NODES and not is_device(member.device):
                raise _Failure(f"Can't create '{path}'", "Invalid argument")
            else:
                found = kind if kind in _NODES else REGULAR
                self._files.put(path, Node(found, member.position))
        except OSError as error:
            return error
        return None

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

    def _set_attributes(self, member: Member) -> None:
        """Set extended attributes; one that is not set is a failure (set_xattrs)."""
        errors = [each for each in member.xattr_errors if each.name]
        if not errors:
            return
        if all(error.words == NOT_SUPPORTED for error in errors):
            raise _Failure(
                "Cannot restore extended attributes on this file system.", MISC, is_late=True
            )
        names = " ".join(error.name for error in errors if error.words != NOT_SUPPORTED)
        raise _Failure(f"Cannot restore extended attributes: {names}", MISC, is_late=True)


def _cleaned(path: str) -> str:
    """A path without empty parts and ``.`` (cleanup_pathname_fsobj)."""
    if ".." in path.split("/"):
        raise _Failure("Path contains '..'", MISC)
    return clean_parts(path) or "."


def _end_of(tar: Tar) -> tuple[Remark, ...]:
    """What is said where the tar is irregular, if the bytes there were not kept."""
    fault = tar.fatal
    if fault is None:
        return ()
    cause = f"the tar is damaged at byte {fault.offset}: {fault.detail}"
    if fault.kind in _SKIPPED:
        return (Remark((DAMAGED, "Retrying..."), is_failure=False, cause=cause),)
    line = TRUNCATED if fault.kind is AnomalyKind.TRUNCATED_HEADER else DAMAGED
    return (Remark((line,), cause=cause),)
