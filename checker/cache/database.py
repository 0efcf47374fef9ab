"""The database of the cache: opened when it is needed, made again when it is damaged.

A failure of the database does not fail the run: the answer is then None, and the cache is not used.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock

from checker.cache.place import PlaceError, cache_directory, private_directory
from checker.typing_names import TypeVar

T = TypeVar("T")

_FILE = "layers-1.db"
"""The name has the version of the tables: versions of the checker with others have another file."""

_SETTINGS = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA journal_size_limit = 16777216;
PRAGMA synchronous = OFF;
"""
_TABLES = """
CREATE TABLE IF NOT EXISTS layer (
    digest BLOB NOT NULL, question BLOB NOT NULL, hint BLOB NOT NULL, size INTEGER NOT NULL,
    used INTEGER NOT NULL, checksum BLOB NOT NULL, facts BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_digest ON layer (digest, question);
CREATE INDEX IF NOT EXISTS by_hint ON layer (hint);
CREATE INDEX IF NOT EXISTS by_use ON layer (used, size);
"""
_SUFFIXES = ("", "-wal", "-shm", "-journal")
_PATIENCE_SECONDS = 2.0
_PRIMARY = 0xFF
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# A file of something else, with bytes that are wrong, or with other tables.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Database:
    """The database, for several threads, any number of processes, and after a fork.

    Args:
        directory: Its directory; the one of the user if None.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        # Connections of the process that this one is a fork of: they must not be closed here.
        self._inherited: list[sqlite3.Connection] = []
        self._trouble: str | None = None
        self._was_rebuilt = False

    @property
    def is_off(self) -> bool:
        """Whether it is left alone, since it cannot be used."""
        return self._trouble is not None

    @property
    def trouble(self) -> str | None:
        """Why it cannot be used."""
        return self._trouble

    @property
    def directory(self) -> str:
        """Its directory.

        Raises:
            PlaceError: The user has no home directory.
        """
        return self._directory or cache_directory()

    @property
    def exists(self) -> bool:
        """Whether there is a file.

        Raises:
            PlaceError: The user has no home directory.
        """
        return os.path.exists(os.path.join(self.directory, _FILE))

    @property
    def file_size(self) -> int:
        """Bytes of its files.

        Raises:
            PlaceError: The user has no home directory.
        """
        return sum(map(_size, self._files()))

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do something with the database; None if that is not possible, now or at all."""
        with self._lock:
            if self._trouble is not None:
                return None
            try:
                return work(self._opened())
            except (sqlite3.Error, PlaceError, OSError) as error:
                self._note(error)
                return None

    def clear(self) -> None:
        """Remove its files.

        Raises:
            OSError: One cannot be removed.
            PlaceError: The cache directory cannot be used.
        """
        with self._lock:
            self._close()
            for path in self._files():
                with suppress(FileNotFoundError):
                    os.unlink(path)

    def _files(self) -> Iterator[str]:
        path = os.path.join(self.directory, _FILE)
        return (path + suffix for suffix in _SUFFIXES)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._process != os.getpid():
            self._inherited.append(self._connection)
            self._connection = None
        if self._connection is None:
            path = os.path.join(private_directory(self.directory), _FILE)
            self._connection = sqlite3.connect(
                path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._process = os.getpid()
            self._connection.executescript(_SETTINGS)
            self._connection.executescript(_TABLES)
        return self._connection

    def _note(self, error: Exception) -> None:
        """Note what went wrong: try later, make the database again, or leave it alone."""
        code = getattr(error, "sqlite_errorcode", None)
        primary = None if code is None else code & _PRIMARY
        if primary in _BUSY:
            return
        self._close()
        if primary in _DAMAGED and not self._was_rebuilt:
            self._was_rebuilt = True
            with suppress(OSError):
                for path in self._files():
                    with suppress(FileNotFoundError):
                        os.unlink(path)
                return
        self._trouble = str(error)

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
