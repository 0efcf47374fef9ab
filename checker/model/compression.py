"""Facts about the compression of an archive or a blob."""

from __future__ import annotations

from enum import StrEnum

from checker.records import NamedTuple


class CompressionKind(StrEnum):
    """Compressions that are recognised by their magic bytes, whatever the file is called."""

    NONE = "none"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


class Part(StrEnum):
    """The part of a gzip member."""

    HEADER = "header"
    DATA = "data"
    TRAILER = "trailer"


HEAD_SIZE = 1024
"""Bytes of compressed data that are kept: the names in a gzip header have no limit."""


class Compression(NamedTuple):
    """How some bytes are compressed, and what is irregular about it.

    Attributes:
        kind: The compression.
        streams: Gzip members, bzip2 or xz streams, or zstd frames, skippable ones included.
        skippable_first: Whether the first zstd frame is a skippable one.
        error: What the decompressor said, if the data is corrupt or cut short.
        error_offset: Bytes of compressed data that the decompressor had been given when it said so:
            the fault is before it.
        truncated: Whether the data ends before its last stream does.
        trailing: Byte offset in the compressed data of what follows the last stream.
        trailing_zeros: Whether what follows is nothing but zeros.
        part: The part of a gzip member that ``error`` is in.
        reserved_flags: Whether the first gzip member has flags that RFC 1952 reserves.
        head: The first bytes of the data, at most ``HEAD_SIZE``: the header of its first stream.
        trailer_size: Bytes of the trailer of the last gzip member, if it is incomplete.
        window: Bytes of the window that the header of the first zstd frame asks for; 0 if it does
            not name one.
        trailing_head: The first bytes of what follows the last stream, at most six.
    """

    kind: CompressionKind
    streams: int = 0
    skippable_first: bool = False
    error: str | None = None
    error_offset: int | None = None
    truncated: bool = False
    trailing: int | None = None
    trailing_zeros: bool = False
    part: Part | None = None
    reserved_flags: bool = False
    window: int = 0
    head: bytes = b""
    trailer_size: int | None = None
    trailing_head: bytes = b""


NOT_COMPRESSED = Compression(kind=CompressionKind.NONE)
