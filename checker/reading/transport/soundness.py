"""Where an archive begins in some bytes, and whether what is there of it is sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from checker.model.compression import Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.limits import KIB, MIB, Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.tar.walker import TarWalker
from checker.records import NamedTuple

_MAGIC_AT = 257
_CANDIDATES = re.compile(
    rb"ustar|\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x28\xb5\x2f\xfd", re.DOTALL
)
_MOST_CANDIDATES = 256
# Bounds on what is decompressed to see whether a tar begins in it; a zstd block has 128 KiB.
_MOST_STREAMS = 8
_STREAM_EXAMINED = 160 * KIB
# Beginning a stream takes long, and a hostile file has a thousand of them in few bytes.
_MOST_TO_BEGIN, _MOST_TO_EXAMINE = 16, 1000
_SLICE = 64 * KIB
# Bounds on what is decompressed and walked of a sample: its content is not trusted.
_LIMITS = Limits(
    entries=50_000,
    expansion_from=8 * MIB,
    inflated=32 * MIB,
    names=8 * MIB,
    window=64 * MIB,
    anomalies=1,
)
# These give nothing before a whole block, and have signatures that do not occur by chance.
_BY_BLOCK = frozenset({CompressionKind.BZIP2, CompressionKind.XZ, CompressionKind.ZSTD})
_CUT = frozenset(
    {
        AnomalyKind.TRUNCATED_HEADER,
        AnomalyKind.TRUNCATED_CONTENT,
        AnomalyKind.TRUNCATED_PADDING,
    },
)


class Start(NamedTuple):
    """Where an archive begins.

    Attributes:
        offset: Byte offset.
        what: What begins there, such as ``a tar header``.
    """

    offset: int
    what: str


def find_start(data: bytes) -> Start | None:
    """The first place where a tar or a compressed tar begins."""
    streams = 0
    for match in islice(_CANDIDATES.finditer(data), _MOST_CANDIDATES):
        is_tar = match[0] == b"ustar"
        streams += not is_tar
        if not is_tar and streams > _MOST_STREAMS:
            continue
        offset = match.start() - (_MAGIC_AT if is_tar else 0)
        what = start_of(data[offset : offset + _STREAM_EXAMINED]) if offset >= 0 else None
        if what is not None:
            return Start(offset, what)
    return None


def start_of(data: bytes) -> str | None:
    """What begins with these bytes, in words: a tar header, or a stream that contains one."""
    if looks_like_header(data[:BLOCK]):
        return "a tar header"
    kind = detect(data[:MAGIC_SIZE])
    if kind is CompressionKind.NONE:
        return None
    article = "an" if kind is CompressionKind.XZ else "a"
    return f"{article} {kind} stream" if _contains_header(kind, data) else None


def _contains_header(kind: CompressionKind, data: bytes) -> bool:
    """Whether a stream begins with a tar header, or with too little to tell."""
    inflater = Inflater(kind, _LIMITS)
    content = b""
    for piece in _inflated(inflater, data[:_STREAM_EXAMINED], _MOST_TO_BEGIN):
        content += piece
        if len(content) >= BLOCK:
            return looks_like_header(content[:BLOCK])
    is_first = inflater.streams == 1
    return is_first and not content and kind in _BY_BLOCK and inflater.finish().truncated


def _inflated(inflater: Inflater, data: bytes, most_streams: int) -> Iterator[bytes]:
    """What bytes decompress to, up to a limit of the inflater or a number of streams."""
    size = 512
    at = 0
    try:
        while at < len(data) and inflater.streams <= most_streams:
            yield from inflater.feed(data[at : at + size])
            at += size
            size = min(2 * size, _SLICE)
    except LimitError:
        return


class Examined(NamedTuple):
    """What was found in a part of an archive.

    Attributes:
        compression: The compression of the part.
        tar: The tar in it.
    """

    compression: Compression
    tar: Tar

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it but that it ends too early."""
        compression, fatal = self.compression, self.tar.fatal
        if compression.error is not None and not compression.truncated:
            return False
        return len(self.tar.entries) > 0 and (fatal is None or fatal.kind in _CUT)


def examine(data: bytes) -> Examined:
    """Decompress and walk a part of an archive."""
    inflater = Inflater(detect(data[:MAGIC_SIZE]), _LIMITS)
    walker = TarWalker(_LIMITS, ContentPlan())
    for piece in _inflated(inflater, data, _MOST_TO_EXAMINE):
        walker.feed(piece)
    return Examined(inflater.finish(), walker.finish())


def is_sound(data: bytes) -> bool:
    """Whether a part of an archive is sound as far as it goes."""
    return examine(data).is_sound


def is_improved(before: bytes, after: bytes) -> bool:
    """Whether a change makes an archive sound, or lets a reader find more of it."""
    new = examine(after)
    if not new.is_sound:
        return False
    old = examine(before)
    return not old.is_sound or len(new.tar.entries) > len(old.tar.entries)
