"""Reads the content of one member once: size, digests, decompression, diffID, tar walk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from checker.model.blob import Blob
from checker.model.compression import Compression, CompressionKind
from checker.model.content import ContentPlan
from checker.model.document import Document
from checker.model.forms import COSE_START, MOST_COSE_BYTES
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.tar import Tar
from checker.reading.background import Background, BackgroundTask
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.early import EarlyDigests, EarlyError, EarlyHash
from checker.reading.layer_cache import LayerCache, LayerFacts, Question, facts_of
from checker.reading.source import Seekable
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.tar.table import Records
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from checker.reading.early_inflating import EarlyInflating

# Also those in UTF-16 with a byte order mark, which are not JSON but were meant to be.
_JSON_STARTS = (
    *(b"{", b"["),
    *(b"\xef\xbb\xbf{", b"\xef\xbb\xbf["),
    *(b"\xff\xfe{\0", b"\xff\xfe[\0"),
    *(b"\xfe\xff\0{", b"\xfe\xff\0["),
)
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
        seekable: Gives its content in any order; None if it can only be had from its start.
        early: Gives its sha256, if work on that has begun before all else; else None.
        inflated: Gives what comes out of it, if to inflate it has begun before all else; else None.
        count_bytes: Counts bytes of it that others have read.
        is_unchanged: Whether bytes that are read twice are still the same.
        is_wanted: Whether to go on.
        read_ahead: Gives what was found in it before, if it was read ahead.
    """

    location: Location
    position: int
    path: str
    size: int
    is_document: bool
    chunks: Callable[[], Iterator[bytes]]
    seekable: Callable[[], Seekable | None] = lambda: None
    early: Callable[[], EarlyHash | None] = lambda: None
    inflated: Callable[[], EarlyInflating | None] = lambda: None
    count_bytes: Callable[[int], None] = lambda _size: None
    is_unchanged: Callable[[], bool] = lambda: True
    is_wanted: Callable[[], bool] = lambda: True
    read_ahead: Callable[[], Blob | None] = lambda: None


class KnownBlobs(Protocol):
    """Facts of blobs that were read before, perhaps on another machine."""

    def find(self, task: Task) -> Blob | None:
        """What is known of a member, which is then not read; None if it must be."""
        ...

    def add(self, task: Task, blob: Blob) -> None:
        """Remember what was read of a member, if that depends on nothing but its bytes."""
        ...


class _Hashes:
    """All digests of one content: sha256, and what the path of the blob asks for."""

    def __init__(self, task: Task, early: EarlyHash | None = None) -> None:
        self._early = early
        self._count = task.count_bytes
        self._hashes = {} if early else {"sha256": hashlib.sha256()}
        top, _, rest = task.path.partition("/")
        algorithm = rest.partition("/")[0]
        if top == "blobs" and algorithm in _HASHES:
            self._hashes[algorithm] = _HASHES[algorithm]()

    def update(self, data: bytes) -> None:
        for value in self._hashes.values():
            value.update(data)

    @property
    def need_bytes(self) -> bool:
        """Whether there is anything to update."""
        return bool(self._hashes)

    def digests(self) -> Mapping[str, str]:
        found = {algorithm: value.hexdigest() for algorithm, value in self._hashes.items()}
        if self._early is None:
            return found
        early = EarlyDigests(self._early, self._count)
        return {**early, **found} if found else early


def read_blob(
    task: Task,
    plan: ContentPlan,
    limits: Limits,
    records: Records | None = None,
    cache: LayerCache | None = None,
) -> Blob:
    """Read one member: as JSON if it looks like it, else as a layer.

    A document is not parsed yet, because what may be parsed depends on the others.

    Args:
        task: The member.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        records: Records of extension headers that the tars of an archive share.
        cache: Facts of layers that were read before.
    """
    common = records or Records(limits.records)
    try:
        return _read(task, plan, limits, common, cache)
    except EarlyError:
        common.give_back()
        alone = task._replace(early=lambda: None, inflated=lambda: None)
        return _read(alone, plan, limits, common, cache)


def _read(
    task: Task, plan: ContentPlan, limits: Limits, common: Records, cache: LayerCache | None
) -> Blob:
    """Read one member.

    Raises:
        EarlyError: What another thread has begun cannot be had.
    """
    chunks = task.chunks()
    try:
        head = _take_head(chunks)
        if _is_document(task, head):
            return _read_json(task, head, chunks, limits)
        if cache is not None and _is_worth_keeping(task, head, cache):
            return _Known(task, plan, limits, common, cache).read(head, chunks)
        return _read_layer(task, head, chunks, TarWalker(limits, plan, common), limits)
    except OSError as error:
        return _empty(task, error=error.strerror or str(error))
    except LimitError as error:
        return unread_blob(task, error.reached)


def unread_blob(task: Task, reached: LimitReached) -> Blob:
    """What is known of a member that is not read, because a limit was reached before it."""
    return _empty(task)._replace(limits=(reached._replace(member=task.location.member),))


def failed_blob(task: Task) -> Blob:
    """What is known of a member whose reading failed within the checker."""
    return _empty(task, error="the checker failed to read it")


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
        digests=_Hashes(task).digests(),
        error=error,
    )


def _is_document(task: Task, head: bytes) -> bool:
    if task.is_document:
        return True
    return head.lstrip(b" \t\r\n").startswith(_JSON_STARTS) and not looks_like_header(head[:BLOCK])


def _is_worth_keeping(task: Task, head: bytes, cache: LayerCache) -> bool:
    """Whether facts of a layer are looked up and kept.

    A plain one that another thread hashes is walked meanwhile, and is not looked up: that would
    have to wait for the hash.
    """
    is_compressed = _is_compressed(head)
    if not is_compressed and task.early() is not None:
        return False
    return cache.is_worth(task.size, is_compressed=is_compressed)


def _is_compressed(head: bytes) -> bool:
    return detect(head[:MAGIC_SIZE]) is not CompressionKind.NONE


def _read_json(task: Task, head: bytes, chunks: Iterator[bytes], limits: Limits) -> Blob:
    hashes = _Hashes(task)
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
    return blob._replace(document=Document(raw=bytes(kept)))


def _read_layer(
    task: Task, head: bytes, chunks: Iterator[bytes], walker: TarWalker, limits: Limits
) -> Blob:
    """Read what is not a document: digest, decompression, diffID and entries in one pass."""
    kind = detect(head[:MAGIC_SIZE])
    if kind is not CompressionKind.NONE:
        return _CompressedReading(task, kind, walker, limits).run(head, chunks)
    seekable = _sought(task)
    if seekable is not None and seekable.is_costly:
        walker.look_ahead(seekable.read, seekable.size)
        return _read_plain(task, head, chunks, walker)
    if seekable is None:
        return _read_plain(task, head, chunks, walker)
    return _read_large_plain(task, head, chunks, walker, seekable)


def _sought(task: Task) -> Seekable | None:
    """The content of a plain layer, if its headers alone are read to walk it."""
    return task.seekable() if task.size >= _WORTH_A_THREAD else None


def _read_plain(task: Task, head: bytes, chunks: Iterator[bytes], walker: TarWalker) -> Blob:
    hashes = _Hashes(task)
    size = 0
    cose = bytearray()
    is_cose = head.startswith(COSE_START)
    for chunk in chain((head,), chunks):
        hashes.update(chunk)
        size += len(chunk)
        walker.feed(chunk)
        if is_cose and size <= MOST_COSE_BYTES:
            cose += chunk
    blob = _plain_blob(task, size, hashes, walker.finish())
    return blob._replace(cose=bytes(cose)) if size <= MOST_COSE_BYTES else blob


def _walk(walker: TarWalker, seekable: Seekable) -> Tar:
    return walk_by_seeking(walker, seekable.read, seekable.size)


def _read_large_plain(
    task: Task, head: bytes, chunks: Iterator[bytes], walker: TarWalker, seekable: Seekable
) -> Blob:
    """Hash all bytes here, and walk the headers alone on another thread."""
    hashes = _Hashes(task, task.early())
    if not hashes.need_bytes:
        return _plain_blob(task, seekable.size, hashes, _walk(walker, seekable))
    walked: list[Tar] = []
    walking = BackgroundTask(lambda: walked.append(_walk(walker, seekable)))
    size = 0
    try:
        for chunk in chain((head,), chunks):
            hashes.update(chunk)
            size += len(chunk)
    finally:
        walking.close()
    return _plain_blob(task, size, hashes, walked[0])


class _Known:
    """Reads a layer that may have been read before: then its digest alone is computed.

    Args:
        task: The member.
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        records: Records of extension headers that the tars of an archive share.
        cache: Facts of layers that were read before.
    """

    def __init__(
        self, task: Task, plan: ContentPlan, limits: Limits, records: Records, cache: LayerCache
    ) -> None:
        self._task = task
        self._plan = plan
        self._limits = limits
        self._records = records
        self._cache = cache

    def read(self, head: bytes, chunks: Iterator[bytes]) -> Blob:
        """Read it, with the first pieces and the rest of its content."""
        question = self._question(head)
        if self._cache.may_have(question, self._task.size, head):
            known = self._known(question, head, chunks)
            if known is not None:
                return known
            # It only begins like one that is known.
            chunks = self._task.chunks()
            head = _take_head(chunks)
        walker = TarWalker(self._limits, self._plan, self._records)
        blob = _read_layer(self._task, head, chunks, walker, self._limits)
        facts = facts_of(blob, walker.taken_records)
        # Else the digest may be that of other bytes, whose facts these would become.
        if facts is not None and self._task.is_unchanged():
            digest = blob.digests["sha256"]
            self._cache.store(question, digest, head, self._task.size, facts)
        return blob

    def _question(self, head: bytes) -> Question:
        is_sought = not _is_compressed(head) and _sought(self._task) is not None
        return Question(self._plan, self._limits, is_sought)

    def _known(self, question: Question, head: bytes, chunks: Iterator[bytes]) -> Blob | None:
        """What is known of the layer with this digest, which is computed here."""
        hashes = _Hashes(self._task, self._task.early())
        size = 0
        if hashes.need_bytes:
            for chunk in chain((head,), chunks):
                hashes.update(chunk)
                size += len(chunk)
        else:
            size = self._task.size
        digests = hashes.digests()
        facts = self._cache.find(question, digests["sha256"])
        if facts is None or not self._records.take_if_there(facts.records):
            return None
        early = self._task.inflated()
        if early is not None:
            early.close()  # it need not be inflated
        return known_blob(self._task, size, digests, facts)


def known_blob(task: Task, size: int, digests: Mapping[str, str], facts: LayerFacts) -> Blob:
    """A layer of which the facts are known from an earlier reading.

    Args:
        task: The member.
        size: Bytes of it.
        digests: Its digests in hexadecimal, by algorithm.
        facts: The facts.
    """
    return _empty(task)._replace(
        size=size,
        digests=digests,
        compression=facts.compression,
        inflated_size=facts.inflated_size,
        inflated_digests={"sha256": facts.diff_id.removeprefix("sha256:")},
        tar=facts.tar,
        entry_count=len(facts.tar.entries),
    )


def _plain_blob(task: Task, size: int, hashes: _Hashes, tar: Tar) -> Blob:
    blob = _empty(task)._replace(
        size=size,
        digests=hashes.digests(),
        inflated_size=size,
        tar=tar,
        entry_count=len(tar.entries),
    )
    return blob._replace(inflated_digests=blob.digests)


class _CompressedReading:
    """Reads a compressed layer: one thread hashes and inflates, another one hashes and walks.

    The first thread may have begun before.
    """

    def __init__(
        self, task: Task, kind: CompressionKind, walker: TarWalker, limits: Limits
    ) -> None:
        self._task = task
        self._hashes = _Hashes(task, task.early())
        self._inflater = Inflater(kind, limits)
        self._walker = walker
        self._diff = hashlib.sha256()
        self._size = 0
        self._inflated = 0

    def run(self, head: bytes, chunks: Iterator[bytes]) -> Blob:
        early = None if self._hashes.need_bytes else self._task.inflated()
        if early is not None:
            return self._take(early)
        pieces = self._inflater.inflate(self._hashed(chain((head,), chunks)))
        if self._task.size < _WORTH_A_THREAD:
            limit = self._pump(pieces, self._consume)
        else:
            background = Background(self._consume)
            try:
                limit = self._pump(pieces, background.put)
            finally:
                background.close()
        return self._blob(self._size, self._inflater.finish(), limit)

    def _take(self, early: EarlyInflating) -> Blob:
        """Take what another thread inflates."""
        limit = self._pump(self._counted(early), self._consume)
        return self._blob(early.taken, early.finish(), limit)

    def _counted(self, early: EarlyInflating) -> Iterator[bytes]:
        """What another thread inflates, as long as it is wanted; its bytes are counted.

        Raises:
            EarlyError: There is something odd about the data, or it cannot be read.
        """
        counted = 0
        try:
            for piece in early.pieces():
                self._task.count_bytes(early.taken - counted)
                counted = early.taken
                yield piece
                if not self._task.is_wanted():
                    return
        except ValueError as error:
            raise EarlyError(str(error)) from error

    def _blob(self, size: int, compression: Compression, limit: LimitReached | None) -> Blob:
        if limit is not None:
            self._walker.abandon()
        tar = self._walker.finish()
        return _empty(self._task)._replace(
            size=size,
            digests=self._hashes.digests(),
            compression=compression,
            inflated_size=self._inflated,
            inflated_digests={"sha256": self._diff.hexdigest()},
            tar=tar,
            entry_count=len(tar.entries),
            limits=() if limit is None else (limit,),
        )

    def _pump(
        self, pieces: Iterator[bytes], consume: Callable[[bytes], None]
    ) -> LimitReached | None:
        try:
            for piece in pieces:
                self._inflated += len(piece)
                consume(piece)
        except LimitError as error:
            return error.reached._replace(member=self._task.location.member)
        return None

    def _hashed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._hashes.update(chunk)
            self._size += len(chunk)
            yield chunk

    def _consume(self, piece: bytes) -> None:
        self._diff.update(piece)
        self._walker.feed(piece)
