"""GNU tar: what ``tar -x`` does as root (GNU tar 1.34, extract.c, list.c, paxnames.c).

It follows the options ``--xattrs --xattrs-include=* --numeric-owner -p``, with messages in a locale
with UTF-8. Errors do not end it: it goes on with the next entry, and exits 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from errno import EEXIST, EINVAL, ENOENT
from itertools import chain

from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    DIRECTORY,
    FIFO,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
)
from checker.model.raw_tar import NotKeptError
from checker.model.tar import AnomalyKind, Tar
from checker.model.untrusted import utf8
from checker.model.work import Work
from checker.model.xattrs import XattrError
from checker.records import NamedTuple
from checker_engines.answers.refusal import DAMAGED, ROOT_NOT_EXTRACTED
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node
from checker_engines.unpackers import gnu_headers as headers
from checker_engines.unpackers.decompressors import TRAILING_GARBAGE, program_error
from checker_engines.unpackers.files import (
    Files,
    has_absolute_names,
    is_device,
    is_root_nameless,
    words_of,
)
from checker_engines.unpackers.gnu_headers import Input, steps
from checker_engines.unpackers.members import Member, Remark, Step, members_of
from checker_engines.unpackers.outcome import Unpacking
from checker_engines.unpackers.quoting import before_colon, escaped, quoted

FAILED = "tar: Exiting with failure status due to previous errors"
FATAL = "tar: Error is not recoverable: exiting now"
_MOST_LINES = 2000
_BLOCK = 512
_CAPABILITY = "security.capability"
_DUMP_DIRECTORY, _VOLUME, _VOLUME_LABEL = "D", "M", "V"
_CUT = (AnomalyKind.TRUNCATED_CONTENT, AnomalyKind.TRUNCATED_PADDING)
_FILES = frozenset({REGULAR, CONTIGUOUS, GNU_SPARSE})
_NODES = {CHARACTER_DEVICE: "mknod", BLOCK_DEVICE: "mknod", FIFO: "mkfifo"}


class _Delayed(NamedTuple):
    """A link that is created at the end; until then, its names are empty files.

    Attributes:
        member: The link.
        node: The empty file.
        is_symlink: Whether it is a symlink.
        target: Its target.
        names: Its names.
    """

    member: Member
    node: Node
    is_symlink: bool
    target: str
    names: list[str]


def unpack(archive: Archive, work: Work) -> Unpacking:
    """Unpack an archive into an empty directory.

    Args:
        archive: The archive; a compression that tar knows is removed by a program.
        work: What may be spent on it.

    Raises:
        OutOfWork: It is not known what happens.
    """
    compression = archive.compression
    is_plain_file = compression.kind is CompressionKind.NONE
    given = Input(is_seekable=is_plain_file, is_checked=is_plain_file)
    unpacking = unpack_tar(archive, work, given)
    if compression.skippable_first:
        return unpacking
    error = program_error(compression, archive.size)
    if error is None:
        return unpacking
    is_garbage = error == TRAILING_GARBAGE
    status = 2 if is_garbage or compression.kind is CompressionKind.BZIP2 else 1
    *said, last = unpacking.lines or (FAILED,)
    ending = (f"tar: Child returned status {status}", FATAL)
    first = tuple(error.rstrip().split("\n"))
    # gzip writes all that it can before it says what is wrong.
    is_late = compression.kind is CompressionKind.GZIP
    printed = (*said, *first) if is_late else (*first, *said)
    lines = (*printed, *((last,) if last == FATAL else ending))
    cause = "the archive cannot be decompressed to its end"
    return Unpacking(lines, failed=True, cause=cause, rules=DAMAGED)


def unpack_tar(archive: Archive, work: Work, given: Input) -> Unpacking:
    """Unpack a tar, whatever compression was removed.

    Args:
        archive: The archive.
        work: What may be spent on it.
        given: How the program is given the tar.

    Raises:
        OutOfWork: It is not known what happens.
    """
    extraction = _Extraction(work)
    extraction.run(_steps_of(archive, given))
    return extraction.end()


def _steps_of(archive: Archive, given: Input) -> Iterable[Step]:
    """What is read of an archive, one step after the other."""
    if archive.compression.skippable_first:
        skipping = (headers.SKIPPING,) * (archive.size >= _BLOCK)
        cause = "tar does not know how it is compressed"
        return (Remark((headers.NOT_A_TAR, *skipping), cause=cause),)
    if archive.raw is not None:
        try:
            return list(steps(archive.raw, given))
        except NotKeptError:
            pass
    if given.is_checked and not archive.tar.size:
        return (Remark((headers.NOT_A_TAR,), cause="it is empty"),)
    if _is_usual(archive.entries):
        return _end_of(archive.tar)
    return chain(members_of(archive.entries), _end_of(archive.tar))


class _Extraction:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._files = Files(work)
        self._lines: list[str] = []
        self._failed: Member | None = None
        self._cause = ""
        self._is_failure = False
        self._is_fatal = False
        self._prefixes: tuple[set[str], set[str]] = (set(), set())
        self._delayed: dict[int, _Delayed] = {}
        self._directories: list[tuple[str, Member]] = []
        self._is_contiguous = False
        self._is_incremental = False
        self._has_made = False

    def run(self, read: Iterable[Step]) -> None:
        for step in read:
            self._work.spend()
            if isinstance(step, Remark):
                self._remark(step)
            else:
                self._one(step)
            if self._is_fatal:
                return
        self._end_directories("/")
        for delayed in reversed(list(self._delayed.values())):
            self._create(delayed)
        while self._directories:
            self._end_directory()

    def end(self) -> Unpacking:
        lines = tuple(self._lines[:_MOST_LINES])
        if not self._is_failure:
            return Unpacking(lines)
        lines = (*lines, FATAL if self._is_fatal else FAILED)
        failed = self._failed
        if failed is None or self._is_fatal:
            return Unpacking(lines, True, -1, self._cause, DAMAGED)
        cause = f"{failed.name!r} cannot be unpacked"
        return Unpacking(lines, True, failed.position, cause, ROOT_NOT_EXTRACTED)

    def _remark(self, remark: Remark) -> None:
        self._lines += (f"tar: {line}" for line in remark.lines)
        self._is_failure |= remark.is_failure
        self._is_fatal |= remark.ends
        self._cause = self._cause or remark.cause

    def _error(self, member: Member, text: str) -> None:
        self._lines.append(f"tar: {text}")
        self._failed = self._failed or member
        self._is_failure = True

    def _warn(self, text: str) -> None:
        self._lines.append(f"tar: {text}")

    def _call_error(self, member: Member, path: str, call: str, error: OSError) -> None:
        self._error(member, f"{before_colon(path)}: Cannot {call}: {words_of(error)}")

    def _safe(self, name: str, of_link: int) -> str:
        """A name without what would leave the directory (safer_name_suffix)."""
        length = _unsafe_prefix(name)
        if length and name[:length] not in self._prefixes[of_link]:
            self._prefixes[of_link].add(name[:length])
            what = "hard link targets" if of_link else "member names"
            self._warn(f"Removing leading `{escaped(name[:length])}' from {what}")
        if length == len(name) and not length:
            what = "hard link target" if of_link else "member name"
            self._warn(f"Substituting `.' for empty {what}")
        return name[length:] or "."

    def _one(self, member: Member) -> None:
        name, kind, target = member.name, member.kind, member.target
        path = name
        if kind != _VOLUME_LABEL:
            path = self._safe(name, 0).rstrip("/") or "."
        if kind == HARD_LINK:
            target = self._safe(target, 1)
        if ".." in name.split("/"):
            self._error(member, f"{before_colon(name)}: Member name contains '..'")
            self._remarks(member.skipped)
            return
        self._end_directories(path)
        self._extract(member, kind, path, target)

    def _remarks(self, remarks: Iterable[Remark]) -> None:
        for remark in remarks:
            self._remark(remark)

    def _extract(self, member: Member, kind: str, path: str, target: str) -> None:
        """Extract an entry (prepare_to_extract)."""
        if kind in {DIRECTORY, _DUMP_DIRECTORY}:
            # After one of an incremental archive, the attributes of all are set at the end.
            self._is_incremental |= member.is_incremental
            self._remarks(member.skipped)
            self._directory(member, path)
        elif kind == HARD_LINK:
            self._link(member, path, target)
        elif kind == SYMLINK:
            self._symlink(member, path, target)
        elif kind in _NODES:
            self._node(member, kind, path)
        elif kind == _VOLUME:
            what = "Cannot extract -- file is continued from another volume"
            self._error(member, f"{before_colon(path)}: {what}")
            self._remarks(member.skipped)
        elif kind == _VOLUME_LABEL:
            self._remarks(member.skipped)
        else:
            self._file(member, kind, path)

    def _node(self, member: Member, kind: str, path: str) -> None:
        if is_device(member.device):
            if self._make(member, path, _NODES[kind], Node(kind, member.position)):
                self._set_attributes(member, path)
            return
        self._call_error(member, path, _NODES[kind], OSError(EINVAL, ""))

    def _file(self, member: Member, kind: str, path: str) -> None:
        if kind not in _FILES:
            what = f"Unknown file type '{kind}', extracted as normal file"
            self._warn(f"{before_colon(path)}: {what}")
        if kind == CONTIGUOUS and not self._is_contiguous:
            self._is_contiguous = True
            self._warn("Extracting contiguous files as regular files")
        said = len(self._lines)
        if not self._make(member, path, "open", Node(REGULAR, member.position)):
            # What is said of its content comes before the error.
            errors = self._lines[said:]
            del self._lines[said:]
            if member.forgets_error:
                errors = [error.rpartition(": ")[0] for error in errors]
            self._remarks(member.skipped)
            self._lines += () if self._is_fatal else errors
            return
        late, early = _late_attributes(member)
        self._set_xattrs(member, path, early)
        self._remarks(member.written)
        if not self._is_fatal:
            self._set_attributes(member, path, late)

    def _set_attributes(
        self, member: Member, path: str, errors: Iterable[XattrError] | None = None
    ) -> None:
        if member.mtime < 0:
            self._warn(f"{_printed(path)}: implausibly old time stamp {_time(member)}")
        self._set_xattrs(member, path, member.xattr_errors if errors is None else errors)

    def _set_xattrs(self, member: Member, path: str, errors: Iterable[XattrError]) -> None:
        call = "lsetxattr" if member.kind == SYMLINK else "setxattrat"
        for name, words in errors:
            what = f"Cannot set '{name}' extended attribute for file '{_printed(path)}'"
            self._warn(f"{call}: {what}: {words.capitalize()}")

    def _end_directories(self, path: str) -> None:
        """Set the attributes of directories that another path is not in; of the root at the end."""
        while self._directories and not self._is_incremental:
            directory, _ = self._directories[-1]
            if not directory.strip("./") or path.startswith(f"{directory}/"):
                return
            self._end_directory()

    def _end_directory(self) -> None:
        directory, member = self._directories.pop()
        self._set_attributes(member, directory)

    def _directory(self, member: Member, path: str) -> None:
        for _ in self._attempts(path):
            try:
                self._files.make_directory(path, member.position)
            except OSError as error:
                if error.errno == EEXIST and self._is_directory(path):
                    self._append_existing(path, member)
                    return
                if self._recovers(path, error):
                    continue
                if error.errno != EEXIST:
                    self._call_error(member, path, "mkdir", error)
                return
            self._directories.append((path, member))
            return

    def _append_existing(self, path: str, member: Member) -> None:
        # Of one that was created for this entry, only the time and the mode are set.
        known = member._replace(xattr_errors=()) if self._has_made else member
        self._directories.append((path.removesuffix("/."), known))

    def _make(self, member: Member, path: str, call: str, node: Node) -> bool:
        for _ in self._attempts(path):
            try:
                self._files.put(path, node)
            except OSError as error:
                if self._recovers(path, error):
                    continue
                self._call_error(member, path, call, error)
                return False
            return True
        return False

    def _symlink(self, member: Member, path: str, target: str) -> None:
        if target.startswith("/") or ".." in target.split("/"):
            self._delay(member, path, target, is_symlink=True)
            return
        for _ in self._attempts(path):
            try:
                self._files.symlink(target, path, member.position)
            except OSError as error:
                if self._recovers(path, error):
                    continue
                self._call_error(member, path, f"create symlink to {quoted(target)}", error)
                return
            self._set_attributes(member, path)
            return

    def _link(self, member: Member, path: str, target: str) -> None:
        if self._delayed and self._find_delayed(member, target) is not None:
            self._delay(member, path, target, is_symlink=False)
            return
        for _ in self._attempts(path):
            try:
                self._files.link(target, path)
            except OSError as error:
                if self._is_linked(path, target):
                    return
                if self._recovers(path, error):
                    continue
                self._call_error(member, path, f"hard link to {quoted(target)}", error)
            return

    def _is_linked(self, path: str, target: str) -> bool:
        try:
            return self._files.lstat(target) is self._files.lstat(path)
        except OSError:
            return False

    def _find_delayed(self, member: Member, path: str) -> _Delayed | None:
        """The delayed link that is at a path (find_delayed_link_source)."""
        try:
            return self._delayed.get(id(self._files.lstat(path)))
        except OSError as error:
            if error.errno != ENOENT:
                self._error(member, f"{before_colon(path)}: Cannot stat: {words_of(error)}")
            return None

    def _delay(self, member: Member, path: str, target: str, *, is_symlink: bool) -> None:
        """Create an empty file in place of a link (create_placeholder_file)."""
        try:
            if id(self._files.lstat(path)) in self._delayed:
                return
        except OSError:
            pass
        node = Node(REGULAR, member.position)
        if self._make(member, path, "open", node):
            self._delayed[id(node)] = _Delayed(member, node, is_symlink, target, [path])

    def _create(self, delayed: _Delayed) -> None:
        """Replace the empty file by the link (apply_delayed_link)."""
        member = delayed.member
        for path in delayed.names:
            try:
                if self._files.lstat(path) is not delayed.node:
                    continue
                self._files.remove(path)
                if delayed.is_symlink:
                    self._files.symlink(delayed.target, path, member.position)
                    self._set_attributes(member, path)
                else:
                    self._files.link(delayed.target, path)
            except OSError as error:
                kind = "create symlink to" if delayed.is_symlink else "hard link to"
                self._call_error(member, path, f"{kind} {quoted(delayed.target)}", error)

    def _is_directory(self, path: str) -> bool:
        try:
            return self._files.lstat(path).children is not None
        except OSError:
            return False

    def _attempts(self, path: str) -> Iterator[int]:
        """Attempts to create what is at a path: one more for each cause that can be removed."""
        self._has_made = False
        return iter(range(3 + path.count("/")))

    def _recovers(self, path: str, error: OSError) -> bool:
        """Remove the cause of an error, if that can be done (maybe_recoverable)."""
        if self._has_made:
            return False
        if error.errno == EEXIST:
            try:
                self._files.remove(path)
            except OSError:
                return False
            return True
        return error.errno == ENOENT and self._make_parents(path)

    def _make_parents(self, path: str) -> bool:
        """Create missing directories (make_directories); whether one was created."""
        end = path.find("/", 1)
        while end >= 0:
            try:
                self._files.make_directory(path[:end])
            except OSError:
                pass
            else:
                self._has_made = True
            end = path.find("/", end + 1)
        return self._has_made


def _is_usual(entries: Entries) -> bool:
    """Whether nothing is printed and nothing fails."""
    return (
        is_plain(entries)
        and not is_root_nameless(entries)
        and not has_absolute_names(entries)
        and not any(name.endswith("/.") for name in entries.own_names.values())
    )


def _late_attributes(member: Member) -> tuple[tuple[XattrError, ...], tuple[XattrError, ...]]:
    """Errors of the attributes that are set after the content of a file is written, and before."""
    errors = member.xattr_errors
    if member.sets_twice:
        return errors, errors
    late = tuple(error for error in errors if error.name == _CAPABILITY)
    return late, tuple(error for error in errors if error.name != _CAPABILITY)


def _time(member: Member) -> str:
    """A time as it is printed in UTC; a number of seconds if the calendar does not have it."""
    is_rounded = member.mtime < 0 < member.nanoseconds
    seconds = member.mtime + is_rounded
    nanoseconds = 10**9 - member.nanoseconds if is_rounded else member.nanoseconds
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}{fraction}"
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _printed(path: str) -> str:
    """A path whose bytes are printed as they are."""
    return utf8(path).decode("utf-8", "replace")


def _unsafe_prefix(name: str) -> int:
    """Length of what is removed from the beginning of a name: up to the last ``..``, slashes."""
    length = at = 0
    for part in name.split("/"):
        at += len(part)
        if part == "..":
            length = at
        at += 1
    while name[length : length + 1] == "/":
        length += 1
    return length


def _end_of(tar: Tar) -> tuple[Remark, ...]:
    """What is said where the tar is irregular, if the bytes there were not kept."""
    fault = next(iter(tar.of_kind(*_CUT)), None) or tar.fatal
    if fault is None:
        return ()
    cause = f"the tar is damaged at byte {fault.offset}: {fault.detail}"
    if fault.kind in _CUT:
        return (Remark((headers.EOF, headers.EOF), ends=True, cause=cause),)
    first = () if fault.offset else (headers.NOT_A_TAR,)
    return (Remark((*first, headers.SKIPPING), cause=cause),)
