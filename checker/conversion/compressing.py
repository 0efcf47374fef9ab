"""Compresses a stream so that the same bytes always give the same result.

Gzip has neither a time nor a name. Blocks of one size are compressed side by side, each on its own,
so the result does not depend on the number of threads. It does depend on the version of the
compressor.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from checker.model.compression import CompressionKind
from checker.reading.compression import regrouped

_BLOCK = 1 << 20
_WORKERS = 2
_WAITING = 6
# RFC 1952: deflate, no flags, no time, unknown system.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
_GZIP_LEVEL = 2
_ZSTD_LEVEL = 3


def compressed(chunks: Iterable[bytes], kind: CompressionKind) -> Iterator[bytes]:
    """A stream, compressed.

    Args:
        chunks: The stream.
        kind: ``none``, ``gzip`` or ``zstd``.
    """
    return _COMPRESSORS[kind](chunks)


def _plain(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield from chunks


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    from isal import isal_zlib

    crc = size = 0
    waiting: deque[Future[bytes]] = deque()
    yield _GZIP_HEADER
    with ThreadPoolExecutor(_WORKERS) as pool:
        for block in regrouped(chunks, _BLOCK):
            waiting.append(pool.submit(_deflated, block))
            crc = isal_zlib.crc32(block, crc)
            size += len(block)
            if len(waiting) >= _WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    yield _LAST_BLOCK + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _deflated(block: bytes) -> bytes:
    """A block, compressed, that ends at the boundary of a byte and is not the last one."""
    from isal import isal_zlib

    compressor = isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, -15)
    return compressor.compress(block) + compressor.flush(isal_zlib.Z_SYNC_FLUSH)


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: _ZSTD_LEVEL,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    compressor = zstd.ZstdCompressor(options=options)
    for block in regrouped(chunks, _BLOCK):
        piece = compressor.compress(block)
        if piece:
            yield piece
    yield compressor.flush()


_COMPRESSORS: dict[CompressionKind, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    CompressionKind.NONE: _plain,
    CompressionKind.GZIP: _gzip,
    CompressionKind.ZSTD: _zstd,
}
