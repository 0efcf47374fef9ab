"""The table of a tar's entries, filled row by row within limits."""

from __future__ import annotations

from checker.model.entries import GLOBAL_HEADER, OWN_SPELLING, Entries, spell
from checker.model.limits import LimitReached, Limits
from checker.reading.tar.anomalies import AnomalyLog, decode_name
from checker.reading.tar.header import Header

_GLOBAL_HEADER = ord(GLOBAL_HEADER)
_UINT32_MASK = (1 << 32) - 1
# Bytes of names that any entry may have.
_ORDINARY_NAME = 200
# Length times parts of a path that any entry may have: 50 parts of 80 characters.
_ORDINARY_NESTING = 4096
# Bytes of a tar for each record that it may have besides those of the limit.
_BYTES_OF_RECORD = 100
# Characters of a path that cannot have more parts than that.
_SHORT = 90


class EntryTable:
    """Fills the columns of ``Entries``.

    Args:
        limits: Bounds on entries, on the length of a name, and on names and attributes together.
        log: Where a limit is noted.

    Attributes:
        entries: The entries so far.
    """

    def __init__(self, limits: Limits, log: AnomalyLog) -> None:
        self.entries = Entries()
        self._limits = limits
        self._most_entries = limits.entries
        self._name_bytes_left = limits.names
        self._nesting_left = limits.nesting
        self._records = 0
        self._log = log

    @property
    def room(self) -> int:
        """How many more entries there may be."""
        return self._most_entries - len(self.entries)

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
        # Most names are clean already; `spell` takes apart those that may not be.
        if "./" in text or "//" in text or text[:1] == "/" or text[-1:] in ("/", "."):
            path, spelling = spell(text)
            if spelling == OWN_SPELLING:
                entries.own_names[position] = text
        else:
            path, spelling = text, 0
        if len(path) > _SHORT:
            self._spend_nesting(path, offset)
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
            target = entries.linknames[position] = self._bounded(link, offset)
            if len(target) > _SHORT:
                self._spend_nesting(target, offset)
        if device is not None:
            entries.devices[position] = device[0], device[1]
        if kind != _GLOBAL_HEADER and entries.by_path.setdefault(path, position) != position:
            entries.by_path[path] = position
            entries.repeated.append(position)
        return position

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

        Raises:
            WalkEnded: There are too many.
        """
        self._records += count
        limit = self._limits.records
        if self._records > limit + offset // _BYTES_OF_RECORD:
            self._log.stop_at_limit("records", limit, "records of extension headers", offset)

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
