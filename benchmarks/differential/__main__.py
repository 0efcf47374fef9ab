"""Compares verdicts with installed engines on random archives: ``make differential``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from benchmarks.differential.cases import case_samples, sound_samples
from benchmarks.differential.comparing import Comparison, compare
from benchmarks.differential.engines import Installed, installed_engines, without_profile
from benchmarks.differential.making import Sample, make_sample
from benchmarks.differential.readers import reader_engines
from benchmarks.differential.recording import (
    Recording,
    continued,
    key_of,
    letters,
    write_record,
)
from benchmarks.differential.rootless import rootless_engines, rootless_to_skip
from benchmarks.differential.rules import rule_cases
from benchmarks.engines.host import Host, running_host
from benchmarks.engines.overlay import overlay_place, overlay_to_skip
from benchmarks.engines.programs import MissingEngineError, named_engines, reason_to_skip
from benchmarks.readers.tools import Tool, installed_tools, running_bench
from checker.plugins import load_plugins
from checker.session import Session
from checker.settings import Settings
from checker.verdicts import Engine, Storage, VerdictOutcome
from checker.verdicts import Host as CheckedHost

_KEEP = Path(__file__).parents[2] / "build" / "differential"
_COUNT = 100


@dataclass(slots=True)
class Score:
    """The figures of one engine and action."""

    archives: int = 0
    outcomes: int = 0
    explained: int = 0
    refusals: int = 0
    messages: int = 0

    def count(self, comparison: Comparison) -> None:
        """Count one archive."""
        self.archives += 1
        self.explained += comparison.explained is not None
        if not comparison.is_outcome_same:
            return
        self.outcomes += 1
        if comparison.real.outcome is VerdictOutcome.REJECTS:
            self.refusals += 1
            self.messages += comparison.is_message_same


@dataclass(slots=True)
class Run:
    """A run over some archives.

    Attributes:
        engines: The engines.
        keep: Directory for archives on which they disagree with the profiles.
        shows_messages: Whether different messages for the same refusal are shown as well.
        scores: The figures by the engine's title.
        recording: The record that the run continues; None if nothing is recorded.
        checked: The host of the verdicts, if it is more than a kind of storage.
    """

    engines: list[Installed]
    keep: Path
    shows_messages: bool
    scores: dict[str, Score] = field(default_factory=dict)
    recording: Recording | None = None
    checked: CheckedHost | None = None

    def take(self, sample: Sample, host: Host) -> None:
        """Load an archive with the engines; show and keep it if something disagrees.

        An engine of which the record has the result is not tried again.
        """
        path = host.folder / "archive.tar"
        path.write_bytes(sample.data)
        comparisons = list(compare(sample, path, self._to_try(sample), host, self.checked))
        if self.recording is not None:
            self._record(self.recording, sample, path, comparisons, host.docker.storage)
        shown = []
        for comparison in comparisons:
            self.scores.setdefault(comparison.title, Score()).count(comparison)
            in_words = self.shows_messages and comparison.differs_in_words
            if in_words or not comparison.is_outcome_same:
                shown.append(comparison)
        if shown:
            show(sample, shown, self._kept(sample))

    def _to_try(self, sample: Sample) -> list[Installed]:
        if self.recording is None:
            return self.engines
        titles = (engine.title for engine in self.engines)
        untried = self.recording.untried(key_of(sample.seed), sample.table, titles)
        return [engine for engine in self.engines if engine.title in untried]

    def _record(
        self,
        recording: Recording,
        sample: Sample,
        path: Path,
        comparisons: Iterable[Comparison],
        storage: Storage,
    ) -> None:
        measured = {one.title: letters((one.real.outcome,)) for one in comparisons}
        words = foretold(path, self.without_engine, storage)
        recording.add(key_of(sample.seed), sample.table, measured, words)

    @property
    def without_engine(self) -> tuple[Engine, ...]:
        """The profiles that read archives and are not those of engines that were tried."""
        tried = {engine.title for engine in self.engines}
        if self.recording is not None:
            tried |= self.recording.engines.keys()
        return tuple(
            judge
            for judge in load_plugins().engines
            if f"{judge.name} {judge.action}" not in tried and not judge.only_directories
        )

    def write(self, path: Path) -> None:
        """Write what is recorded so far, if anything is."""
        if self.recording is not None:
            titles = tuple(f"{judge.name} {judge.action}" for judge in self.without_engine)
            write_record(self.recording.record(titles), path)

    def _kept(self, sample: Sample) -> Path:
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"{re.sub('[^A-Za-z0-9]+', '-', sample.seed)}.tar"
        path.write_bytes(sample.data)
        path.with_suffix(".json").write_text(json.dumps(sample.table, indent=1) + "\n", "utf-8")
        return path

    @property
    def unexplained(self) -> int:
        """The number of outcomes that differ without a known reason."""
        return sum(s.archives - s.outcomes - s.explained for s in self.scores.values())


def foretold(path: Path, engines: tuple[Engine, ...], storage: Storage | None = None) -> str:
    """The outcomes that profiles predict for an archive, as letters.

    Args:
        path: The archive.
        engines: The profiles.
        storage: The storage driver; None for the one that each uses by default.
    """
    plugins = load_plugins()._replace(engines=engines)
    settings = Settings(host=CheckedHost(storage=storage))
    verdicts = Session(settings, plugins=plugins, whole_digest=True).classify(path).verdicts
    return letters(verdict.outcome for verdict in verdicts)


def show(sample: Sample, comparisons: Iterable[Comparison], kept: Path) -> None:
    """Print the faults of an archive, and both sides of each disagreement."""
    print(f"\n{sample.seed}  {sample.table['base']}, kept as {kept}")
    for fault in sample.faults:
        print(f"  fault     {fault}")
    for each in comparisons:
        what = "message" if each.is_outcome_same else "outcome"
        verdict = each.verdict
        print(f"  {each.title}: {what}" + (f", explained: {each.explained}" * bool(each.explained)))
        print(f"    real      {each.real.outcome}: {each.real.message!r}")
        print(f"    predicted {verdict.outcome}: {verdict.message or verdict.reason!r}")
    sys.stdout.flush()


def show_scores(run: Run, versions: Mapping[str, str]) -> None:
    """Print the figures of every engine, with its version."""
    width = max(map(len, run.scores), default=0)
    print()
    for title, score in run.scores.items():
        print(
            f"{title:{width}}  outcome {score.outcomes}/{score.archives}"
            f" ({score.explained} explained)  message {score.messages}/{score.refusals}"
            f"  [{versions[title]}]"
        )


def samples(options: argparse.Namespace) -> Iterator[Sample]:
    """The archives of a run, until their number or the time limit is reached."""
    if options.replay is not None:
        yield make_sample(options.replay)
        return
    end = time.monotonic() + options.seconds
    for number, sample in enumerate(_all_samples(options), options.start):
        if time.monotonic() > end:
            print(f"stopped at archive {number} after {options.seconds:.0f} seconds")
            return
        yield sample


def _all_samples(options: argparse.Namespace) -> Iterator[Sample]:
    if not options.cases:
        numbers = range(options.start, options.start + (options.count or _COUNT))
        return (make_sample(f"{options.seed}:{number}") for number in numbers)
    cases = rule_cases()
    print(f"{len(cases.archives)} fail cases, without {cases.directories} that are directories")
    end = None if options.count is None else options.start + options.count
    return chain(sound_samples(), case_samples(cases.archives[options.start : end]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make differential", description=__doc__)
    parser.add_argument("--count", type=int, help=f"number of archives (default: {_COUNT}, or all)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the run")
    parser.add_argument("--start", type=int, default=0, help="number of the first archive")
    parser.add_argument("--seconds", type=float, default=3600, help="time limit in seconds")
    parser.add_argument("--replay", metavar="SEED:NUMBER", help="test only this archive")
    parser.add_argument(
        "--engine", default="*", help="pattern of 'profile action', such as docker*"
    )
    parser.add_argument(
        "--cases", action="store_true", help="try the fail cases of all rules, not random archives"
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="with --cases: write the outcomes to a file; what it has is not tried again unless "
        "the case or the version of the engine was changed",
    )
    parser.add_argument("--messages", action="store_true", help="also show messages that differ")
    parser.add_argument(
        "--storage",
        type=Storage,
        choices=list(Storage),
        default=Storage.VFS,
        help="how the engines keep layers",
    )
    parser.add_argument(
        "--rootless",
        action="store_true",
        help="try podman in a user namespace, and skopeo as a user without one",
    )
    parser.add_argument(
        "--keep", type=Path, default=_KEEP, help="directory for archives with differences"
    )
    options = parser.parse_args()
    if options.record is not None and (options.rootless or not options.cases):
        parser.error("--record needs --cases, and engines with the privileges of root")
    return options


def _continued(path: Path) -> Recording:
    """A record without what it has of cases that do not exist any more."""
    return continued(path, frozenset(key_of(case.id) for case in rule_cases().archives))


class _StoppedError(Exception):
    """The run was asked to end."""


def _stop(number: int, frame: object) -> None:
    del frame
    raise _StoppedError(number)


def _place(storage: Storage, folder: Path) -> contextlib.AbstractContextManager[Path]:
    """A directory in which the engines can keep layers in this way."""
    return overlay_place(folder) if storage is Storage.OVERLAY else contextlib.nullcontext(folder)


def _run(options: argparse.Namespace, named: Mapping[str, Path]) -> Run:
    if options.rootless:
        checked = CheckedHost(storage=options.storage, rootless=True)
        engines = rootless_engines(options.engine)
        return Run(engines, options.keep, options.messages, checked=checked)
    engines = installed_engines(options.engine, named, options.storage)
    return Run(engines, options.keep, options.messages)


def _tools(options: argparse.Namespace) -> list[Tool]:
    """The tools to try: none on overlays, where they do the same again, nor without root."""
    is_tried = options.storage is Storage.VFS and not options.rootless
    return installed_tools(options.engine) if is_tried else []


@contextlib.contextmanager
def _running_readers(tools: list[Tool], folder: Path) -> Iterator[list[Installed]]:
    """Tools where they can run, below a directory."""
    if not tools:
        yield []
        return
    with running_bench(folder / "bench") as bench:
        yield reader_engines(tools, bench)


def main() -> int:
    """Run the comparison; 1 if an outcome differs without a known reason."""
    options = _options()
    # The figures so far are shown, and the host is removed.
    signal.signal(signal.SIGTERM, _stop)
    try:
        named = named_engines(os.environ)
        tools = _tools(options)
    except MissingEngineError as error:
        print(error)
        return 2
    temporary = Path(tempfile.gettempdir())
    reason = reason_to_skip()
    if reason is None and options.storage is Storage.OVERLAY:
        reason = overlay_to_skip(temporary)
    if reason is None and options.rootless:
        reason = rootless_to_skip()
    if reason is not None:
        print(reason)
        return 2
    for release in without_profile(named):
        print(f"not tried, since no profile is for it: {release}")
    run = _run(options, named)
    if options.record is not None:
        run.recording = _continued(options.record)
    # A name that podman accepts as an image name, which temporary names are not always.
    name = f"differential{os.getpid()}"
    with (
        _place(options.storage, temporary) as place,
        running_host(place / name, walled=True, storage=options.storage, named=named) as host,
        _running_readers(tools, host.folder) as readers,
    ):
        run.engines.extend(readers)
        versions = {engine.title: engine.said_version(host) for engine in run.engines}
        if run.recording is not None:
            run.recording.begin(versions)
        with suppress(_StoppedError):
            for sample in samples(options):
                run.take(sample, host)
                run.write(options.record)
    show_scores(run, versions)
    print(f"unexplained: {run.unexplained}")
    return int(run.unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
