"""Reads the content of one member once: size, digests, decompression, diffID, tar walk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.content import ContentPlan
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.reading.background import Background
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.document import read_document
from checker.reading.header import BLOCK, looks_like_header
from checker.reading.tar import TarWalker

_JSON_STARTS = (b"{", b"[", b"\xef\xbb\xbf{", b"\xef\xbb\xbf[")
# Below this many bytes a second thread costs more than it gives.
_WORTH_A_THREAD = 1 << 20
_HASHES = {"sha384": hashlib.sha384, "sha512": hashlib.sha512}


class Task(NamedTuple):
    """One member to read.

    Attributes:
        location: The member.
        position: Its position among the archive's entries.
        path: Its cleaned path.
        size: Its size in bytes, as the header says.
        is_document: Whether it is one of the files that must be JSON.
        chunks: Gives its content in pieces.
    """

    location: Location
    position: int
    path: str
    size: int
    is_document: bool
    chunks: Callable[[], Iterator[bytes]]


class _Hashes:
    """All digests of one content: sha256, and what the path of the blob asks for."""

    def __init__(self, path: str) -> None:
        self._hashes = {"sha256": hashlib.sha256()}
        folder, _, rest = path.partition("/")
        algorithm = rest.partition("/")[0]
        if folder == "blobs" and algorithm in _HASHES:
            self._hashes[algorithm] = _HASHES[algorithm]()

    def update(self, data: bytes) -> None:
        for value in self._hashes.values():
            value.update(data)

    def digests(self) -> dict[str, str]:
        return {algorithm: value.hexdigest() for algorithm, value in self._hashes.items()}


def read_blob(task: Task, plan: ContentPlan, limits: Limits) -> Blob:
    """Read one member: as JSON if it looks like it, else as a layer."""
    chunks = task.chunks()
    try:
        head = _take_head(chunks)
        if _is_document(task, head):
            return _read_json(task, head, chunks, limits)
        return _LayerReading(task, head, plan, limits).run(chunks)
    except OSError as error:
        return _empty(task, error=error.strerror or str(error))
    except LimitError as error:
        return unread_blob(task, error.reached)


def unread_blob(task: Task, reached: LimitReached) -> Blob:
    """What is known of a member that is not read, because a limit was reached before it."""
    return _empty(task)._replace(limits=(reached._replace(member=task.location.member),))


def _take_head(chunks: Iterator[bytes]) -> bytes:
    """The first pieces, as many as it takes to tell what the content is."""
    head = next(chunks, b"")
    while len(head) < BLOCK and (more := next(chunks, b"")):
        head += more
    return head


def _empty(task: Task, *, error: str | None = None) -> Blob:
    return Blob(
        location=task.location,
        position=task.position,
        path=task.path,
        size=task.size,
        digests=_Hashes(task.path).digests(),
        error=error,
    )


def _is_document(task: Task, head: bytes) -> bool:
    if task.is_document:
        return True
    return head.lstrip(b" \t\r\n").startswith(_JSON_STARTS) and not looks_like_header(head[:BLOCK])


def _read_json(task: Task, head: bytes, chunks: Iterator[bytes], limits: Limits) -> Blob:
    hashes = _Hashes(task.path)
    kept = bytearray()
    size = 0
    piece: bytes | None = head
    while piece:
        hashes.update(piece)
        size += len(piece)
        if size <= limits.json_size:
            kept += piece
        piece = next(chunks, None)
    blob = _empty(task)._replace(size=size, digests=hashes.digests(), inflated_size=size)
    if size > limits.json_size:
        reached = LimitReached(
            limit="json_size",
            value=limits.json_size,
            what=f"a JSON document of {size} bytes was not parsed",
            member=task.location.member,
            offset=task.location.offset,
        )
        return blob._replace(limits=(reached,))
    try:
        return blob._replace(document=read_document(bytes(kept), limits))
    except LimitError as error:
        return blob._replace(limits=(error.reached._replace(member=task.location.member),))


class _LayerReading:
    """Reads what is no document: digest, decompression, diffID and entries in one pass."""

    def __init__(self, task: Task, head: bytes, plan: ContentPlan, limits: Limits) -> None:
        self._task = task
        self._head = head
        self._hashes = _Hashes(task.path)
        self._kind = detect(head[:MAGIC_SIZE])
        self._inflater = Inflater(self._kind, limits)
        self._walker = TarWalker(limits, plan)
        self._diff = hashlib.sha256()
        self._size = 0
        self._inflated = 0

    def run(self, chunks: Iterator[bytes]) -> Blob:
        consume = self._consume_plain
        if self._kind is not CompressionKind.NONE:
            consume = self._consume_inflated
        if self._task.size < _WORTH_A_THREAD:
            limit = self._pump(chunks, consume)
        else:
            background = Background(consume)
            try:
                limit = self._pump(chunks, background.put)
            finally:
                background.close()
        return self._blob(limit)

    def _pump(
        self, chunks: Iterator[bytes], consume: Callable[[bytes], None]
    ) -> LimitReached | None:
        chunk: bytes | None = self._head
        try:
            while chunk:
                self._hashes.update(chunk)
                self._size += len(chunk)
                for piece in self._inflater.feed(chunk):
                    self._inflated += len(piece)
                    consume(piece)
                chunk = next(chunks, None)
        except LimitError as error:
            return error.reached._replace(member=self._task.location.member)
        return None

    def _consume_plain(self, piece: bytes) -> None:
        self._walker.feed(piece)

    def _consume_inflated(self, piece: bytes) -> None:
        self._diff.update(piece)
        self._walker.feed(piece)

    def _blob(self, limit: LimitReached | None) -> Blob:
        tar = self._walker.finish()
        digests = self._hashes.digests()
        plain = self._kind is CompressionKind.NONE
        limits = () if limit is None else (limit,)
        return Blob(
            location=self._task.location,
            position=self._task.position,
            path=self._task.path,
            size=self._size,
            digests=digests,
            compression=self._inflater.finish(),
            inflated_size=self._inflated,
            diff_id="sha256:" + (digests["sha256"] if plain else self._diff.hexdigest()),
            tar=tar,
            limits=limits,
        )
