"""A database of rpm in SQLite, with as much as is needed to read names and versions."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable

_TAGS = {"name": 1000, "version": 1001, "release": 1002, "arch": 1022}
_STRING = 6


def header(**values: str) -> bytes:
    """The header of a package (rpm, docs/manual/format_header.md): an index and a store."""
    store, index = b"", b""
    for name, value in values.items():
        index += struct.pack(">iiii", _TAGS[name], _STRING, len(store), 1)
        store += value.encode() + b"\0"
    return struct.pack(">ii", len(values), len(store)) + index + store


def database(packages: Iterable[tuple[str, str, str]]) -> bytes:
    """The bytes of a database with packages of a name, a version and a release."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        for name, version, release in packages:
            blob = header(name=name, version=version, release=release, arch="x86_64")
            connection.execute("INSERT INTO Packages (blob) VALUES (?)", (blob,))
        connection.commit()
        return connection.serialize()
