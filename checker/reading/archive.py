"""Reads one archive once and gathers the facts."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from checker.errors import UnreadableError
from checker.interpretation.images import (
    affordable_images,
    find_docker_archive,
    find_images,
    find_oci_layout,
    has_image_files,
)
from checker.interpretation.kind import (
    find_kind,
    image_directory,
    inner_archives,
    is_surely_rootfs,
    nested_images,
    root_directory,
)
from checker.interpretation.kinds.base import Recognizer
from checker.isolation import Steps
from checker.model.archive import (
    FLAT_KINDS,
    IMAGE_KINDS,
    Archive,
    DockerArchive,
    Kind,
    OciLayout,
    Source,
    Stats,
)
from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.model.entries import Entries, Span
from checker.model.image import Image
from checker.model.known_kind import SKOPEO_DIRECTORY, KnownKind
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.members import Members
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES
from checker.model.raw_tar import RawTar
from checker.model.rootfs import Rootfs, flat_layer
from checker.model.tar import Tar
from checker.patterns import pattern
from checker.reading.ahead import LayersAhead
from checker.reading.blob import KnownBlobs, Task, failed_blob, read_blob, unread_blob
from checker.reading.documents import DocumentBytes, without_images
from checker.reading.early import EarlyDigests, EarlyError, EarlyHash, EarlyHashes
from checker.reading.layer_cache import LayerCache
from checker.reading.meter import SILENT, Meter
from checker.reading.raw_tar import keep_raw
from checker.reading.source import (
    BinaryFile,
    Opened,
    Seekable,
    TarContent,
    open_again,
    open_file,
    open_source,
)
from checker.reading.tar.table import Records
from checker.reading.transport.sample import (
    SAMPLE_SIZE,
    TAIL_SIZE,
    WINDOW_AFTER,
    WINDOW_BEFORE,
    Sample,
)
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.attached import Attached
    from checker.model.damage import Damage
    from checker.reading.early_inflating import EarlyInflating

_LAST_DOCUMENTS = (MANIFEST_JSON, INDEX_JSON, REPOSITORIES)
_LAYER_NAME = pattern(
    r"(?:\./)?(?:blobs/sha256/|[0-9a-f]{64}/)?(?:layer|[0-9a-f]{64})(?:\.tar)?(?:\.gz)?"
)
_AROUND_IMAGES = frozenset({Kind.WRAPPED, Kind.NESTED})
_DOCUMENTS = frozenset({MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT, REPOSITORIES})
# Kinds without content; an entry of an unknown kind is read as a file, as Go does.
_NO_CONTENT = frozenset(b"123456g")
# Bytes of members. A thread takes as long to start as reading some of them.
_WORTH_THREADS = 128 * 1024


class ReadOptions(NamedTuple):
    """How to read.

    Attributes:
        plan: Which files' first bytes the checks want.
        limits: Bounds on everything.
        jobs: Blobs that are read side by side.
        whole_digest: Whether the digest of the file itself is wanted; it costs another pass.
        meter: Counts what is read.
        early: Hashes of its members that are being worked out already.
        kinds: Kinds of archive that plugins know, besides the built-in ones.
        known: Facts of blobs that were read before, which are not read again.
        cache: Facts of layers that were read before.
    """

    plan: ContentPlan = ContentPlan()
    limits: Limits = Limits()
    jobs: int = 2
    whole_digest: bool = True
    meter: Meter = SILENT
    early: EarlyHashes | None = None
    kinds: tuple[Recognizer, ...] = ()
    known: KnownBlobs | None = None
    cache: LayerCache | None = None


class Reading:
    """An archive whose facts are there, but for digests which another thread may still compute.

    It is to be closed.

    Args:
        archive: The facts.
        opened: The source.
        options: How it is read.
        began: When the reading began, as ``time.perf_counter`` says.

    Attributes:
        archive: The facts. Who asks for a digest that is not there yet waits for it.
    """

    def __init__(
        self, archive: Archive, opened: Opened, options: ReadOptions, began: float
    ) -> None:
        self.archive = archive
        self._opened = opened
        self._meter = options.meter
        self._began = began

    def finish(self) -> Archive:
        """Wait for all digests; the facts, with all that reading cost.

        Raises:
            UnreadableError: The source was changed meanwhile.
            EarlyError: Another thread could not read what it hashes. If the archive is read
                again, no other thread hashes it.
        """
        self._meter.check()
        _await_digests(self.archive.members.blobs, self._meter)
        _await_whole(self.archive, self._meter)
        change = self._opened.content.change()
        if change is not None:
            # What was found may be true of neither the old content nor the new one.
            raise UnreadableError(
                self.archive.path,
                f"{change} while it was read; check it again when nothing writes to it",
            )
        seconds = time.perf_counter() - self._began
        return self.archive._replace(stats=self.archive.stats._replace(seconds=seconds))

    def close(self) -> None:
        """Give the files back."""
        self._opened.content.close()


def begin_archive(path: str, options: ReadOptions, *, name: str | None = None) -> Reading:
    """Read the archive at a path, but for digests that another thread computes.

    Args:
        path: The path of a file or directory; ``-`` is standard input.
        options: How to read.
        name: What the archive is called in the facts; the path if None.

    Raises:
        UnreadableError: There is nothing to read.
    """
    began = time.perf_counter()
    called = name or path
    ahead = LayersAhead(called, options.plan, options.limits, options.cache)
    opened = open_source(path, options.plan, options.limits, options.meter, ahead)
    return _begun(called, opened, options, began)


def begin_file(file: BinaryFile, name: str, options: ReadOptions) -> Reading:
    """Read the archive in a file object, from its position on.

    Args:
        file: The file object, which stays open.
        name: What the archive is called in the facts.
        options: How to read.

    Raises:
        UnreadableError: It cannot be read.
    """
    began = time.perf_counter()
    ahead = LayersAhead(name, options.plan, options.limits, options.cache)
    opened = open_file(file, name, options.plan, options.limits, options.meter, ahead)
    return _begun(name, opened, options, began)


def read_archive(path: str, options: ReadOptions, *, name: str | None = None) -> Archive:
    """Read the archive at a path, all of it.

    Parameters are those of ``begin_archive``, exceptions also those of ``Reading.finish``.
    """
    with closing(begin_archive(path, options, name=name)) as reading:
        return reading.finish()


def read_file(file: BinaryFile, name: str, options: ReadOptions) -> Archive:
    """Read the archive in a file object, all of it; parameters are those of ``begin_file``."""
    with closing(begin_file(file, name, options)) as reading:
        return reading.finish()


def facts_of(path: str, opened: Opened, options: ReadOptions, began: float) -> Archive:
    """Read what is in a source that is open, and stays open.

    Args:
        path: What the archive is called in the facts.
        opened: The source.
        options: How to read.
        began: When the reading began, as ``time.perf_counter`` says.

    Raises:
        UnreadableError: It was changed meanwhile.
    """
    archive = _facts_so_far(path, opened, options, began)
    return Reading(archive, opened, options, began).finish()


def _begun(path: str, opened: Opened, options: ReadOptions, began: float) -> Reading:
    with ExitStack() as on_error:
        on_error.callback(opened.content.close)
        archive = _facts_so_far(path, opened, options, began)
        on_error.pop_all()
    return Reading(archive, opened, options, began)


def _facts_so_far(path: str, opened: Opened, options: ReadOptions, began: float) -> Archive:
    """The facts, but for digests which another thread may still compute."""
    with closing(_whole_hash(opened, options)) as hashing:
        steps = Steps()
        blobs = _read_blobs(path, opened, options, steps)
        inside = steps.run(
            "reading the archive inside", lambda: _read_inside(path, opened, options, steps), None
        )
        damage = None if inside is not None else _find_damage(path, opened, steps)
        raw = _keep_raw(opened, steps)
        digests = _known_digests(opened) or hashing.digests(blobs, options.meter)
    archive = _gather(_Gathered(path, opened, blobs, digests, began), options, steps)
    crashes = _crashes(archive, steps)
    return archive._replace(inside=inside, damage=damage, crashes=crashes, raw=raw)


def _crashes(archive: Archive, steps: Steps) -> tuple[str, ...]:
    """The steps that failed; those within a member with its name."""
    within = tuple(
        f"{blob.location.member}: {crash}"
        for blob in archive.members.blobs.values()
        for crash in (() if blob.tar is None else blob.tar.crashes)
    )
    return (*steps.crashes, *archive.tar.crashes, *within)


def _read_inside(path: str, opened: Opened, options: ReadOptions, steps: Steps) -> Archive | None:
    """Read what is left when an archive that is compressed twice is decompressed once more."""
    began = time.perf_counter()
    again = open_again(opened, options.plan, options.limits, options.meter)
    if again is None:
        return None
    with closing(again.content):
        blobs = _read_blobs(path, again, options, steps)
        raw = _keep_raw(again, steps)
    digests = _known_digests(again)
    archive = _gather(_Gathered(path, again, blobs, digests, began), options, steps)
    return archive._replace(raw=raw)


def _keep_raw(opened: Opened, steps: Steps) -> RawTar | None:
    """Bytes of the tar, if programs in C may read other entries from it than Go."""
    content = opened.content
    if opened.limits or opened.tar.limits or not isinstance(content, TarContent):
        return None
    name = "keeping bytes of the tar"
    return steps.run(name, lambda: keep_raw(opened.tar, content.part), None)


def _find_damage(path: str, opened: Opened, steps: Steps) -> Damage | None:
    """What happened to a file that is not a sound archive; sound ones are not looked at again."""
    content = opened.content
    is_cut = bool(opened.limits or opened.tar.limits)
    if is_cut or not isinstance(content, TarContent):
        return None
    name = "looking for what happened to the file"
    if _is_unsound(opened):
        return steps.run(name, lambda: _damage_of(path, opened, content, steps), None)
    if not _ends_in_layer(opened.tar.entries):
        return None
    return steps.run(name, lambda: _unwritten_end(opened, content), None)


def _ends_in_layer(entries: Entries) -> bool:
    """Whether the last member is named like a layer, and the documents of an image are missing."""
    if not len(entries) or any(name in entries.by_path for name in _LAST_DOCUMENTS):
        return False
    return _LAYER_NAME.fullmatch(entries.paths[len(entries) - 1]) is not None


def _unwritten_end(opened: Opened, content: TarContent) -> Damage | None:
    from checker.reading.transport.unwritten import find_unwritten_end

    return find_unwritten_end(opened.tar, content.part)


def _damage_of(path: str, opened: Opened, content: TarContent, steps: Steps) -> Damage | None:
    # Imported here, as hardly any archive needs it.
    from checker.reading.transport.find import find_damage

    is_raw = opened.compression.error is not None
    head = opened.head if is_raw else content.part(0, SAMPLE_SIZE)
    size = opened.tar.size
    sample = Sample(
        head=head,
        tail=b"" if is_raw else content.part(max(0, size - TAIL_SIZE), TAIL_SIZE),
        size=opened.size if is_raw else size,
        file_size=opened.size,
        name=os.path.basename(path) if opened.source is Source.FILE else "",
        compression=opened.compression,
        tar=opened.tar,
    )
    return find_damage(sample if is_raw else _with_window(sample, content), steps)


def _with_window(sample: Sample, content: TarContent) -> Sample:
    """The sample with the bytes around the fault, if that is not in its head."""
    fatal = sample.tar.fatal
    if fatal is None or fatal.offset < len(sample.head):
        return sample
    offset = max(0, fatal.offset - WINDOW_BEFORE)
    window = content.part(offset, fatal.offset - offset + WINDOW_AFTER)
    return sample._replace(window=window, window_offset=offset)


def _is_unsound(opened: Opened) -> bool:
    """Whether readers stop at an error, or find data after the end of the archive."""
    tar = opened.tar
    return tar.fatal is not None or opened.compression.error is not None or bool(tar.after_end)


class _FileHash:
    """Hashes the file as it is on disk, while everything else is read.

    Args:
        file: Descriptor of the file; None if its hash is not wanted.
        hashed: The hash, if its computation has begun before.
    """

    def __init__(self, file: int | None, hashed: EarlyHash | None) -> None:
        self._closed = False
        self._hash = hashed
        self._thread: Thread | None = None
        if file is not None and hashed is None:
            hashed = self._hash = EarlyHash(Span(0, os.fstat(file).st_size), hashlib.sha256())
            run = partial(hashed.compute, file, lambda: not self._closed)
            self._thread = Thread(target=run, daemon=True)
            self._thread.start()

    def digests(self, blobs: Mapping[int, Blob], meter: Meter) -> Mapping[str, str]:
        """The hash; none if it is not wanted, or the file cannot be read.

        Who asks for a hash that was begun before waits for it.

        Args:
            blobs: The members, which are hashed at the same time.
            meter: Counts what is hashed.
        """
        if self._hash is None:
            return {}
        digests = EarlyDigests(self._hash, partial(meter.count, part=""))
        if self._thread is None:
            return digests
        _await_digests(blobs, meter)
        try:
            return _awaited(digests, self._hash.span.length, meter)
        except EarlyError:
            return {}

    def close(self) -> None:
        """Stop, however far it came."""
        self._closed = True
        if self._thread is not None:
            self._thread.join()


def _whole_hash(opened: Opened, options: ReadOptions) -> _FileHash:
    """The hash of the whole file, if it is wanted."""
    if opened.file is None or not options.whole_digest:
        return _FileHash(None, None)
    whole = Span(0, os.fstat(opened.file).st_size)
    early = None if options.early is None else options.early.claim(opened.file, whole)
    return _FileHash(opened.file, early)


def _read_blobs(path: str, opened: Opened, options: ReadOptions, steps: Steps) -> dict[int, Blob]:
    found = DocumentBytes(options.limits)
    tasks: list[Task] = []
    holes = 0
    for task in sorted(_tasks(path, opened, options), key=lambda task: task.position):
        holes += _holes(opened, task.position)
        if holes > options.limits.holes:
            found.add(unread_blob(task, _too_sparse(holes, options.limits)))
        else:
            tasks.append(task)
    options.meter.begin(sum(task.size for task in tasks))
    reader = _Reader(options, _Allowance(opened.size, options.limits), steps)
    with closing(_run(tasks, reader)) as results:
        for blob in results:
            found.add(blob)
            options.meter.check()
    blobs = found.parsed()
    if next(_pending(blobs), None) is None:
        options.meter.end()
    return blobs


def _pending(blobs: Mapping[int, Blob]) -> Iterator[EarlyDigests]:
    """The digests that another thread computes."""
    for blob in blobs.values():
        if isinstance(blob.digests, EarlyDigests):
            yield blob.digests


def _await_digests(blobs: Mapping[int, Blob], meter: Meter) -> None:
    """Wait for the digests that another thread computes, and end the pass over the members."""
    pending = [*_pending(blobs)]
    for digests in pending:
        digests.known()
    if pending:
        meter.end()


def _await_whole(archive: Archive, meter: Meter) -> None:
    """Wait for the digest of the archive itself, if another thread computes it."""
    if isinstance(archive.digests, EarlyDigests):
        _awaited(archive.digests, archive.size, meter)


def _awaited(digests: EarlyDigests, size: int, meter: Meter) -> Mapping[str, str]:
    """Wait for the digests of so many bytes, which are counted as a separate pass."""
    meter.begin(size)
    known = digests.known()
    meter.end()
    return known


def _known_digests(opened: Opened) -> Mapping[str, str]:
    """The digests of a source that was read when it was opened."""
    return {} if opened.sha256 is None else {"sha256": opened.sha256}


def _tasks(path: str, opened: Opened, options: ReadOptions) -> Iterator[Task]:
    entries = opened.tar.entries
    for position in _positions(entries, options.limits):
        offset = entries.offsets[position]
        yield Task(
            location=Location(
                archive=path,
                member=entries.name(position),
                offset=None if offset < 0 else offset,
            ),
            position=position,
            path=entries.paths[position],
            size=entries.sizes[position],
            is_document=_is_document(entries.paths[position]),
            chunks=partial(_chunks, opened, options.meter, position),
            seekable=partial(opened.content.seekable, position),
            early=partial(_early_hash, opened, options.early, position),
            inflated=partial(_early_inflated, opened, options, position),
            count_bytes=partial(options.meter.count, part=entries.name(position)),
            is_unchanged=opened.content.is_unchanged,
            read_ahead=partial(_read_ahead, opened, position),
        )


def _read_ahead(opened: Opened, position: int) -> Blob | None:
    return None if opened.ahead is None else opened.ahead.claim(position)


def _chunks(opened: Opened, meter: Meter, position: int) -> Iterator[bytes]:
    """The content of a member, in pieces that are counted as they are taken."""
    chunks = opened.content.chunks(position)
    return meter.counted(chunks, opened.tar.entries.name(position))


def _holes(opened: Opened, position: int) -> int:
    """Bytes of a member that are not stored."""
    entries = opened.tar.entries
    spans = entries.sparse.get(position)
    if spans is None:
        return 0
    stored = min(opened.size, sum(span.length for span in spans))
    return max(0, entries.sizes[position] - stored)


def _too_sparse(holes: int, limits: Limits) -> LimitReached:
    return LimitReached(
        limit="holes",
        value=limits.holes,
        what=f"the sparse members up to this one have holes of {holes} bytes; it was not read",
    )


def _early_hash(opened: Opened, early: EarlyHashes | None, position: int) -> EarlyHash | None:
    """The hash of a member that is stored as it is, if its computation has begun."""
    stored = _stored(opened, position)
    return None if early is None or stored is None else early.claim(*stored)


def _early_inflated(opened: Opened, options: ReadOptions, position: int) -> EarlyInflating | None:
    """What comes out of a compressed member, if to inflate it has begun."""
    early, stored = options.early, _stored(opened, position)
    if early is None or stored is None:
        return None
    return early.claim_inflated(*stored, options.limits)


def _stored(opened: Opened, position: int) -> tuple[int, Span] | None:
    """The file, and where in it a member is stored as it is; None for any other member."""
    entries = opened.tar.entries
    if opened.file is None or position in entries.sparse:
        return None
    return opened.file, entries.content(position)


def _is_document(path: str) -> bool:
    parent, _, base = path.rpartition("/")
    return path in _DOCUMENTS or (base == "json" and "/" not in parent)


def _positions(entries: Entries, limits: Limits) -> Iterable[int]:
    """Which members to read: all of an image, archives inside, none of a root filesystem."""
    if is_surely_rootfs(entries):
        return ()
    if not has_image_files(Members(entries, {})) and not _has_blobs(entries):
        return inner_archives(entries)
    files = (i for i, kind in enumerate(entries.kinds) if kind not in _NO_CONTENT)
    found = list(files)
    if len(found) <= limits.members:
        return found
    documents = {entries.by_path[name] for name in _DOCUMENTS if name in entries.by_path}
    return documents.union(found[: limits.members])


def _has_blobs(entries: Entries) -> bool:
    """Whether there is a directory ``blobs``, at least by the names of the files in it."""
    return any(path == "blobs" or path.startswith("blobs/") for path in entries.by_path)


class _Allowance:
    """What the blobs of an archive may inflate to, all together.

    Each stream has its limits, but thousands of small bombs add up.

    Attributes:
        records: Records of extension headers that the blobs may have, all together.
    """

    def __init__(self, archive_size: int, limits: Limits) -> None:
        self._limits = limits
        self.records = Records(limits.records)
        self._most = max(limits.expansion_from, limits.expansion * archive_size)
        self._spent = 0
        self._lock = Lock()

    def spend(self, inflated: int) -> None:
        """Count the inflated bytes of one blob."""
        with self._lock:
            self._spent += inflated

    @property
    def reached(self) -> LimitReached | None:
        """The limit, once it is reached."""
        if self._spent <= self._most:
            return None
        return LimitReached(
            limit="expansion",
            value=self._limits.expansion,
            what=f"the preceding blobs decompressed to {self._spent} bytes; this one was not read",
        )


class _Reader:
    """Reads tasks as long as the allowance lasts."""

    def __init__(self, options: ReadOptions, allowance: _Allowance, steps: Steps) -> None:
        self.jobs = options.jobs
        self._steps = steps
        self._options = options
        self._allowance = allowance

    def read(self, task: Task) -> Blob:
        reached = self._allowance.reached
        if reached is not None:
            return unread_blob(task, reached)
        blob = self._known(task) or self._read(task)
        self._allowance.spend(blob.inflated_size)
        return blob

    def _known(self, task: Task) -> Blob | None:
        """What is known of a member that need not be read."""
        known = self._options.known
        found = None if known is None else known.find(task)
        if found is None:
            return None
        return found._replace(location=task.location, position=task.position, path=task.path)

    def _read(self, task: Task) -> Blob:
        known = task.read_ahead()
        if known is not None:
            task.count_bytes(task.size)
            return known
        options = self._options
        records = self._allowance.records.of_one()
        blob = self._steps.run(
            f"reading {task.location.member}",
            lambda: read_blob(task, options.plan, options.limits, records, options.cache),
            failed_blob(task),
        )
        if options.known is not None and records.is_whole:
            options.known.add(task, blob)
        return blob


def _run(tasks: list[Task], reader: _Reader) -> Generator[Blob]:
    """Read the tasks, in file order, on as many threads as there are jobs, if that is faster."""
    if min(reader.jobs, len(tasks)) <= 1 or sum(task.size for task in tasks) < _WORTH_THREADS:
        yield from map(reader.read, tasks)
        return
    workers = _Workers(tasks, reader)
    try:
        yield from workers.results(len(tasks))
    finally:
        workers.close()


class _Workers:
    """Threads that read tasks until there are none, or until they are closed."""

    def __init__(self, tasks: list[Task], reader: _Reader) -> None:
        self._reader = reader
        self._pending: SimpleQueue[Task] = SimpleQueue()
        self._results: SimpleQueue[Blob | BaseException] = SimpleQueue()
        self._closed = False
        for task in tasks:
            self._pending.put(task)
        count = min(reader.jobs, len(tasks))
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def results(self, count: int) -> Iterator[Blob]:
        """The blobs as they are done.

        Raises:
            BaseException: What reading one raised.
        """
        for _ in range(count):
            result = self._results.get()
            if isinstance(result, BaseException):
                raise result
            yield result

    def close(self) -> None:
        """Stop the threads, in the middle of a blob if need be."""
        self._closed = True
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        try:
            while not self._closed:
                self._results.put(self._read(self._pending.get_nowait()))
        except Empty:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self._results.put(error)

    def _read(self, task: Task) -> Blob:
        return self._reader.read(
            task._replace(
                chunks=lambda: self._until_closed(task.chunks()),
                is_unchanged=lambda: not self._closed and task.is_unchanged(),
                is_wanted=lambda: not self._closed,
                seekable=lambda: self._seekable_until_closed(task.seekable()),
            ),
        )

    def _seekable_until_closed(self, content: Seekable | None) -> Seekable | None:
        if content is None:
            return None
        read = content.read
        return content._replace(
            read=lambda offset, count: b"" if self._closed else read(offset, count)
        )

    def _until_closed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._closed:
                return
            yield chunk


class _Gathered(NamedTuple):
    """What was read of an archive.

    Attributes:
        path: What the archive is called.
        opened: Its tar.
        blobs: The members that were read, by position.
        digests: Digests of the file, if they are wanted.
        began: When the reading began, of ``time.perf_counter``.
    """

    path: str
    opened: Opened
    blobs: dict[int, Blob]
    digests: Mapping[str, str]
    began: float


def _gather(read: _Gathered, options: ReadOptions, steps: Steps) -> Archive:
    path, opened, blobs, digests, began = read
    limits = options.limits
    place = Location(archive=path)
    found = _affordable(
        place, _interpreted(place, Members(opened.tar.entries, blobs), limits, steps), limits, steps
    )
    members, docker, oci, images, image_limits = found
    kind = find_kind(opened.source, opened.tar, members, docker, oci, steps)
    if kind in _AROUND_IMAGES and _is_package_of_images(members, steps, options.kinds):
        kind = Kind.UNKNOWN
    if kind is Kind.UNKNOWN:
        docker, images = None, ()
    flat = kind in FLAT_KINDS
    is_unknown = kind is Kind.UNKNOWN
    has_no_image = is_unknown or (kind in IMAGE_KINDS and oci is not None and not images)
    known_kind = _known_kind(members, oci, steps, options.kinds) if has_no_image else None
    if known_kind is not None and known_kind.name == SKOPEO_DIRECTORY:
        from checker.interpretation.dir_layout import find_dir_images

        images = find_dir_images(place, members, limits)
    attached, attached_limits = steps.run(
        "reading signatures and attestations",
        lambda: _attached(members, None if flat else oci, limits),
        ((), ()),
    )
    return Archive(
        path=path,
        source=opened.source,
        size=opened.size,
        digests=digests,
        compression=opened.compression,
        tar=opened.tar,
        members=members,
        kind=kind,
        docker=None if flat else docker,
        oci=None if flat else oci,
        images=() if flat else images,
        rootfs=_flat_root(opened, path, place, limits) if flat else None,
        limits=tuple(_all_limits(opened, blobs, (*image_limits, *attached_limits), limits)),
        stats=_stats(opened, blobs, time.perf_counter() - began),
        nested_images=nested_images(members, steps) if kind is Kind.NESTED else (),
        image_directory=image_directory(members, steps) if kind is Kind.WRAPPED else None,
        root_directory=root_directory(members, steps) if is_unknown else None,
        known_kind=known_kind,
        attached=attached,
    )


def _attached(
    members: Members, oci: OciLayout | None, limits: Limits
) -> tuple[tuple[Attached, ...], tuple[LimitReached, ...]]:
    """What is attached to the images of a layout."""
    if oci is None or all(manifest.is_image for manifest in oci.manifests):
        return (), ()
    # Imported here, as most archives do not have any.
    from checker.interpretation.attached import find_attached

    return find_attached(members, oci, limits)


class _Interpreted(NamedTuple):
    members: Members
    docker: DockerArchive | None
    oci: OciLayout | None
    images: tuple[Image, ...]
    limits: tuple[LimitReached, ...]


# Sound images are of none of the known kinds, of which each is a module.
def _is_package_of_images(members: Members, steps: Steps, others: Iterable[Recognizer]) -> bool:
    from checker.interpretation.kinds.recognizing import is_package_of_images

    return is_package_of_images(members, steps, others)


def _known_kind(
    members: Members, oci: OciLayout | None, steps: Steps, others: Iterable[Recognizer]
) -> KnownKind | None:
    from checker.interpretation.kinds.recognizing import recognize

    return recognize(members, oci, steps, others)


def _flat_root(opened: Opened, path: str, place: Location, limits: Limits) -> Rootfs:
    layer = flat_layer(path, opened.tar, opened.size, opened.compression)
    return Rootfs(place, (layer,), lookups=limits.lookups)


def _interpreted(place: Location, members: Members, limits: Limits, steps: Steps) -> _Interpreted:
    """What the members say; what cannot be interpreted is as if it were absent."""
    docker = steps.run("interpreting manifest.json", lambda: find_docker_archive(members), None)
    oci, tree_limits = steps.run(
        "interpreting index.json", lambda: find_oci_layout(members, limits), (None, [])
    )
    images, image_limits = steps.run(
        "interpreting the images",
        lambda: find_images(place, members, docker, oci, limits),
        ((), []),
    )
    return _Interpreted(members, docker, oci, images, (*tree_limits, *image_limits))


def _affordable(place: Location, found: _Interpreted, limits: Limits, steps: Steps) -> _Interpreted:
    """The same without the images that would take too long, as if no document listed them."""
    everything = len(found.images)
    count = steps.run(
        "counting the images", lambda: affordable_images(found.images, limits), everything
    )
    if count == everything:
        return found
    blobs = without_images(found.members.blobs, found.docker, found.oci, found.images[count:])
    reached = LimitReached(
        limit="merged",
        value=limits.merged,
        what=f"{len(found.images)} images share layers; only the first {count} were checked",
    )
    again = _interpreted(place, Members(found.members.entries, blobs), limits, steps)
    return again._replace(limits=(*again.limits, reached))


def _limits_of(tar: Tar) -> Iterator[LimitReached]:
    yield from tar.limits
    if tar.unsearched is not None:
        yield tar.unsearched


def _all_limits(
    opened: Opened,
    blobs: dict[int, Blob],
    found: Iterable[LimitReached],
    limits: Limits,
) -> Iterator[LimitReached]:
    yield from opened.limits
    # The members of an image archive are documents and layers, whatever they are called.
    yield from opened.tar.limits if blobs else _limits_of(opened.tar)
    yield from found
    for blob in blobs.values():
        yield from blob.limits
        yield from blob.cuts
        for reached in () if blob.tar is None else _limits_of(blob.tar):
            yield reached._replace(member=blob.location.member)
    files = sum(kind not in _NO_CONTENT for kind in opened.tar.entries.kinds)
    if blobs and files > limits.members:
        yield LimitReached(
            limit="members",
            value=limits.members,
            what=f"the image archive contains {files} files; only the first were read",
        )


def _stats(opened: Opened, blobs: dict[int, Blob], seconds: float) -> Stats:
    compressed = opened.source is not Source.DIRECTORY and opened.compression.streams
    inflated = opened.tar.size if compressed else 0
    entries = len(opened.tar.entries)
    for blob in blobs.values():
        if blob.compression.streams:
            inflated += blob.inflated_size
        entries += 0 if blob.tar is None else len(blob.tar.entries)
    return Stats(
        bytes_read=opened.size,
        bytes_inflated=inflated,
        entries=entries,
        seconds=seconds,
    )
