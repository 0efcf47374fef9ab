"""Compares verdicts with installed engines on random archives: ``make differential``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.differential.comparing import Comparison, compare
from benchmarks.differential.engines import Installed, installed_engines
from benchmarks.differential.making import Sample, make_sample
from benchmarks.engines.host import Host, running_host
from benchmarks.engines.overlay import overlay_place, overlay_to_skip
from benchmarks.engines.programs import reason_to_skip, release_to_skip
from checker.verdicts import Storage, VerdictOutcome

_KEEP = Path(__file__).parents[2] / "build" / "differential"


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
    """

    engines: list[Installed]
    keep: Path
    shows_messages: bool
    scores: dict[str, Score] = field(default_factory=dict)

    def take(self, sample: Sample, host: Host) -> None:
        """Load an archive with the engines; show and keep it if something disagrees."""
        path = host.folder / "archive.tar"
        path.write_bytes(sample.data)
        shown = []
        for comparison in compare(sample, path, self.engines, host):
            self.scores.setdefault(comparison.title, Score()).count(comparison)
            in_words = self.shows_messages and _differs_in_words(comparison)
            if in_words or not comparison.is_outcome_same:
                shown.append(comparison)
        if shown:
            show(sample, shown, self._kept(sample))

    def _kept(self, sample: Sample) -> Path:
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"{sample.seed.replace(':', '-')}.tar"
        path.write_bytes(sample.data)
        path.with_suffix(".json").write_text(json.dumps(sample.table, indent=1) + "\n", "utf-8")
        return path

    @property
    def unexplained(self) -> int:
        """The number of outcomes that differ without a known reason."""
        return sum(s.archives - s.outcomes - s.explained for s in self.scores.values())


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


def show_scores(run: Run, host: Host) -> None:
    """Print the figures of every engine, with its version."""
    width = max(map(len, run.scores), default=0)
    versions = {engine.title: host.must(*engine.version) for engine in run.engines}
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
    for number in range(options.start, options.start + options.count):
        if time.monotonic() > end:
            print(f"stopped at archive {number} after {options.seconds:.0f} seconds")
            return
        yield make_sample(f"{options.seed}:{number}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make differential", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="number of archives")
    parser.add_argument("--seed", type=int, default=1, help="seed of the run")
    parser.add_argument("--start", type=int, default=0, help="number of the first archive")
    parser.add_argument("--seconds", type=float, default=3600, help="time limit in seconds")
    parser.add_argument("--replay", metavar="SEED:NUMBER", help="test only this archive")
    parser.add_argument(
        "--engine", default="*", help="pattern of 'profile action', such as docker*"
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


def _leave(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def _place(storage: Storage, folder: Path) -> contextlib.AbstractContextManager[Path]:
    """A directory in which the engines can keep layers in this way."""
    return overlay_place(folder) if storage is Storage.OVERLAY else contextlib.nullcontext(folder)


def main() -> int:
    """Run the comparison; 1 if an outcome differs without a known reason."""
    options = _options()
    # The host is removed at the end in any case.
    signal.signal(signal.SIGTERM, _leave)
    temporary = Path(tempfile.gettempdir())
    reason = reason_to_skip() or release_to_skip()
    if reason is None and options.storage is Storage.OVERLAY:
        reason = overlay_to_skip(temporary)
    if reason is not None:
        print(reason)
        return 2
    run = Run(installed_engines(options.engine), options.keep, options.messages)
    # A name that podman accepts as an image name, which temporary names are not always.
    name = f"differential{os.getpid()}"
    with (
        _place(options.storage, temporary) as place,
        running_host(place / name, walled=True, storage=options.storage) as host,
    ):
        for sample in samples(options):
            run.take(sample, host)
        show_scores(run, host)
    print(f"unexplained: {run.unexplained}")
    return int(run.unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())
