"""Limits: how much of a hostile archive is read. Reaching one is a finding, never a crash."""

from __future__ import annotations

from checker.records import NamedTuple

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
        json_bytes: Bytes of all JSON documents of an archive together, the smallest first.
        json_values: Values in all JSON documents of an archive together, the smallest first.
        json_items: Items of one array or object of a document that describes an image.
        name: Characters of one member name, link target or entry path.
        names: Bytes that the names, extended attributes and maps of sparse files of one tar may
            take in memory, besides 200 for each entry.
        nesting: Work to create the directories of all entries of one tar, besides that of ordinary
            entries: the length of each path times the number of its parts, less 4,096.
        records: Records of PAX headers and spans of sparse files of all layers of an archive
            together, and of the archive itself, besides one for each 100 bytes of each tar.
        extension: Bytes of one PAX or GNU extension header (Go's archive/tar takes 1 MiB).
        content: Bytes of file content that checks ask to see, per tar.
        text_files: Text files that are searched for secrets, per tar.
        text_bytes: Bytes of text files that are searched for secrets, per tar; what looks like a
            token counts 16 times more.
        anomalies: Anomalies kept per tar.
        findings: Findings kept per rule and archive.
        members: Files of an image archive that are read.
        index_depth: Nesting of image indexes.
        images: Images of one archive.
        layers: Layers, diffIDs and steps of the history of one image.
        signatures: Layers of signatures, attestations and SBOMs of an archive that are read.
        merged: Entries of layers that several images use, counted again for each further use.
        frames: Streams in one compressed file (gzip members, zstd frames and so on), besides one
            for each 100 bytes.
        holes: Bytes of holes in the sparse members of an image archive, which are read as zeros.
        simulated: Entries whose extraction is simulated one by one for the verdict of one engine.
            Files and directories that cannot collide with others do not count.
        lookups: Paths that are looked up one by one to find out whether the containers of an
            archive start, or for one rule; of whiteouts and links in lower layers a twentieth.
        window: Bytes of memory that an xz or zstd stream may ask for.
    """

    entries: int = 5_000_000
    expansion: int = 250
    expansion_from: int = 256 * MIB
    inflated: int = 256 * GIB
    spool: int = 64 * GIB
    json_size: int = 20 * MIB
    json_depth: int = 100
    json_bytes: int = 64 * MIB
    json_values: int = 1_000_000
    json_items: int = 10_000
    name: int = 16 * KIB
    names: int = 128 * MIB
    nesting: int = 16 * MIB
    records: int = 60_000
    extension: int = MIB
    content: int = 32 * MIB
    text_files: int = 10_000
    text_bytes: int = 8 * MIB
    anomalies: int = 1000
    findings: int = 1000
    members: int = 10_000
    index_depth: int = 8
    images: int = 1000
    layers: int = 1000
    signatures: int = 1000
    merged: int = 1_000_000
    frames: int = 10_000
    holes: int = 256 * MIB
    simulated: int = 20_000
    lookups: int = 100_000
    window: int = 128 * MIB

    @classmethod
    def names_of_all(cls) -> tuple[str, ...]:
        """The names of the limits, for messages and for the settings."""
        return cls._fields


ENDING = frozenset(
    {"entries", "expansion", "inflated", "names", "nesting", "records", "spool", "window"}
)
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
