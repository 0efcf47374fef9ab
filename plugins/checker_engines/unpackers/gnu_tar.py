"""GNU tar: what ``tar -x`` does as root (GNU tar 1.34, extract.c, list.c, paxnames.c).

It follows the options ``--xattrs --xattrs-include=* --numeric-owner -p``, with messages in a locale
with UTF-8. Errors do not end it: it goes on with the next entry, and exits 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from errno import EEXIST, ENOENT

from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    CONTIGUOUS,
    DIRECTORY,
    FIFO,
    GLOBAL_HEADER,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    SYMLINK,
    Entries,
)
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker.model.work import Work
from checker.records import NamedTuple
from checker_engines.answers.refusal import DAMAGED, ROOT_NOT_EXTRACTED
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.tree import Node
from checker_engines.unpackers.decompressors import program_error
from checker_engines.unpackers.files import Files, has_absolute_names, is_root_nameless, words_of
from checker_engines.unpackers.outcome import Unpacking
from checker_engines.unpackers.quoting import escaped, quoted

FAILED = "tar: Exiting with failure status due to previous errors"
FATAL = "tar: Error is not recoverable: exiting now"
NOT_A_TAR = "tar: This does not look like a tar archive"
SKIPPING = "tar: Skipping to next header"
_EOF = "tar: Unexpected EOF in archive"
_HIGHEST_ID = 2**32 - 1
_BLOCK = 512
_MOST_LINES = 500
_DUMP_DIRECTORY, _VOLUME, _VOLUME_LABEL = "D", "M", "V"
_CUT = (AnomalyKind.TRUNCATED_CONTENT, AnomalyKind.TRUNCATED_PADDING)
_FILES = frozenset({REGULAR, CONTIGUOUS, GNU_SPARSE})
_NODES = {CHARACTER_DEVICE: "mknod", BLOCK_DEVICE: "mknod", FIFO: "mkfifo"}
_FIELD = re.compile(r"the (\w+) field contains b'(.*?)(?:\\x00)*'", re.DOTALL)
_RECORD = re.compile(r"record '(\w+)' contains b'(.*?)'", re.DOTALL)
_TYPES = {"size": "off_t", "mode": "mode_t", "uid": "uid_t", "gid": "gid_t", "mtime": "time_t"}
_BASE_64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = 20
_RECORD_WORDS = {
    "KEY=VALUE": "missing equal sign",
    "length of 0,": "missing equal sign",
    "begin with its length": "missing length",
    "newline": "missing newline",
}
_RECORDS = frozenset({"uid", "gid", "size", "mtime", "atime", "ctime"})


class _Delayed(NamedTuple):
    """A link that is created at the end; until then, its names are empty files.

    Attributes:
        node: The empty file.
        is_symlink: Whether it is a symlink.
        target: Its target.
        names: Its names.
    """

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
    error = program_error(archive.compression, archive.size)
    if error is not None:
        status = 2 if archive.compression.kind is CompressionKind.BZIP2 else 1
        lines = (*error.rstrip().split("\n"), f"tar: Child returned status {status}", FATAL)
        cause = "the archive cannot be decompressed to its end"
        return Unpacking(lines, failed=True, cause=cause, rules=DAMAGED)
    return unpack_tar(archive.tar, fault_of(archive), work)


def unpack_tar(tar: Tar, fault: Anomaly | None, work: Work) -> Unpacking:
    """Unpack a tar, whatever compression was removed.

    Args:
        tar: The tar.
        fault: Where it is irregular for GNU tar.
        work: What may be spent on it.

    Raises:
        OutOfWork: It is not known what happens.
    """
    started = _Extraction(tar.entries, work)
    if fault is None or fault.kind is not AnomalyKind.NOT_A_TAR:
        started.run()
    return started.end(fault, tar.size)


def fault_of(archive: Archive) -> Anomaly | None:
    """Where GNU tar finds that the tar is irregular."""
    compression, tar = archive.compression, archive.tar
    is_compressed = compression.kind is not CompressionKind.NONE
    if compression.skippable_first or not (is_compressed or archive.size):
        return Anomaly(AnomalyKind.NOT_A_TAR, 0, "the first block is not a tar header", fatal=True)
    fault = next(iter(tar.of_kind(*_CUT)), None) or tar.fatal
    if fault is None or fault.kind is not AnomalyKind.NOT_A_TAR:
        return fault
    # Of what a program writes, fewer bytes than a block are ignored.
    return None if is_compressed and tar.size < _BLOCK else fault


class _Extraction:
    def __init__(self, entries: Entries, work: Work) -> None:
        self._entries = entries
        self._work = work
        self._files = Files(work)
        self._lines: list[str] = []
        self._failures: list[int] = []
        self._prefixes: tuple[set[str], set[str]] = (set(), set())
        self._delayed: dict[int, _Delayed] = {}
        self._is_contiguous = False
        self._has_made = False
        self._global: dict[str, str] = {}
        self._has_skipped = False

    def run(self) -> None:
        entries = self._entries
        if _is_usual(entries):
            return
        for position in range(len(entries)):
            self._work.spend()
            if entries.kinds[position] == ord(GLOBAL_HEADER):
                self._global.update(entries.global_records.get(position, {}))
            else:
                self._one(position)
        for delayed in reversed(list(self._delayed.values())):
            self._create(delayed)

    def end(self, fault: Anomaly | None, size: int) -> Unpacking:
        found, is_fatal = _ending(fault, size)
        skipped = (SKIPPING,) if self._has_skipped and SKIPPING not in found else ()
        ending = found + skipped
        lines: tuple[str, ...] = (*self._lines[:_MOST_LINES], *ending)
        position = self._failures[0] if self._failures else -1
        if is_fatal:
            # Links that are created at the end are not.
            return Unpacking((*lines, FATAL), True, position, _cause(fault), DAMAGED)
        if not ending and not self._failures:
            return Unpacking(lines)
        lines = (*lines, FAILED)
        if position < 0:
            return Unpacking(lines, True, position, _cause(fault), DAMAGED)
        cause = f"{self._entries.name(position)!r} cannot be unpacked"
        return Unpacking(lines, True, position, cause, ROOT_NOT_EXTRACTED)

    def _error(self, position: int, text: str) -> None:
        self._lines.append(f"tar: {text}")
        self._failures.append(position)

    def _warn(self, text: str) -> None:
        self._lines.append(f"tar: {text}")

    def _call_error(self, position: int, path: str, call: str, error: OSError) -> None:
        self._error(position, f"{escaped(path)}: Cannot {call}: {words_of(error)}")

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

    def _one(self, position: int) -> None:
        entries = self._entries
        # A path of a global header is that of each entry.
        name = self._global.get("path") or entries.name(position)
        kind = chr(entries.kinds[position])
        # The slash of the root alone does not end a name (strip_trailing_slashes).
        if kind in {REGULAR, CONTIGUOUS} and name.endswith("/") and name != "/":
            kind = DIRECTORY
        for what in _RECORDS & self._global.keys():
            if not _is_number(self._global[what]):
                text = f"Malformed extended header: invalid {what}={self._global[what]}"
                self._error(position, escaped(text))
        for what, ids in (("uid", entries.uids), ("gid", entries.gids)):
            if not 0 <= ids[position] <= _HIGHEST_ID:
                self._refuse_owner(position, what, ids[position])
        path = self._safe(name, 0).rstrip("/") or "."
        target = entries.linknames.get(position, "")
        if kind == HARD_LINK:
            target = self._safe(target, 1)
        if ".." in name.split("/"):
            self._error(position, f"{escaped(name)}: Member name contains '..'")
            return
        self._extract(position, kind, path, target)
        if kind == DIRECTORY and entries.sizes[position]:
            # Its content is read as headers.
            self._has_skipped = True
            self._failures.append(position)

    def _refuse_owner(self, position: int, what: str, number: int) -> None:
        if number < 0:
            text = f"Archive value {number} is out of {what}_t range 0..{_HIGHEST_ID}"
        else:
            text = f"Extended header {what}={number} is out of range 0..{_HIGHEST_ID}"
        self._error(position, text)

    def _extract(self, position: int, kind: str, path: str, target: str) -> None:
        """Extract an entry (prepare_to_extract)."""
        if kind in {DIRECTORY, _DUMP_DIRECTORY}:
            self._directory(position, path)
        elif kind == HARD_LINK:
            self._link(position, path, target)
        elif kind == SYMLINK:
            self._symlink(position, path, target)
        elif kind in _NODES:
            self._make(position, path, _NODES[kind], Node(kind, position))
        elif kind == _VOLUME:
            what = "Cannot extract -- file is continued from another volume"
            self._error(position, f"{escaped(path)}: {what}")
        elif kind != _VOLUME_LABEL:
            self._file(position, kind, path)

    def _file(self, position: int, kind: str, path: str) -> None:
        if kind not in _FILES:
            what = f"Unknown file type '{escaped(kind)}', extracted as normal file"
            self._warn(f"{escaped(path)}: {what}")
        elif kind == CONTIGUOUS and not self._is_contiguous:
            self._is_contiguous = True
            self._warn("Extracting contiguous files as regular files")
        self._make(position, path, "open", Node(REGULAR, position))

    def _directory(self, position: int, path: str) -> None:
        for _ in self._attempts(path):
            try:
                self._files.make_directory(path, position)
            except OSError as error:
                if error.errno == EEXIST and self._is_directory(path):
                    return
                if self._recovers(path, error):
                    continue
                if error.errno != EEXIST:
                    self._call_error(position, path, "mkdir", error)
            return

    def _make(self, position: int, path: str, call: str, node: Node) -> bool:
        for _ in self._attempts(path):
            try:
                self._files.put(path, node)
            except OSError as error:
                if self._recovers(path, error):
                    continue
                self._call_error(position, path, call, error)
                return False
            return True
        return False

    def _symlink(self, position: int, path: str, target: str) -> None:
        if target.startswith("/") or ".." in target.split("/"):
            self._delay(position, path, target, is_symlink=True)
            return
        for _ in self._attempts(path):
            try:
                self._files.symlink(target, path, position)
            except OSError as error:
                if self._recovers(path, error):
                    continue
                self._call_error(position, path, f"create symlink to {quoted(target)}", error)
            return

    def _link(self, position: int, path: str, target: str) -> None:
        if self._delayed and self._find_delayed(position, target) is not None:
            self._delay(position, path, target, is_symlink=False)
            return
        for _ in self._attempts(path):
            try:
                self._files.link(target, path)
            except OSError as error:
                if self._is_linked(path, target):
                    return
                if self._recovers(path, error):
                    continue
                self._call_error(position, path, f"hard link to {quoted(target)}", error)
            return

    def _is_linked(self, path: str, target: str) -> bool:
        try:
            return self._files.lstat(target) is self._files.lstat(path)
        except OSError:
            return False

    def _find_delayed(self, position: int, path: str) -> _Delayed | None:
        """The delayed link that is at a path (find_delayed_link_source)."""
        try:
            return self._delayed.get(id(self._files.lstat(path)))
        except OSError as error:
            if error.errno != ENOENT:
                self._error(position, f"{escaped(path)}: Cannot stat: {words_of(error)}")
            return None

    def _delay(self, position: int, path: str, target: str, *, is_symlink: bool) -> None:
        """Create an empty file in place of a link (create_placeholder_file)."""
        try:
            if id(self._files.lstat(path)) in self._delayed:
                return
        except OSError:
            pass
        node = Node(REGULAR, position)
        if self._make(position, path, "open", node):
            self._delayed[id(node)] = _Delayed(node, is_symlink, target, [path])

    def _create(self, delayed: _Delayed) -> None:
        """Replace the empty file by the link (apply_delayed_link)."""
        position = delayed.node.position
        for path in delayed.names:
            try:
                if self._files.lstat(path) is not delayed.node:
                    continue
                self._files.remove(path)
                if delayed.is_symlink:
                    self._files.symlink(delayed.target, path, position)
                else:
                    self._files.link(delayed.target, path)
            except OSError as error:
                kind = "create symlink to" if delayed.is_symlink else "hard link to"
                self._call_error(position, path, f"{kind} {quoted(delayed.target)}", error)

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
        and _has_usual_owners(entries)
        and not entries.global_records
        and not has_absolute_names(entries)
        and not any(map(entries.sizes.__getitem__, _directories(entries)))
    )


def _directories(entries: Entries) -> Iterator[int]:
    """Positions of directories for GNU tar: also files whose name ends with a slash."""
    yield from entries.of_kind(DIRECTORY)
    for position in entries.of_kind(REGULAR, CONTIGUOUS):
        if entries.spellings[position] and entries.name(position).endswith("/"):
            yield position


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d.*", text, re.ASCII) is not None


def _has_usual_owners(entries: Entries) -> bool:
    columns = (entries.uids, entries.gids)
    return all(not ids or (min(ids) >= 0 and max(ids) <= _HIGHEST_ID) for ids in columns)


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


def _ending(fault: Anomaly | None, size: int) -> tuple[tuple[str, ...], bool]:
    """What is printed where the tar is irregular, and whether it ends at once."""
    if fault is None:
        return (), False
    match fault.kind:
        case AnomalyKind.NOT_A_TAR:
            return ((NOT_A_TAR,) if size < _BLOCK else (NOT_A_TAR, SKIPPING)), False
        case AnomalyKind.BAD_CHECKSUM:
            return ((SKIPPING,) if fault.offset else (NOT_A_TAR, SKIPPING)), False
        case AnomalyKind.TRUNCATED_CONTENT | AnomalyKind.TRUNCATED_PADDING:
            return (_EOF, _EOF), True
        case AnomalyKind.NEGATIVE_SIZE:
            return (_out_of_range(fault.detail.rpartition(" ")[2], "off_t"), SKIPPING), False
        case AnomalyKind.BAD_NUMBER:
            return _bad_number(fault.detail)
        case AnomalyKind.BAD_PAX_RECORD:
            return _bad_record(fault.detail), False
        case _:
            return (), False


def _bad_number(detail: str) -> tuple[tuple[str, ...], bool]:
    found = _FIELD.search(detail)
    field, content = found.groups() if found else ("", "")
    kind = _TYPES.get(field)
    if kind is None:
        return (), False  # numbers of devices are not read for other entries
    if content[:1] in {"+", "-"}:
        return _base_64(content, field, kind)
    line = f"tar: Archive contains {quoted(content)} where numeric {kind} value expected"
    return ((line, SKIPPING) if field == "size" else (line,)), False


def _base_64(content: str, field: str, kind: str) -> tuple[tuple[str, ...], bool]:
    """A number in the form of GNU tar 1.11, which is larger than the archive."""
    old = "tar: Archive contains obsolescent base-64 headers"
    if field == "size" and content[0] == "+":
        return (old, _EOF, _EOF), True
    number = 0
    for digit in content[1:]:
        number = number * 64 + max(_BASE_64.find(digit), 0)
    shown = str(-number if content[0] == "-" else number)
    skipped = (SKIPPING,) if field == "size" else ()
    return (old, _out_of_range(shown, kind), *skipped), False


def _out_of_range(number: str, kind: str) -> str:
    highest = _HIGHEST_ID if kind in {"uid_t", "gid_t"} else 2**63 - 1
    return f"tar: Archive value {number} is out of {kind} range 0..{highest}"


def _bad_record(detail: str) -> tuple[str, ...]:
    found = _RECORD.search(detail)
    start = "tar: Malformed extended header:"
    if found is not None:
        return _bad_value(*found.groups())
    for words, text in _RECORD_WORDS.items():
        if words in detail:
            return (f"{start} {text}",)
    # What follows the length is printed too, which is not known here.
    is_length = "states a length" in detail
    return ("tar: Extended header length is out of range",) if is_length else ()


def _bad_value(key: str, value: str) -> tuple[str, ...]:
    if key not in _RECORDS:
        return ()
    if key.endswith("time") and _is_number(value):
        # A number with more digits than 64 bits have.
        is_outside = value.isdecimal() and len(value) >= _DIGITS
        text = f"tar: Extended header {key}={value} is out of range {-(2**63)}..{2**63 - 1}"
        return (text,) if is_outside else ()
    return (f"tar: Malformed extended header: invalid {key}={value}",)


def _cause(fault: Anomaly | None) -> str:
    return "" if fault is None else f"the tar is damaged at byte {fault.offset}: {fault.detail}"
