"""The cache: facts of layers by the digest of their bytes; those not used for longest go first."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from functools import cached_property, partial

from checker.cache.database import Database
from checker.cache.encoding import DamagedError, decoded, encoded
from checker.cache.place import PlaceError
from checker.cache.version import question_digest, reader_version
from checker.reading.layer_cache import LayerFacts, Question
from checker.records import NamedTuple
from checker.typing_names import Any

MOST = 1 << 30
"""Bytes of all facts that are kept."""

_HEAD = 1 << 16
_HOUR = 3600
# After an eviction there is room for further facts.
_AFTER_EVICTION = 0.9
_LARGEST_PART = 4


class Usage(NamedTuple):
    """What is in the cache.

    Attributes:
        directory: Where it is.
        layers: Layers of which facts are kept.
        size: Bytes of their facts.
        file_size: Bytes of the files.
        oldest: When the facts that were not used for longest were used, in seconds since 1970; None
            if there are none.
        most: Bytes of all facts that are kept.
    """

    directory: str
    layers: int
    size: int
    file_size: int
    oldest: int | None
    most: int


class Verified(NamedTuple):
    """What a look at all facts showed: how many are sound, and how many were damaged."""

    sound: int
    damaged: int


class SqliteLayerCache:
    """Keeps facts of layers. It may be used by several threads and processes, and after a fork.

    Args:
        database: The database.
        most: Bytes of facts, at most.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most

    @cached_property
    def _reader(self) -> bytes:
        return reader_version()

    def is_worth(self, size: int, *, is_compressed: bool) -> bool:  # noqa: ARG002 - any is
        """Whether a layer of so many bytes is looked up and kept."""
        return True

    def may_have(self, question: Question, size: int, head: bytes) -> bool:
        """Whether a layer of this size that begins with these bytes may be known."""
        hint = self._hint(question, size, head)
        return bool(
            self._database.run(
                lambda database: database.execute(
                    "SELECT 1 FROM layer WHERE hint = ? LIMIT 1", (hint,)
                ).fetchone()
            )
        )

    def find(self, question: Question, digest: str) -> LayerFacts | None:
        """What is known of a layer; see ``LayerCache``."""
        key = _Key(bytes.fromhex(digest), self._question(question))
        row = self._database.run(
            lambda database: database.execute(
                "SELECT rowid, used, checksum, facts FROM layer WHERE digest = ? AND question = ?",
                key,
            ).fetchone()
        )
        if row is None:
            return None
        number, used, checksum, data = row
        facts = _checked(key, checksum, data)
        if facts is None:
            self._database.run(partial(_drop, number))
        elif not isinstance(used, int) or _now() - used > _HOUR:  # a write, so not at every use
            self._database.run(
                lambda database: database.execute(
                    "UPDATE layer SET used = ? WHERE rowid = ?", (_now(), number)
                )
            )
        return facts

    def store(
        self, question: Question, digest: str, head: bytes, size: int, facts: LayerFacts
    ) -> None:
        """Keep what a reading showed; see ``LayerCache``."""
        if self._database.is_off:
            return
        data = encoded(facts)
        if data is None or len(data) > self._most // _LARGEST_PART:
            return
        key = _Key(bytes.fromhex(digest), self._question(question))
        hint = self._hint(question, size, head)
        row = (*key, hint, len(data), _now(), _checksum(key, data), data)
        self._database.run(partial(self._insert, row))

    def usage(self) -> Usage:
        """What is in the cache.

        Raises:
            PlaceError: The cache directory cannot be used.
        """
        counted = self._asked("SELECT count(*), coalesce(sum(size), 0), min(used) FROM layer")
        layers, size, oldest = counted[0] if counted else (0, 0, None)
        database = self._database
        return Usage(database.directory, layers, size, database.file_size, oldest, self._most)

    def clear(self) -> None:
        """Remove everything.

        Raises:
            PlaceError: The cache directory cannot be used, or the files cannot be removed.
        """
        try:
            self._database.clear()
        except OSError as error:
            raise PlaceError(f"{error.filename}: {error.strerror}") from error

    def verify(self) -> Verified:
        """Read all facts, and remove those that are damaged.

        Raises:
            PlaceError: The cache directory cannot be used.
        """
        sound = damaged = 0
        for (number,) in self._asked("SELECT rowid FROM layer"):
            query = "SELECT digest, question, checksum, facts FROM layer WHERE rowid = ?"
            for digest, question, checksum, data in self._asked(query, number):
                is_sound = _checked(_Key(digest, question), checksum, data) is not None
                sound += is_sound
                damaged += not is_sound
                if not is_sound:
                    self._database.run(partial(_drop, number))
        return Verified(sound, damaged)

    def _asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a query gives; none without a database.

        Raises:
            PlaceError: The cache directory cannot be used.
        """
        if not self._database.exists:
            return []
        rows = self._database.run(lambda database: database.execute(query, values).fetchall())
        if rows is None:
            raise PlaceError(self._database.trouble or "the cache is in use; try again")
        return rows

    def _insert(self, row: tuple[object, ...], database: sqlite3.Connection) -> None:
        database.execute("INSERT OR REPLACE INTO layer VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        (total,) = database.execute("SELECT total(size) FROM layer").fetchone()
        if total <= self._most:
            return
        rows = database.execute("SELECT rowid, size FROM layer ORDER BY used, rowid").fetchall()
        for number, size in rows:
            _drop(number, database)
            total -= size
            if total <= self._most * _AFTER_EVICTION:
                break
        database.execute("PRAGMA incremental_vacuum").fetchall()

    def _question(self, question: Question) -> bytes:
        return hashlib.sha256(self._reader + question_digest(question)).digest()

    def _hint(self, question: Question, size: int, head: bytes) -> bytes:
        start = hashlib.sha256(head[:_HEAD]).digest()
        return hashlib.sha256(b"%d %b %b" % (size, start, self._question(question))).digest()


class _Key(NamedTuple):
    digest: bytes
    question: bytes


def _checksum(key: _Key, data: bytes) -> bytes:
    """A checksum of facts and of what they are facts of."""
    return hashlib.sha256(b"".join((*key, data))).digest()


def _checked(key: _Key, checksum: object, data: object) -> LayerFacts | None:
    """The facts in a row; None if it is damaged."""
    if not isinstance(data, bytes) or checksum != _checksum(key, data):
        return None
    try:
        return decoded(data)
    except DamagedError:
        return None


def _drop(number: int, database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM layer WHERE rowid = ?", (number,))


def _now() -> int:
    return time.time_ns() // 1_000_000_000
