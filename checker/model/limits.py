"""Limits: how much of a hostile archive is read. Reaching one is a finding, never a crash."""

from __future__ import annotations

from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Limits(NamedTuple):
    """Bounds of one run; each can be set with ``--limit NAME=VALUE``.

    Attributes:
        entries: Entries of one tar, and files of one directory.
        expansion: Inflated bytes for each compressed byte, of each stream and of all blobs of an
            archive together, once ``expansion_from`` is passed.
        expansion_from: Inflated bytes below which any expansion is fine.
        inflated: Inflated bytes of one compressed stream.
        spool: Bytes that a compressed archive or standard input may take on disk.
        json_size: Bytes of one JSON document.
        json_depth: Nesting of one JSON document.
        name: Characters of one member name, link target or entry path.
        names: Bytes that the names and extended attributes of one tar may take in memory.
        extension: Bytes of one PAX or GNU extension header (Go's archive/tar takes 1 MiB).
        content: Bytes of file content that checks ask to see, per tar.
        anomalies: Anomalies kept per tar.
        findings: Findings kept per rule and archive.
        members: Files of an image archive that are read.
        index_depth: Nesting of image indexes.
        images: Images of one archive.
        window: Bytes of memory that an xz or zstd stream may ask for.
    """

    entries: int = 5_000_000
    expansion: int = 250
    expansion_from: int = 256 * MIB
    inflated: int = 256 * GIB
    spool: int = 64 * GIB
    json_size: int = 20 * MIB
    json_depth: int = 100
    name: int = 16 * KIB
    names: int = GIB
    extension: int = MIB
    content: int = 32 * MIB
    anomalies: int = 1000
    findings: int = 1000
    members: int = 10_000
    index_depth: int = 8
    images: int = 1000
    window: int = 128 * MIB

    @classmethod
    def names_of_all(cls) -> tuple[str, ...]:
        """The names of the limits, for messages and for the settings."""
        return cls._fields


ENDING = frozenset({"entries", "expansion", "inflated", "names", "spool", "window"})
"""The limits that end the reading of a stream or a tar."""


class LimitReached(NamedTuple):
    """A limit that ended the reading of something.

    Attributes:
        limit: Name of the limit, a field of ``Limits``.
        value: Its value.
        what: What was cut short, in words.
        member: Name of the archive member, if it was inside one.
        offset: Byte offset where reading stopped.
    """

    limit: str
    value: int
    what: str
    member: str | None = None
    offset: int | None = None
