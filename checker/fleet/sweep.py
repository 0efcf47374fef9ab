"""The sweep: finds objects, has those that changed checked, and writes the results in batches."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Sequence

from checker.fleet.dataset import Dataset, Known, is_unchanged
from checker.fleet.found import Found
from checker.fleet.job import Job
from checker.fleet.records import Check, Judged, not_judged
from checker.fleet.registry import Member
from checker.fleet.schema import State
from checker.fleet.stores import Unlisted, find_archives
from checker.fleet.tasks import judge_archive, judge_layer, list_layers, why
from checker.fleet.workers import Done, Workers
from checker.records import NamedTuple

_BATCH = 500
_BATCH_SECONDS = 60.0


class Progress(NamedTuple):
    """How far a sweep has come.

    Attributes:
        found: Objects that were found.
        unchanged: Those that were not read again.
        unchanged_failing: Those of them that do not pass.
        checked: Those that were checked.
        failing: Those of them that do not pass.
        unread: Objects that could not be checked completely.
        gone: Objects of earlier sweeps that are not there any more.
        shared_layers: Layers that were not read, as they were known.
        shared_bytes: Bytes of these.
        requests: Requests for ranges.
        fetched: Bytes that they fetched.
        bytes: Bytes of the objects that were checked.
    """

    found: int = 0
    unchanged: int = 0
    unchanged_failing: int = 0
    checked: int = 0
    failing: int = 0
    unread: int = 0
    gone: int = 0
    shared_layers: int = 0
    shared_bytes: int = 0
    requests: int = 0
    fetched: int = 0
    bytes: int = 0

    def with_found(self, known: Known | None) -> Progress:
        """The same with one more object that was found, of which this may be known."""
        is_failing = known is not None and not known.passes
        return self._replace(
            found=self.found + 1,
            unchanged=self.unchanged + (known is not None),
            unchanged_failing=self.unchanged_failing + is_failing,
        )

    def with_judged(self, judged: Judged) -> Progress:
        """The same with one more object."""
        cost = judged.cost
        is_whole = judged.state is State.CHECKED and judged.error is None
        return self._replace(
            checked=self.checked + is_whole,
            failing=self.failing + (is_whole and not judged.passes),
            unread=self.unread + (not is_whole),
            shared_layers=self.shared_layers + cost.shared_layers,
            shared_bytes=self.shared_bytes + cost.shared_bytes,
            requests=self.requests + cost.requests,
            fetched=self.fetched + cost.fetched,
            bytes=self.bytes + judged.found.size,
        )


class Plan(NamedTuple):
    """What a sweep is to do.

    Attributes:
        sources: Where archives are: URLs, patterns, directories.
        job: What all tasks have in common.
        fingerprint: Of the checker, the plugins and the settings.
        split_from: Bytes of the smallest archive whose layers are judged by tasks of their own.
        is_complete: Whether objects are read even if they did not change.
    """

    sources: tuple[str, ...]
    job: Job
    fingerprint: str
    split_from: int
    is_complete: bool = False


class Swept(NamedTuple):
    """What a sweep has done.

    Attributes:
        run: Its name.
        progress: Numbers.
        unlisted: Directories that could not be listed.
        seconds: Time.
    """

    run: str
    progress: Progress
    unlisted: tuple[Unlisted, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 clean, 1 archives that do not pass, 3 objects that could not be checked."""
        reached = self.progress
        if self.unlisted or reached.unread or not (reached.found or reached.gone):
            return 3
        return 1 if reached.failing or reached.unchanged_failing else 0


Watch = Callable[[Progress], None]
Tell = Callable[[Judged], None]


def run_name() -> str:
    """A name for a sweep that begins now; names are in the order of time."""
    now = dt.datetime.now(tz=dt.UTC)
    return f"{now:%Y%m%dT%H%M%S%f}-{os.urandom(2).hex()}"


class Sweep:
    """One sweep.

    Args:
        plan: What is to be done.
        run: Its name.
        dataset: Where the results are.
        workers: Who does it.
        tell: Is told of each object that does not pass.
        watch: Is told of the progress.
    """

    def __init__(
        self,
        plan: Plan,
        run: str,
        dataset: Dataset,
        workers: Workers,
        *,
        tell: Tell,
        watch: Watch,
    ) -> None:
        self._plan = plan
        self._run = run
        self._workers = workers
        self._tell = tell
        self._watch = watch
        self._writer = _Writer(dataset, run)
        self._known = dataset.known()
        self._seen: set[bytes] = set()
        self._unlisted: list[Unlisted] = []
        self._progress = Progress()
        self._splitting = _Splitting(plan.job, workers)
        self._dataset = dataset
        self._number = 0

    def run(self) -> Swept:
        """Sweep.

        Raises:
            ResultsError: The results cannot be written.
            SettingsError: A SOURCE has no known protocol.
        """
        began = time.perf_counter()
        try:
            for found in self._to_check():
                while self._workers.room <= 0:
                    self._take()
                self._begin(found)
            while self._workers.pending:
                self._take()
        finally:
            # Also what is done when the sweep is interrupted need not be done again.
            self._writer.flush()
        self._note_gone()
        self._writer.flush()
        swept = Swept(self._run, self._progress, tuple(self._unlisted), time.perf_counter() - began)
        self._dataset.write_run(self._run, summary_of(swept, self._plan))
        return swept

    def _to_check(self) -> Iterator[Found]:
        for source in self._plan.sources:
            for found in find_archives(source):
                if isinstance(found, Unlisted):
                    self._unlisted.append(found)
                elif found.key not in self._seen:
                    self._seen.add(found.key)
                    known = self._unchanged(found)
                    self._progress = self._progress.with_found(known)
                    self._watch(self._progress)
                    if known is None:
                        yield found

    def _unchanged(self, found: Found) -> Known | None:
        """What is known of an object that need not be read again; None if it must be."""
        known = self._known.get(found.key)
        if known is None or self._plan.is_complete:
            return None
        return known if is_unchanged(known, found, self._plan.fingerprint) else None

    def _begin(self, found: Found) -> None:
        check = self._check(found)
        if found.size >= self._plan.split_from and self._plan.job.registry is not None:
            self._splitting.begin(check)
        else:
            self._workers.submit(check, judge_archive, self._plan.job, check)

    def _check(self, found: Found) -> Check:
        self._number += 1
        return Check(f"{self._run}-{self._number}", found, self._plan.fingerprint)

    def _take(self) -> None:
        done = self._workers.next_done()
        if not isinstance(done.key, Check):
            self._splitting.go_on(done)
            return
        if isinstance(done.result, Judged):
            judged = done.result
        else:
            reason = why(done.error) if done.error is not None else "it gave no result"
            judged = not_judged(done.key, State.FAILED, reason)
        self._note(judged)

    def _note(self, judged: Judged) -> None:
        self._progress = self._progress.with_judged(judged)
        self._writer.add(judged)
        if not judged.passes:
            self._tell(judged)
        self._watch(self._progress)

    def _note_gone(self) -> None:
        """Note the objects of earlier sweeps of these sources that are not there any more."""
        if self._unlisted:
            return  # they may be there
        for key, known in self._known.items():
            if key not in self._seen and _is_gone(known, self._plan.sources):
                found = Found(known.name, known.source, 0, None, None)
                self._writer.add(not_judged(self._check(found), State.GONE, "it was removed"))
                self._progress = self._progress._replace(gone=self._progress.gone + 1)


def _is_gone(known: Known, sources: Sequence[str]) -> bool:
    return known.source in sources and known.state != State.GONE


def summary_of(swept: Swept, plan: Plan) -> dict[str, object]:
    """What a sweep has done, for programs."""
    return {
        "run": swept.run,
        "sources": list(plan.sources),
        "fingerprint": plan.fingerprint,
        "seconds": round(swept.seconds, 3),
        "exit_code": swept.exit_code,
        "unlisted": [each._asdict() for each in swept.unlisted],
        **swept.progress._asdict(),
    }


class _Writer:
    """Writes checks in batches: of some number, or after some time."""

    def __init__(self, dataset: Dataset, run: str) -> None:
        self._dataset = dataset
        self._run = run
        self._batch: list[Judged] = []
        self._number = 0
        self._since = time.monotonic()

    def add(self, judged: Judged) -> None:
        self._batch.append(judged)
        is_late = time.monotonic() - self._since > _BATCH_SECONDS
        if len(self._batch) >= _BATCH or is_late:
            self.flush()

    def flush(self) -> None:
        if self._batch:
            batch, self._batch = self._batch, []
            self._number += 1
            self._dataset.write(self._run, self._number, batch)
        self._since = time.monotonic()


class _Listing(NamedTuple):
    """The task that lists the layers of an archive."""

    check: Check


class _Layer(NamedTuple):
    """The task that judges a layer."""

    digest: str


class _Splitting:
    """Large archives: their layers are judged by tasks of their own, each layer once, then they."""

    def __init__(self, job: Job, workers: Workers) -> None:
        self._job = job
        self._workers = workers
        self._judged: set[str] = set()
        # The archives that wait for a layer, and how many layers each of them waits for.
        self._waiting: dict[str, list[Check]] = {}
        self._missing: dict[str, int] = {}

    def begin(self, check: Check) -> None:
        """Have the layers of an archive listed."""
        self._workers.submit(_Listing(check), list_layers, self._job, check.found)

    def go_on(self, done: Done) -> None:
        """Do what comes after a task; one that failed is made up for when its archive is read."""
        if isinstance(done.key, _Listing):
            self._split(done.key.check, done.result or ())
        elif isinstance(done.key, _Layer):
            self._judged.add(done.key.digest)
            for check in self._waiting.pop(done.key.digest, ()):
                self._missing[check.id] -= 1
                self._judge_if_ready(check)

    def _split(self, check: Check, members: Sequence[Member]) -> None:
        wanted = {one.digest: one for one in members if one.digest not in self._judged}
        self._missing[check.id] = len(wanted)
        for digest, member in wanted.items():
            if digest not in self._waiting:
                self._waiting[digest] = []
                self._workers.submit(_Layer(digest), judge_layer, self._job, check.found, member)
            self._waiting[digest].append(check)
        self._judge_if_ready(check)

    def _judge_if_ready(self, check: Check) -> None:
        if self._missing[check.id] == 0:
            del self._missing[check.id]
            self._workers.submit(check, judge_archive, self._job, check)
