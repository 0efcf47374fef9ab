"""Where an archive begins in some bytes, and whether what is there of it is sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from checker.model.compression import Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.limits import MIB, Limits
from checker.model.tar import AnomalyKind, Tar
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.tar.walker import TarWalker

_MAGIC_AT = 257
_CANDIDATES = re.compile(
    rb"ustar|\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x28\xb5\x2f\xfd", re.DOTALL
)
_MOST_CANDIDATES = 256
# Bounds on what is decompressed and walked of a sample: its content is not trusted.
_LIMITS = Limits(
    entries=50_000,
    expansion_from=8 * MIB,
    inflated=32 * MIB,
    names=8 * MIB,
    window=64 * MIB,
    anomalies=1,
)
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
    for match in islice(_CANDIDATES.finditer(data), _MOST_CANDIDATES):
        is_tar = match[0] == b"ustar"
        offset = match.start() - (_MAGIC_AT if is_tar else 0)
        what = start_of(data[offset:]) if offset >= 0 else None
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
    for piece in _inflated(inflater, data):
        content += piece
        if len(content) >= BLOCK:
            return looks_like_header(content[:BLOCK])
    return kind is CompressionKind.BZIP2 and inflater.finish().truncated


def _inflated(inflater: Inflater, data: bytes) -> Iterator[bytes]:
    try:
        yield from inflater.feed(data)
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
    for piece in _inflated(inflater, data):
        walker.feed(piece)
    return Examined(inflater.finish(), walker.finish())


def is_sound(data: bytes) -> bool:
    """Whether a part of an archive is sound as far as it goes."""
    return examine(data).is_sound
