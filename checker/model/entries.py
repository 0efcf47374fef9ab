"""Entries of a tar: a compact table of columns, and the record that one row is shown as.

A layer can have millions of entries, and every one is kept until the checks have run. Columns cost
about 150 bytes an entry, a list of records three times as much.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import chain, compress, count
from types import MappingProxyType

from checker.model.untrusted import utf8
from checker.records import NamedTuple
from checker.typing_names import TypeVar, cast, overload

T = TypeVar("T")

REGULAR = "0"
HARD_LINK = "1"
SYMLINK = "2"
CHARACTER_DEVICE = "3"
BLOCK_DEVICE = "4"
DIRECTORY = "5"
FIFO = "6"
CONTIGUOUS = "7"
GLOBAL_HEADER = "g"
GNU_SPARSE = "S"
_DIRECTORY, _SYMLINK, _GLOBAL_HEADER = map(ord, (DIRECTORY, SYMLINK, GLOBAL_HEADER))

KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        REGULAR: "file",
        HARD_LINK: "hard link",
        SYMLINK: "symlink",
        CHARACTER_DEVICE: "character device",
        BLOCK_DEVICE: "block device",
        DIRECTORY: "directory",
        FIFO: "fifo",
        CONTIGUOUS: "contiguous file",
        GLOBAL_HEADER: "PAX global header",
        GNU_SPARSE: "old GNU sparse file",
    },
)

# How the name in the header differs from the cleaned path: prefix and suffix.
SPELLINGS = (("", ""), ("", "/"), ("./", ""), ("./", "/"), ("/", ""), ("/", "/"))
_SPELLING_CODES = {spelling: code for code, spelling in enumerate(SPELLINGS)}
OWN_SPELLING = 255
"""Spelling of a name that is kept whole, because no prefix and suffix give it."""

_UNCLEAN_ENDS = frozenset("/.")
_DIRECTORY_NAMES = 1 << 28
_DIRECTORY_NAMES_FREE = 1 << 20
_NO_XATTRS: Mapping[str, bytes] = MappingProxyType({})
WHITEOUT_PREFIX = ".wh."
_BATCH = 4096
# Of columns in which one of so many is searched for, each is looked at.
_MANY = 16
# After so many bytes of paths there is hardly a new one.
_SAMPLE = 2048
_WHITEOUT_BYTES = frozenset(WHITEOUT_PREFIX.encode())
OPAQUE_WHITEOUT = ".wh..wh..opq"
META_PREFIX = ".wh..wh."
"""What aufs kept for itself; of these names only the opaque whiteout means something elsewhere."""
BARE_WHITEOUTS = frozenset(WHITEOUT_PREFIX + name for name in ("", ".", ".."))
"""Whiteouts that name nothing to hide, or the directory itself, or its parent."""
WINDOWS_DIRECTORIES = frozenset({"Files", "Hives", "UtilityVM"})
"""What is at the top of a layer for Windows: its files, its registry, its virtual machine."""


def clean_path(name: str) -> str:
    """The place of ``name`` below the root: no ``.``, ``..`` or empty parts, no outer slashes."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def climbs_out(path: str) -> bool:
    """Whether a path leads above its start, a leading slash aside."""
    if ".." not in path:
        return False
    depth = 0
    for part in path.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


class Entry(NamedTuple):
    """One entry of a tar, or one file of a directory.

    Attributes:
        position: Position in the archive, from 0.
        name: Name as written in the headers.
        path: Cleaned path below the root, without outer slashes; empty for the root itself.
        kind: Type flag of the tar header, such as ``"0"``; see the constants of this module.
        mode: Permission bits.
        uid: Owner.
        gid: Group.
        size: Size of the content in bytes.
        mtime: Modification time in whole seconds since 1970.
        linkname: Target of a symbolic or hard link, else empty.
        offset: Byte offset of the header; -1 in a directory.
        device: Major and minor number of a device node.
        xattrs: Extended attributes, values cut to 256 bytes.
    """

    position: int
    name: str
    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    linkname: str
    offset: int
    device: tuple[int, int] | None
    xattrs: Mapping[str, bytes]

    @property
    def is_file(self) -> bool:
        """Whether it has content, unlike a link."""
        return self.kind in (REGULAR, CONTIGUOUS, GNU_SPARSE)

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.kind == DIRECTORY

    @property
    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return self.kind == SYMLINK

    @property
    def is_hard_link(self) -> bool:
        """Whether it is a hard link."""
        return self.kind == HARD_LINK

    @property
    def basename(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The path of the directory it is in; empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def is_whiteout(self) -> bool:
        """Whether it hides something of a lower layer (OCI image-spec 1.1, layer.md)."""
        return self.basename.startswith(WHITEOUT_PREFIX)

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return KIND_NAMES.get(self.kind, f"entry of type {self.kind!r}")


class Span(NamedTuple):
    """A run of content in a sparse file: offset and length in bytes."""

    offset: int
    length: int


class Whiteouts(NamedTuple):
    """What the whiteouts of one tar say about the layers below it.

    Attributes:
        removed: The whiteout of each cleaned path that is removed, by that path.
        emptied: The directories of which the content is removed; the root is the empty path.
        nameless: The whiteouts that name nothing to hide, and those reserved by aufs.
    """

    removed: Mapping[str, str]
    emptied: AbstractSet[str]
    nameless: AbstractSet[str]


class _PathTraits(NamedTuple):
    """What one pass over all paths tells.

    Attributes:
        path_bytes: The bytes that occur in them.
        whiteouts: Those whose last part is that of a whiteout, in order.
    """

    path_bytes: frozenset[int]
    whiteouts: tuple[str, ...]


class Entries(Sequence[Entry]):
    """All entries of one tar or directory, in order. Filled by the reader, then left alone."""

    __slots__ = (
        "_by_path",
        "_cache",
        "_count_by_path",
        "content_offsets",
        "devices",
        "gids",
        "global_records",
        "kinds",
        "linknames",
        "modes",
        "mtimes",
        "offsets",
        "own_names",
        "paths",
        "sizes",
        "sparse",
        "spellings",
        "stored_sizes",
        "uids",
        "unread_attributes",
        "xattr_sizes",
        "xattrs",
    )

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.kinds = bytearray()
        self.spellings = bytearray()
        self.modes = array("I")
        self.uids = array("q")
        self.gids = array("q")
        self.sizes = array("q")
        self.mtimes = array("q")
        self.offsets = array("q")
        # What few entries have is kept by position.
        self.own_names: dict[int, str] = {}
        self.linknames: dict[int, str] = {}
        self.devices: dict[int, tuple[int, int]] = {}
        self.xattrs: dict[int, Mapping[str, bytes]] = {}
        # Bytes of the attribute values that were cut, by position and name.
        self.xattr_sizes: dict[int, dict[str, int]] = {}
        # Keys of PAX records for extended attributes that Go's archive/tar does not read.
        self.unread_attributes: dict[int, tuple[str, ...]] = {}
        # PAX records of the global headers, which Go's archive/tar returns as entries.
        self.global_records: dict[int, Mapping[str, str]] = {}
        self.sparse: dict[int, tuple[Span, ...]] = {}
        self.stored_sizes: dict[int, int] = {}
        self.content_offsets: dict[int, int] = {}
        self._by_path: dict[str, int] = {}
        self._count_by_path = 0
        # Computed when first asked for, since several rules and engines ask.
        self._cache: dict[Callable[[Entries], object], object] = {}

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """What is copied, without what can be computed again."""
        state = {name: getattr(self, name) for name in COLUMNS}
        return None, state | {"_by_path": {}, "_count_by_path": 0, "_cache": {}}

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, position: int) -> Entry: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Entry]: ...
    def __getitem__(self, position: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(position, slice):
            return [self._entry(i) for i in range(*position.indices(len(self.paths)))]
        count = len(self.paths)
        if not -count <= position < count:
            raise IndexError(position)
        return self._entry(position % count)

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, range(len(self.paths)))

    def _entry(self, i: int) -> Entry:
        return Entry(
            i,
            self.name(i),
            self.paths[i],
            chr(self.kinds[i]),
            self.modes[i],
            self.uids[i],
            self.gids[i],
            self.sizes[i],
            self.mtimes[i],
            self.linknames.get(i, ""),
            self.offsets[i],
            self.devices.get(i),
            self.xattrs.get(i, _NO_XATTRS),
        )

    def name(self, position: int) -> str:
        """The name as written in the header."""
        spelling = self.spellings[position]
        if spelling == 0:
            return self.paths[position]
        if spelling == OWN_SPELLING:
            return self.own_names[position]
        prefix, suffix = SPELLINGS[spelling]
        return prefix + self.paths[position] + suffix

    @property
    def by_path(self) -> dict[str, int]:
        """The position of the last entry of each path; global headers are left out.

        The paths are in the order of their first entries.
        """
        # To add all at once takes half the time of adding them as they are read.
        start = self._count_by_path
        if start != len(self.paths):
            added = self._positions_from(start)
            self._by_path = {**self._by_path, **added} if start else added
            self._count_by_path = len(self.paths)
        return self._by_path

    def _positions_from(self, start: int) -> dict[str, int]:
        """The position of the last entry of each path from a position on."""
        paths, kinds = (
            (self.paths[start:], self.kinds[start:]) if start else (self.paths, self.kinds)
        )
        if _GLOBAL_HEADER not in kinds:
            return dict(zip(paths, range(start, start + len(paths)), strict=True))
        return {
            path: position
            for position, path in enumerate(paths, start)
            if kinds[position - start] != _GLOBAL_HEADER
        }

    def get(self, path: str) -> Entry | None:
        """The last entry of this cleaned path, the one that an extraction ends with."""
        position = self.by_path.get(path)
        return None if position is None else self._entry(position)

    def of_kind(self, *kinds: str) -> Iterator[int]:
        """Positions of the entries of some kinds, without a record for each entry."""
        # Most layers have few kinds, and to look for one alone is many times faster.
        present = bytes(kind for kind in "".join(kinds).encode("latin-1") if kind in self.kinds)
        if not present:
            return iter(())
        return _places_of(self.kinds, present)

    def with_mode(self, bits: int) -> Iterator[int]:
        """Positions, in order, of the entries whose mode has any of some of its lowest 16 bits."""
        return with_bits(self.modes, bits)

    def positions(self, paths: Collection[str]) -> dict[str, list[int]]:
        """All positions of each of some cleaned paths, in order."""
        if len(paths) == 1:
            return {path: self._positions_of(path) for path in paths}
        found: dict[str, list[int]] = {path: [] for path in paths}
        are_wanted = map(found.__contains__, self.paths if found else ())
        for position in compress(count(), are_wanted):
            found[self.paths[position]].append(position)
        return found

    def _positions_of(self, path: str) -> list[int]:
        found: list[int] = []
        for _ in range(self.paths.count(path)):
            found.append(self.paths.index(path, found[-1] + 1 if found else 0))
        return found

    def last_before(self, path: str, position: int) -> int | None:
        """The last entry of a cleaned path that precedes a position; None if there is none."""
        last = self.by_path.get(path)
        if last is None or last < position:
            return last
        earlier = self.cached(_positions_of_repeated).get(path, ()) if self.repeated else ()
        return max((each for each in earlier if each < position), default=None)

    def texts(self) -> Iterator[str]:
        """All paths, in order, each between NULs, as texts of thousands that are searched in C.

        One text of all of them would take longer, as it fits in no cache of a processor.
        """
        for start in range(0, len(self.paths), _BATCH):
            yield "\0".join(("", *self.paths[start : start + _BATCH], ""))

    @property
    def path_bytes(self) -> frozenset[int]:
        """The bytes that occur in the paths, in UTF-8, and NUL.

        Most of what rules look for in names has a character that few tars have at all.
        """
        return self.cached(_path_traits_of).path_bytes

    @property
    def longest_path(self) -> int:
        """Characters of the longest path; 0 if there is none."""
        return self.cached(_longest_path_of)

    @property
    def longest_target(self) -> int:
        """Characters of the longest target of a link; 0 if there is none."""
        return self.cached(_longest_target_of)

    @property
    def has_bare_symlinks(self) -> bool:
        """Whether a symlink has no target."""
        return self.cached(_has_bare_symlinks)

    @property
    def repeated(self) -> tuple[int, ...]:
        """Positions, in order, of the entries whose path an earlier one has."""
        return self.cached(_repeated_of)

    @property
    def directories(self) -> frozenset[str]:
        """Every cleaned path that another one is below, with or without an entry; not the root.

        Of directories that contain only directories, some are left out if their names add up to
        much more than those of the others: a few kilobytes can name a thousand directories each.
        """
        return self.cached(_directories_of)[0]

    @property
    def knows_all_directories(self) -> bool:
        """Whether none was left out of ``directories``."""
        return self.cached(_directories_of)[1]

    @property
    def implied(self) -> frozenset[str]:
        """Those of ``directories`` that have no entry."""
        return self.cached(_implied_of)

    @property
    def has_directories(self) -> bool:
        """Whether ``directories`` are computed already, all of them."""
        return _directories_of in self._cache and self.knows_all_directories

    @property
    def obstacles(self) -> frozenset[str]:
        """The cleaned paths that others are below, and whose last entry is not a directory."""
        return self.cached(_obstacles_of)

    @property
    def whiteouts(self) -> AbstractSet[str]:
        """The cleaned paths whose last part is that of a whiteout, opaque ones included.

        In order: memory is then read in sequence, which is several times faster for a million.
        """
        return self.cached(_whiteouts_of)

    @property
    def whiteout_directories(self) -> frozenset[str]:
        """The directories whose last part is that of a whiteout."""
        return self.cached(_whiteout_directories_of)

    @property
    def hides(self) -> Whiteouts:
        """What its whiteouts hide in the layers below."""
        return self.cached(_hides_of)

    def cached(self, work: Callable[[Entries], T]) -> T:
        """What a function makes of these entries, computed when it is first asked for.

        Args:
            work: The function; one that is the same object at each call.
        """
        if work not in self._cache:
            self._cache[work] = work(self)
        return cast("T", self._cache[work])

    @property
    def is_windows(self) -> bool:
        """Whether it is a layer for Windows: all of it is in the top-level directories of those.

        There ``Files`` is the root that a container sees (hcsshim, internal/wclayer).
        """
        return self.cached(_is_windows)

    def content(self, position: int) -> Span:
        """Where the stored bytes of an entry's content are in the (uncompressed) tar."""
        offset = self.content_offsets.get(position, self.offsets[position] + 512)
        return Span(offset, self.stored_sizes.get(position, self.sizes[position]))


COLUMNS = tuple(name for name in Entries.__slots__ if not name.startswith("_"))
"""Attributes of ``Entries`` that the reader fills; all else is computed from them."""


def _path_traits_of(entries: Entries) -> _PathTraits:
    known = b"\0"
    whiteouts: list[str] = []
    for start, text in zip(count(0, _BATCH), entries.texts(), strict=False):
        found = utf8(text).translate(None, known)
        while found:
            known += bytes(set(found[:_SAMPLE]))
            found = found.translate(None, known)
        # Nearly all tars have none, and to look through many names at once is faster.
        if _WHITEOUT_BYTES.issubset(known) and WHITEOUT_PREFIX in text:
            whiteouts += filter(is_whiteout, entries.paths[start : start + _BATCH])
    return _PathTraits(frozenset(known), tuple(whiteouts))


def _longest_path_of(entries: Entries) -> int:
    return max(map(len, entries.paths), default=0)


def _longest_target_of(entries: Entries) -> int:
    return max(map(len, entries.linknames.values()), default=0)


def _has_bare_symlinks(entries: Entries) -> bool:
    kinds = entries.kinds
    with_target = compress(entries.linknames, entries.linknames.values())
    return bytes(map(kinds.__getitem__, with_target)).count(_SYMLINK) < kinds.count(_SYMLINK)


def _repeated_of(entries: Entries) -> tuple[int, ...]:
    if len(entries.by_path) == len(entries.paths):
        return ()
    seen: set[str] = set()
    found: list[int] = []
    for position, path in enumerate(entries.paths):
        if entries.kinds[position] == _GLOBAL_HEADER:
            continue
        if path in seen:
            found.append(position)
        seen.add(path)
    return tuple(found)


def _positions_of_repeated(entries: Entries) -> Mapping[str, list[int]]:
    return entries.positions({entries.paths[position] for position in entries.repeated})


def _directories_of(entries: Entries) -> tuple[frozenset[str], bool]:
    """The directories that entries are in, from the inmost out, and whether these are all."""
    found: set[str] = set()
    pending = {path.rpartition("/")[0] for path in entries.by_path}
    left = min(_DIRECTORY_NAMES, _DIRECTORY_NAMES_FREE + 8 * sum(map(len, pending)))
    while pending and left > 0:
        found |= pending
        pending = {path.rpartition("/")[0] for path in pending} - found
        left -= sum(map(len, pending))
    return frozenset(found - {""}), not pending


def _implied_of(entries: Entries) -> frozenset[str]:
    # Not of the keys, of which a set would be made.
    return entries.directories.difference(entries.by_path)


def _obstacles_of(entries: Entries) -> frozenset[str]:
    kinds, by_path = entries.kinds, entries.by_path
    found = entries.directories & by_path.keys()
    return frozenset(path for path in found if kinds[by_path[path]] != _DIRECTORY)


def _whiteouts_of(entries: Entries) -> AbstractSet[str]:
    named = dict.fromkeys(entries.cached(_path_traits_of).whiteouts)
    # A global header is not extracted.
    if _GLOBAL_HEADER in entries.kinds:
        named = {path: None for path in named if path in entries.by_path}
    return named.keys()


def _whiteout_directories_of(entries: Entries) -> frozenset[str]:
    # Nearly all tars have none, and to look through many names at once is faster.
    is_any = WHITEOUT_PREFIX in "/".join(entries.directories)
    return frozenset(filter(is_whiteout, entries.directories)) if is_any else frozenset()


def _hides_of(entries: Entries) -> Whiteouts:
    removed: dict[str, str] = {}
    emptied: dict[str, None] = {}
    nameless: set[str] = set()
    skipped = len(WHITEOUT_PREFIX)
    for path in entries.whiteouts:
        directory, slash, base = path.rpartition("/")
        if base == OPAQUE_WHITEOUT:
            emptied[directory] = None
        elif base in BARE_WHITEOUTS or base.startswith(META_PREFIX):
            nameless.add(path)
        else:
            removed[directory + slash + base[skipped:]] = path
    return Whiteouts(removed, emptied.keys(), nameless)


def _is_windows(entries: Entries) -> bool:
    # Nearly every tar is told apart by its first path.
    first = next(filter(None, entries.by_path), "").partition("/")[0]
    return first in WINDOWS_DIRECTORIES and WINDOWS_DIRECTORIES.issuperset(
        path.partition("/")[0] for path in entries.by_path if path
    )


def is_whiteout(path: str) -> bool:
    """Whether the last part of a cleaned path is that of a whiteout, an opaque one included."""
    return WHITEOUT_PREFIX in path and path.rpartition("/")[2].startswith(WHITEOUT_PREFIX)


def hidden_by(path: str) -> str | None:
    """The path that a whiteout hides; None if it is opaque, or names nothing."""
    directory, slash, base = path.rpartition("/")
    if base in BARE_WHITEOUTS or base.startswith(META_PREFIX):
        return None
    return f"{directory}{slash}{base.removeprefix(WHITEOUT_PREFIX)}"


def spell(name: str) -> tuple[str, int]:
    """Split a name into cleaned path and spelling code (see ``SPELLINGS``)."""
    if _is_clean(name):
        return name, 0
    # Nearly all others begin with the working directory, end with a slash, or both.
    prefix = "./" if name.startswith("./") else ""
    suffix = "/" if name.endswith("/") else ""
    path = name[len(prefix) : len(name) - len(suffix)]
    if path and _is_clean(path):
        return path, _SPELLING_CODES[prefix, suffix]
    path = clean_path(name)
    prefix = ""
    if name.startswith("./"):
        prefix = "./"
    elif name.startswith("/"):
        prefix = "/"
    suffix = "/" if path and name.endswith("/") else ""
    if prefix + path + suffix == name:
        return path, _SPELLING_CODES[prefix, suffix]
    return path, OWN_SPELLING


def _is_clean(name: str) -> bool:
    """Whether a name is surely its own cleaned path."""
    return not ("./" in name or "//" in name or name[:1] == "/" or name[-1:] in _UNCLEAN_ENDS)


def with_bits(numbers: array[int], bits: int) -> Iterator[int]:
    """Positions, in order, of the numbers that have any of some of their lowest 16 bits."""
    # As bytes, of which a search over hundreds of thousands takes less than a millisecond.
    column, width = numbers.tobytes(), numbers.itemsize
    low, high = (0, 1) if sys.byteorder == "little" else (width - 1, width - 2)
    found = [
        _marked(column[place::width].translate(_with_any(wanted)))
        for place, wanted in ((low, bits & 0xFF), (high, bits >> 8 & 0xFF))
        if wanted
    ]
    return iter(sorted(set(chain(*found)))) if len(found) > 1 else chain(*found)


@cache
def _with_any(bits: int) -> bytes:
    """A table that marks the bytes that have any of some bits."""
    return bytes(bool(value & bits) for value in range(256))


def _places_of(column: bytes | bytearray, wanted: bytes) -> Iterator[int]:
    """Positions, in order, of the bytes that are any of some."""
    table = bytearray(256)
    for value in wanted:
        table[value] = 1
    return _marked(column.translate(table))


def _marked(column: bytes | bytearray) -> Iterator[int]:
    """Positions, in order, of the bytes that are 1; of no other value than 0."""
    if column.count(1) > len(column) // _MANY:
        yield from compress(count(), column)
        return
    position = column.find(1)
    while position >= 0:
        yield position
        position = column.find(1, position + 1)
