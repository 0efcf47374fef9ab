"""What workers do: judge an archive, list the layers of a large one, judge one of these layers.

A task may run twice, or begin again on another worker: it reads, and what it writes to the registry
is the same each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

from checker.errors import CheckerError, UnreadableError
from checker.fleet.found import Found
from checker.fleet.job import Job, registry_name, require_version, unpacked
from checker.fleet.records import Check, Cost, Judged, judged, not_judged
from checker.fleet.registry import KnownLayers, Member, Registry, claimed_digest
from checker.fleet.schema import State
from checker.fleet.stores import RangedObject, StoreError, found_again, place_of, reason_of
from checker.model.compression import CompressionKind
from checker.model.content import ContentPlan
from checker.model.entries import REGULAR
from checker.model.location import Location
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading.blob import Task, read_blob
from checker.reading.compression import MAGIC_SIZE, detect
from checker.reading.ranges import RangedFile, RequestSizes
from checker.reading.source import BinaryFile, Seekable
from checker.reading.tar.table import Records
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.records import NamedTuple
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import Settings

_REGULAR = ord(REGULAR)
# Blobs of one archive that are read at the same time: one is fetched while the other is hashed.
_BLOBS = 2


class _Prepared(NamedTuple):
    """What a worker makes once of a job."""

    settings: Settings
    plugins: LoadedPlugins


@lru_cache(maxsize=2)
def _prepared(job: Job) -> _Prepared:
    require_version(job)
    settings = unpacked(job.settings)
    settings = settings._replace(jobs=settings.jobs or _BLOBS)
    return _Prepared(settings, load_plugins(settings.blocked))


@lru_cache(maxsize=4)
def _registry(url: str) -> Registry:
    """The registry of a worker, which keeps what was used last in memory."""
    return Registry(place_of(url))


def judge_archive(job: Job, check: Check) -> Judged:
    """Check an archive.

    Args:
        job: What all tasks have in common.
        check: The archive.

    Raises:
        StoreError: The store does not answer; the same may work later.
        CheckerError: The settings or plugins of the worker are wrong.
    """
    began = time.perf_counter()
    found = check.found
    prepared = _prepared(job)
    known = _known_layers(job, prepared, found)
    session = Session(prepared.settings, plugins=prepared.plugins, known=known)
    with_cost = _Costs(began, known)
    if place_of(found.url).is_local:
        checked = _checked(session, found, found.url)
    else:
        remote = RangedObject(found, sizes=_sizes(job))
        checked = _checked(session, found, remote.file)
        with_cost = with_cost._replace(file=remote.file)
        if isinstance(remote.failure, StoreError):
            raise remote.failure
        if remote.failure is not None:
            return not_judged(check, State.UNREADABLE, remote.failure.reason, with_cost.now())
    changed = _change(found)
    if changed is not None:
        return changed_or_gone(check, changed, with_cost.now())
    fail_on = session.for_archive(found.name).settings.fail_on
    return judged(check, checked, fail_on, with_cost.now())


def _sizes(job: Job) -> RequestSizes:
    """How many bytes are asked for at once: headers not together with layers that may be known."""
    usual = RequestSizes()
    if job.registry is None:
        return usual
    return usual._replace(
        whole=min(usual.whole, job.share_from), gap=min(usual.gap, job.share_from)
    )


class _Costs(NamedTuple):
    began: float
    known: KnownLayers | None
    file: RangedFile | None = None

    def now(self) -> Cost:
        return Cost(
            requests=0 if self.file is None else self.file.requests,
            fetched=0 if self.file is None else self.file.fetched,
            shared_layers=0 if self.known is None else self.known.layers,
            shared_bytes=0 if self.known is None else self.known.bytes,
            seconds=time.perf_counter() - self.began,
        )


def _checked(session: Session, found: Found, source: str | BinaryFile) -> CheckedArchive:
    try:
        return session.check(source, name=found.name)
    except UnreadableError as error:
        return CheckedArchive(path=error.path, error=error.reason)


def _known_layers(job: Job, prepared: _Prepared, found: Found) -> KnownLayers | None:
    if job.registry is None:
        return None
    session = Session(prepared.settings, plugins=prepared.plugins).for_archive(found.name)
    name = registry_name(session.plan(), session.settings.limits)
    return KnownLayers(_registry(f"{job.registry.rstrip('/')}/{name}"), job.share_from)


def _change(found: Found) -> str | None:
    """What is different of an object after it was read; None if nothing is."""
    try:
        now = found_again(found)
    except UnreadableError as error:
        return error.reason
    if now.identity == found.identity:
        return None
    if now.size != found.size:
        return f"it changed while it was read: from {found.size} to {now.size} bytes"
    return "it changed while it was read"


def changed_or_gone(check: Check, change: str, cost: Cost) -> Judged:
    """An object that is not what it was when the sweep found it."""
    return not_judged(check, State.CHANGED, f"{change}; sweep again", cost)


def list_layers(job: Job, found: Found) -> tuple[Member, ...]:
    """The layers of a large archive that are worth a task of their own.

    Args:
        job: What all tasks have in common.
        found: The archive.

    Raises:
        StoreError: The store does not answer; the same may work later.
    """
    prepared = _prepared(job)
    file = RangedObject(found, sizes=_sizes(job)).file
    if detect(file.read_at(0, MAGIC_SIZE)) is not CompressionKind.NONE:
        return ()
    walker = TarWalker(prepared.settings.limits, ContentPlan())
    entries = walk_by_seeking(walker, file.read_some, file.size).entries
    members = (
        Member(digest, path, *entries.content(position))
        for position, path in enumerate(entries.paths)
        if entries.kinds[position] == _REGULAR and position not in entries.sparse
        if (digest := claimed_digest(path)) is not None
    )
    return tuple(one for one in members if job.share_from <= one.size <= file.size - one.offset)


def judge_layer(job: Job, found: Found, member: Member) -> bool:
    """Read a layer of a large archive, so that the registry knows it; whether it does.

    Args:
        job: What all tasks have in common.
        found: The archive.
        member: The layer.

    Raises:
        StoreError: The store does not answer; the same may work later.
    """
    prepared = _prepared(job)
    known = _known_layers(job, prepared, found)
    if known is None:
        return False
    remote = RangedObject(found)
    task = _task(found, member, remote.file)
    if known.find(task) is not None:
        return True
    session = Session(prepared.settings, plugins=prepared.plugins).for_archive(found.name)
    limits = session.settings.limits
    records = Records(limits.records)
    blob = read_blob(task, session.plan(), limits, records)
    if remote.failure is not None:
        raise remote.failure
    if not records.is_whole:
        return False
    known.add(task, blob)
    return True


def _task(found: Found, member: Member, file: RangedFile) -> Task:
    offset, size = member.offset, member.size
    read: Callable[[int, int], bytes] = lambda start, count: file.read_at(  # noqa: E731
        offset + start, min(count, size - start)
    )
    return Task(
        location=Location(archive=found.name, member=member.path, offset=offset),
        position=0,
        path=member.path,
        size=size,
        is_document=False,
        chunks=lambda: file.stream(offset, size),
        seekable=lambda: Seekable(size, read, is_costly=True),
    )


def why(error: BaseException) -> str:
    """Why a task failed, in one line."""
    if isinstance(error, CheckerError | StoreError):
        return reason_of(error)
    return " ".join(f"{type(error).__name__}: {error}".split())
