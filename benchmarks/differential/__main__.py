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

from benchmarks.differential.cases import case_samples, rule_cases, sound_samples
from benchmarks.differential.comparing import Comparison, compare
from benchmarks.differential.engines import Installed, installed_engines, without_profile
from benchmarks.differential.making import Sample, make_sample
from benchmarks.differential.recording import (
    BASES,
    Record,
    Word,
    fingerprint_of,
    key_of,
    letters,
    recorded_words,
    write_record,
)
from benchmarks.engines.host import Host, running_host
from benchmarks.engines.overlay import overlay_place, overlay_to_skip
from benchmarks.engines.programs import MissingEngineError, named_engines, reason_to_skip
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
        recorded: The results by archive; None if they are not recorded.
    """

    engines: list[Installed]
    keep: Path
    shows_messages: bool
    scores: dict[str, Score] = field(default_factory=dict)
    recorded: dict[str, Word] | None = None

    def take(self, sample: Sample, host: Host) -> None:
        """Load an archive with the engines; show and keep it if something disagrees."""
        path = host.folder / "archive.tar"
        path.write_bytes(sample.data)
        shown = []
        comparisons = list(compare(sample, path, self.engines, host))
        if self.recorded is not None:
            measured = letters(one.real.outcome for one in comparisons)
            self.recorded[key_of(sample.seed)] = Word(
                str(sample.table["base"]),
                measured,
                foretold(path, self.without_engine),
                fingerprint_of(sample.table),
            )
        for comparison in comparisons:
            self.scores.setdefault(comparison.title, Score()).count(comparison)
            in_words = self.shows_messages and _differs_in_words(comparison)
            if in_words or not comparison.is_outcome_same:
                shown.append(comparison)
        if shown:
            show(sample, shown, self._kept(sample))

    def renew(self, sample: Sample, folder: Path) -> bool:
        """Predict the verdicts on an archive again whose results a continued record has.

        Returns:
            Whether it has them: not if the case was changed.
        """
        # Random archives, which are not recorded, have no key.
        if self.recorded is None:
            return False
        word = self.recorded.get(key_of(sample.seed))
        if word is None:
            return False
        if word.fingerprint != fingerprint_of(sample.table):
            return False
        path = folder / "archive.tar"
        path.write_bytes(sample.data)
        words = foretold(path, self.without_engine)
        self.recorded[key_of(sample.seed)] = word._replace(foretold=words)
        return True

    @property
    def without_engine(self) -> tuple[Engine, ...]:
        """The profiles that read archives and are not those of the engines."""
        tried = {engine.title for engine in self.engines}
        return tuple(
            judge
            for judge in load_plugins().engines
            if f"{judge.name} {judge.action}" not in tried and not judge.only_directories
        )

    def record(self, versions: Mapping[str, str]) -> Record:
        """The results of the fail cases of rules, by rule and name."""
        cases: dict[str, dict[str, Word]] = {}
        for key, word in (self.recorded or {}).items():
            rule, name = key.split(":", 1)
            cases.setdefault(rule, {})[name] = word
        titles = tuple(f"{judge.name} {judge.action}" for judge in self.without_engine)
        return Record(versions, titles, cases)

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


def _differs_in_words(comparison: Comparison) -> bool:
    is_refused = comparison.real.outcome is VerdictOutcome.REJECTS
    return is_refused and not comparison.is_message_same


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
        help="with --cases: write the outcomes to a file; a case that it has is not tried again "
        "unless it was changed",
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
        "--keep", type=Path, default=_KEEP, help="directory for archives with differences"
    )
    return parser.parse_args()


def _still_cases(recorded: Mapping[str, Word]) -> dict[str, Word]:
    """What is recorded of cases that still exist."""
    exist = {key_of(case.id) for case in rule_cases().archives}
    kept = (key for key in recorded if key in exist or key.startswith(f"{BASES}:"))
    return {key: recorded[key] for key in kept}


class _StoppedError(Exception):
    """The run was asked to end."""


def _stop(number: int, frame: object) -> None:
    del frame
    raise _StoppedError(number)


def _place(storage: Storage, folder: Path) -> contextlib.AbstractContextManager[Path]:
    """A directory in which the engines can keep layers in this way."""
    return overlay_place(folder) if storage is Storage.OVERLAY else contextlib.nullcontext(folder)


def main() -> int:
    """Run the comparison; 1 if an outcome differs without a known reason."""
    options = _options()
    # The figures so far are shown, and the host is removed.
    signal.signal(signal.SIGTERM, _stop)
    try:
        named = named_engines(os.environ)
    except MissingEngineError as error:
        print(error)
        return 2
    temporary = Path(tempfile.gettempdir())
    reason = reason_to_skip()
    if reason is None and options.storage is Storage.OVERLAY:
        reason = overlay_to_skip(temporary)
    if reason is not None:
        print(reason)
        return 2
    for release in without_profile(named):
        print(f"not tried, since no profile is for it: {release}")
    run = Run(installed_engines(options.engine, named), options.keep, options.messages)
    if options.cases and options.record is not None:
        run.recorded = _still_cases(recorded_words(options.record))
    # A name that podman accepts as an image name, which temporary names are not always.
    name = f"differential{os.getpid()}"
    with (
        _place(options.storage, temporary) as place,
        running_host(place / name, walled=True, storage=options.storage, named=named) as host,
    ):
        versions = {engine.title: host.must(*engine.version) for engine in run.engines}
        with suppress(_StoppedError):
            for sample in samples(options):
                if run.renew(sample, host.folder):
                    continue
                run.take(sample, host)
                if run.recorded is not None:
                    write_record(run.record(versions), options.record)
        if run.recorded is not None:
            write_record(run.record(versions), options.record)
    show_scores(run, versions)
    print(f"unexplained: {run.unexplained}")
    return int(run.unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
