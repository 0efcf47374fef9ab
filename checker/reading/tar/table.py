"""The table of a tar's entries, filled row by row within limits."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from types import MappingProxyType

from checker.model.entries import OWN_SPELLING, SPELLINGS, Entries, spell
from checker.model.limits import LimitReached, Limits
from checker.model.untrusted import utf8
from checker.reading.tar.anomalies import AnomalyLog, decode_name
from checker.reading.tar.header import Header
from checker.reading.tar.pax import XATTR_PREFIX
from checker.records import NamedTuple

UINT32_MASK = (1 << 32) - 1
# Bytes of names that any entry may have.
_ORDINARY_NAME = 200
# Length times parts of a path that any entry may have: 50 parts of 80 characters.
_ORDINARY_NESTING = 4096
BYTES_OF_RECORD = 100
"""Bytes of a tar for each record that it may have besides those of the limit."""
# Characters of a path that cannot have more parts than that.
_SHORT = 90
_AS_SLASHES = bytes(ord("/") if code in b"\0./" else code for code in range(256))


class PaxRows(NamedTuple):
    """What PAX headers say of rows besides their columns.

    Attributes:
        records: How many records they have.
        xattrs: The extended attributes of rows that have some, by number of the row.
    """

    records: int = 0
    xattrs: Mapping[int, Mapping[str, bytes]] = MappingProxyType({})

    @property
    def xattr_bytes(self) -> int:
        """Bytes of the keys and values of the attributes."""
        return sum(
            len(XATTR_PREFIX) + len(utf8(name)) + len(value)
            for values in self.xattrs.values()
            for name, value in values.items()
        )

    def of(self, numbers: range) -> PaxRows:
        """The attributes of some rows, which are numbered from 0; their records are not counted."""
        start, xattrs = numbers.start, self.xattrs
        return PaxRows(xattrs={i - start: xattrs[i] for i in numbers if i in xattrs})


NO_PAX = PaxRows()


class PlainRows(NamedTuple):
    """Plain headers that follow one another: type flags of files, directories and links.

    Columns are arrays of the types of those of ``Entries``.

    Attributes:
        names: Their names, which are ordinary, separated by NUL.
        links: The targets of those that have one, by number of the row, likewise ordinary.
        kinds: Their type flags.
        modes: The lowest 32 bits of their modes.
        uids: Their users.
        gids: Their groups.
        sizes: Their sizes in bytes.
        mtimes: Their modification times in seconds.
        offsets: Their byte offsets in the tar.
        paths: The cleaned paths of the names, and names that have yet to be cleaned; None if none
            are known.
        spellings: How each name differs from its path (``SPELLINGS``), if paths are known;
            ``OWN_SPELLING`` for those that have to be cleaned.
        meant: The numbers, in order, of some rows with files, among which are all whose content the
            plan asks for, those searched for secrets aside; None if they are not known.
        texts: Likewise, among which are all that are searched for secrets.
        pax: What PAX headers before them say besides.
    """

    names: bytes
    links: Mapping[int, bytes]
    kinds: bytes
    modes: array[int]
    uids: array[int]
    gids: array[int]
    sizes: array[int]
    mtimes: array[int]
    offsets: array[int]
    paths: Sequence[str] | None = None
    spellings: bytes = b""
    meant: Sequence[int] | None = None
    texts: Sequence[int] | None = None
    pax: PaxRows = NO_PAX

    def parts(self, most: int) -> Iterator[PlainRows]:
        """The same rows, at most so many together."""
        if len(self.kinds) <= most:
            yield self
            return
        names = self.names.split(b"\0")
        for start in range(0, len(names), most):
            rows = slice(start, start + most)
            numbers = range(len(names))[rows]
            yield PlainRows(
                names=b"\0".join(names[rows]),
                links={i - start: self.links[i] for i in numbers if i in self.links},
                kinds=self.kinds[rows],
                modes=self.modes[rows],
                uids=self.uids[rows],
                gids=self.gids[rows],
                sizes=self.sizes[rows],
                mtimes=self.mtimes[rows],
                offsets=self.offsets[rows],
                paths=self.paths and self.paths[rows],
                spellings=self.spellings[rows],
                meant=self.meant and [i - start for i in self.meant if i in numbers],
                texts=self.texts and [i - start for i in self.texts if i in numbers],
                pax=self.pax.of(numbers),
            )


class Room(NamedTuple):
    """What there is room for in a table.

    Attributes:
        entries: How many more there may be.
        records: Records of extension headers that there may be besides the share of the bytes
            before them; below 0 if some of that share is used up.
        name_bytes: Bytes of names and attributes that may be kept.
    """

    entries: int
    records: int
    name_bytes: int


def is_ordinary(name: bytes, link: bytes) -> bool:
    """Whether a name and the target of a link are short and flat enough for any entry."""
    if len(name) <= _SHORT and len(link) <= _SHORT:
        return True
    return len(name) + len(link) <= _ORDINARY_NAME and all(
        len(path) * path.count(b"/") <= _ORDINARY_NESTING for path in (name, link)
    )


def _are_clean(joined: bytes) -> bool:
    """Whether none of some names, separated by NUL, is empty, ends with a dot or is hidden."""
    return b"//" not in b"/%b/" % joined.translate(_AS_SLASHES)


def _end_cleanly(joined: bytes) -> bool:
    """Whether names, separated by NUL, are their own cleaned paths but for their last bytes."""
    is_split = b"./" in joined or b"//" in joined
    return not (is_split or b"\0/" in joined or joined[:1] == b"/")


def _ending(joined: bytes, end: bytes) -> Iterator[int]:
    """Which of some names have an end; a NUL follows each."""
    number = before = 0
    position = joined.find(end)
    while position >= 0:
        number += joined.count(b"\0", before, position)
        yield number
        before, position = position, joined.find(end, position + 1)


class Records:
    """Records of extension headers that all tars of an archive may have, besides their share.

    Args:
        limit: How many (``Limits.records``).
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._left = limit
        # Layers are read by several threads.
        self._lock = Lock()

    def take(self, count: int) -> bool:
        """Take some of them; whether there were enough left."""
        with self._lock:
            self._left -= count
            return self._left >= 0

    def take_if_there(self, count: int) -> bool:
        """Take some of them, unless there are not enough left; whether they were taken."""
        with self._lock:
            if self._left < count:
                return False
            self._left -= count
            return True

    def give_back(self) -> None:
        """Give back all that were taken, as what took them is read again."""
        with self._lock:
            self._left = self.limit

    def of_one(self) -> Records:
        """The same for one tar, to know afterwards whether it took any."""
        return _RecordsOfOne(self)

    @property
    def is_whole(self) -> bool:
        """Whether none were taken."""
        return self._left == self.limit


class _RecordsOfOne(Records):
    """Records that one tar takes of those that it shares with others."""

    def __init__(self, shared: Records) -> None:
        super().__init__(shared.limit)
        self._shared = shared

    def take(self, count: int) -> bool:
        """Take some of them; whether there were enough left."""
        super().take(count)
        return self._shared.take(count)

    def take_if_there(self, count: int) -> bool:
        """Take some of them, unless there are not enough left; whether they were taken."""
        return self._shared.take_if_there(count) and super().take(count)

    def give_back(self) -> None:
        """Give back all that were taken, as what took them is read again."""
        self._shared.take(self._left - self.limit)
        super().give_back()


class EntryTable:
    """Fills the columns of ``Entries``.

    Args:
        limits: Bounds on entries, on the length of a name, and on names and attributes together.
        log: Where a limit is noted.
        records: Those left for the tars of an archive; without them the tar has its own.

    Attributes:
        entries: The entries so far.
    """

    def __init__(self, limits: Limits, log: AnomalyLog, records: Records | None = None) -> None:
        self.entries = Entries()
        self._limits = limits
        self._most_entries = limits.entries
        self._name_bytes_left = limits.names
        self._nesting_left = limits.nesting
        self._records = self._taken = 0
        self._common_records = records or Records(limits.records)
        self._log = log

    @property
    def taken_records(self) -> int:
        """Records of extension headers that were taken of the common ones."""
        return self._taken

    @property
    def room(self) -> Room:
        """What there is room for."""
        return Room(
            self._most_entries - len(self.entries),
            self._taken - self._records,
            self._name_bytes_left,
        )

    def append(self, header: Header, offset: int) -> int:
        """Add a row; its position.

        Raises:
            WalkEnded: A limit is reached.
        """
        entries = self.entries
        name, link, kind, mode, uid, gid, size, mtime, device = header
        position = len(entries.paths)
        if position >= self._most_entries:
            self._log.stop_at_limit("entries", self._most_entries, "entries", offset)
        self.spend(len(name) + len(link) - _ORDINARY_NAME, offset)
        text = self._bounded(name, offset)
        path, spelling = spell(text)
        if spelling == OWN_SPELLING:
            entries.own_names[position] = text
        if len(path) > _SHORT:
            self._spend_nesting(path, offset)
        entries.paths.append(path)
        entries.spellings.append(spelling)
        entries.kinds.append(kind)
        entries.modes.append(mode & UINT32_MASK)
        entries.uids.append(uid)
        entries.gids.append(gid)
        entries.sizes.append(size)
        entries.mtimes.append(mtime)
        entries.offsets.append(offset)
        if link:
            target = entries.linknames[position] = self._bounded(link, offset)
            if len(target) > _SHORT:
                self._spend_nesting(target, offset)
        if device is not None:
            entries.devices[position] = device[0], device[1]
        return position

    @property
    def allows_ordinary_names(self) -> bool:
        """Whether no limit forbids an ordinary name."""
        return self._limits.name >= _ORDINARY_NAME

    def extend(self, rows: PlainRows) -> None:
        """Add rows of plain headers, as ``append`` would one after another.

        Their records of extension headers are counted apart (``take_records``).

        Args:
            rows: At least one, and no more than there is room for.

        Raises:
            WalkEnded: There are too many bytes of names and attributes.
        """
        entries = self.entries
        if rows.pax.xattrs:
            self.spend(rows.pax.xattr_bytes, rows.offsets[0])
        start, count = len(entries.paths), len(rows.kinds)
        separators = count - 1
        name_bytes = len(rows.names) - separators + sum(map(len, rows.links.values()))
        self._name_bytes_left += count * _ORDINARY_NAME - name_bytes
        if rows.paths is None:
            entries.paths += self._spelled(rows.names, start)
        else:
            entries.paths += rows.paths
            entries.spellings += rows.spellings
            if OWN_SPELLING in rows.spellings:
                self._clean(start)
        entries.kinds += rows.kinds
        entries.modes.extend(rows.modes)
        entries.uids.extend(rows.uids)
        entries.gids.extend(rows.gids)
        entries.sizes.extend(rows.sizes)
        entries.mtimes.extend(rows.mtimes)
        entries.offsets.extend(rows.offsets)
        for number, link in rows.links.items():
            entries.linknames[start + number] = decode_name(link)
        for number, xattrs in rows.pax.xattrs.items():
            entries.xattrs[start + number] = xattrs

    def _spelled(self, joined: bytes, start: int) -> list[str]:
        """The cleaned paths of names that are separated by NUL; spellings are added."""
        entries = self.entries
        prefix = ""
        if joined.startswith(b"./"):
            without = joined[2:].replace(b"\0./", b"\0")
            if len(joined) - len(without) == 2 * (joined.count(b"\0") + 1):
                # So does `tar -C DIR -c .` write all of them.
                prefix, joined = "./", without
        slashed: Iterable[int] = ()
        others: Iterable[int] = ()
        if not _are_clean(joined):
            if _end_cleanly(joined):
                ended = joined + b"\0"
                slashed, others = _ending(ended, b"/\0"), _ending(ended, b".\0")
            else:
                others = range(joined.count(b"\0") + 1)
        paths = decode_name(joined).split("\0")
        spellings = bytearray((SPELLINGS.index((prefix, "")),)) * len(paths)
        with_slash = SPELLINGS.index((prefix, "/"))
        for number in slashed:
            paths[number], spellings[number] = paths[number][:-1], with_slash
        for number in others:
            name = prefix + paths[number]
            paths[number], spellings[number] = spell(name)
            if spellings[number] == OWN_SPELLING:
                entries.own_names[start + number] = name
        entries.spellings += spellings
        return paths

    def _clean(self, start: int) -> None:
        """Clean the paths from a position on that have yet to be cleaned."""
        paths, spellings = self.entries.paths, self.entries.spellings
        position = spellings.find(OWN_SPELLING, start)
        while position >= 0:
            name = paths[position]
            paths[position], spellings[position] = spell(name)
            if spellings[position] == OWN_SPELLING:
                self.entries.own_names[position] = name
            position = spellings.find(OWN_SPELLING, position + 1)

    def spend(self, count: int, offset: int) -> None:
        """Count bytes of names and attributes that are kept.

        Raises:
            WalkEnded: There are too many.
        """
        self._name_bytes_left -= count
        if self._name_bytes_left < 0:
            self._log.stop_at_limit("names", self._limits.names, "names and attributes", offset)

    def count_records(self, count: int, offset: int) -> None:
        """Count records of extension headers, and spans of maps, that have to be parsed.

        Args:
            count: How many.
            offset: Bytes of the tar that they have a share of.

        Raises:
            WalkEnded: There are too many.
        """
        self._records += count
        more = self._records - offset // BYTES_OF_RECORD - self._taken
        if more <= 0:
            return
        self._taken += more
        if not self._common_records.take(more):
            limit = self._common_records.limit
            self._log.stop_at_limit("records", limit, "records of extension headers", offset)

    def take_records(self, count: int) -> None:
        """Count records that there was room for."""
        self._records += count

    def _spend_nesting(self, path: str, offset: int) -> None:
        """Count what the directories of a deep path cost: each has a path as long as itself.

        Raises:
            WalkEnded: They cost too much.
        """
        self._nesting_left -= max(0, len(path) * path.count("/") - _ORDINARY_NESTING)
        if self._nesting_left < 0:
            limit = self._limits.nesting
            self._log.stop_at_limit("nesting", limit, "deeply nested paths", offset)

    def _bounded(self, name: bytes, offset: int) -> str:
        limit = self._limits.name
        if len(name) > limit:
            self._log.note_limit(
                LimitReached(
                    limit="name",
                    value=limit,
                    what=f"a name of {len(name)} bytes was truncated",
                    offset=offset,
                ),
            )
            name = name[:limit]
        return decode_name(name)
