"""The minimum work of a verifier of container archives: the baseline of `run.py`.

For every layer it computes the SHA-256 digests of the stored bytes and of the uncompressed bytes,
on two threads, and inflates with isal or libzstd. It does not walk the tars of layers, decode
documents or check anything. If layers are not compressed, the digests are those of the archive
file and of the layer.

Run: `python -m benchmarks.floor ARCHIVE`. Prints the seconds it took.
"""

from __future__ import annotations

import hashlib
import queue
import sys
import tarfile
import threading
import time
from typing import TYPE_CHECKING, Final

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, TypeAlias

    Inflated: TypeAlias = Callable[[Iterator[bytes], Callable[[bytes], None]], Iterator[bytes]]

CHUNK_BYTES: Final = 1 << 20
QUEUED_CHUNKS: Final = 8
BLOCK_BYTES: Final = 512
GZIP_MAGIC: Final = b"\x1f\x8b"
GZIP_WINDOW: Final = 16 + 15
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class Hasher:
    """Hashes data on a separate thread."""

    def __init__(self) -> None:
        self._chunks: queue.Queue[bytes | None] = queue.Queue(QUEUED_CHUNKS)
        self._sum = hashlib.sha256()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._sum.update(chunk)

    def put(self, chunk: bytes) -> None:
        """Take bytes to hash."""
        self._chunks.put(chunk)

    def hexdigest(self) -> str:
        """Wait for the thread and return the sum of all bytes."""
        self._chunks.put(None)
        self._thread.join()
        return self._sum.hexdigest()


def _chunks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        chunk = stream.read(min(CHUNK_BYTES, size))
        if not chunk:
            raise EOFError(f"{size} bytes are missing at the end")
        size -= len(chunk)
        yield chunk


def _gunzipped(chunks: Iterator[bytes], raw_sum: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield the inflated data of gzip members in bounded pieces, passing on the raw bytes."""
    inflate = isal_zlib.decompressobj(GZIP_WINDOW)
    for chunk in chunks:
        raw_sum(chunk)
        rest = chunk
        while rest:
            yield inflate.decompress(rest, CHUNK_BYTES)
            rest = inflate.unconsumed_tail
            if inflate.eof:
                rest = inflate.unused_data
                inflate = isal_zlib.decompressobj(GZIP_WINDOW)
    yield inflate.flush()


def _unzstded(chunks: Iterator[bytes], raw_sum: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield the inflated data of zstd frames in bounded pieces, passing on the raw bytes."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    inflate = zstd.ZstdDecompressor()
    for chunk in chunks:
        raw_sum(chunk)
        rest = chunk
        while rest or not inflate.needs_input:
            yield inflate.decompress(rest, CHUNK_BYTES)
            rest = inflate.unused_data
            if inflate.eof:
                inflate = zstd.ZstdDecompressor()


INFLATED: Final[dict[bytes, Inflated]] = {GZIP_MAGIC: _gunzipped, ZSTD_MAGIC: _unzstded}


def _sum_compressed(stream: BinaryIO, size: int, inflated: Inflated) -> tuple[str, str]:
    raw_sum = hashlib.sha256()
    hasher = Hasher()
    for piece in inflated(_chunks(stream, size), raw_sum.update):
        hasher.put(piece)
    return raw_sum.hexdigest(), hasher.hexdigest()


def _sum_plain(path: str, members: list[tarfile.TarInfo]) -> Iterator[str]:
    """Yield the sum of each layer, and at last that of the file."""
    whole = Hasher()
    with open(path, "rb", buffering=0) as stream:
        for member in members:
            while stream.tell() < member.offset_data:
                whole.put(stream.read(min(CHUNK_BYTES, member.offset_data - stream.tell())))
            layer = hashlib.sha256()
            for chunk in _chunks(stream, member.size):
                whole.put(chunk)
                layer.update(chunk)
            yield layer.hexdigest()
        while chunk := stream.read(CHUNK_BYTES):
            whole.put(chunk)
    yield whole.hexdigest()


def _layers(path: str) -> tuple[list[tuple[tarfile.TarInfo, Inflated]], list[tarfile.TarInfo]]:
    """Return the compressed members, with what inflates them, and the plain tars."""
    compressed, plain = [], []
    with tarfile.open(path, "r:") as archive, open(path, "rb") as stream:
        for member in archive:
            if not member.isreg():
                continue
            stream.seek(member.offset_data)
            head = stream.read(min(BLOCK_BYTES, member.size))
            inflated = next((INFLATED[magic] for magic in INFLATED if head.startswith(magic)), None)
            if inflated is not None:
                compressed.append((member, inflated))
            elif head[257:262] == b"ustar":
                plain.append(member)
    return compressed, plain


def sums(path: str) -> list[str]:
    """Return all digests of the archive, in the order in which they were computed."""
    compressed, plain = _layers(path)
    found: list[str] = []
    with open(path, "rb", buffering=0) as stream:
        for member, inflated in compressed:
            stream.seek(member.offset_data)
            found += _sum_compressed(stream, member.size, inflated)
    if plain:
        found += _sum_plain(path, plain)
    return found


def main() -> int:
    """Run the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m benchmarks.floor ARCHIVE\n")
        return 2
    start = time.perf_counter()
    found = sums(sys.argv[1])
    print(f"{time.perf_counter() - start:.3f} s, {len(found)} sums")
    return 0


if __name__ == "__main__":
    sys.exit(main())
