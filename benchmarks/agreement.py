"""Compares verdicts with recorded results of real engines: ``make agreement CORPUS=DIR``.

A corpus is a directory with the archives that ``truth.json`` lists. For each case, engine and
action it has the exit status of the engine and the last line that it printed, on the storage driver
vfs; ``truth-overlay.json`` has the same on an overlay.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Measured, add_figures
from benchmarks.masking import masked
from checker.plugins import load_plugins
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import Settings
from checker.verdicts import Engine, Host, Storage, Verdict, VerdictOutcome

_RECORDED = 700
"""Characters of a message that are recorded."""
_LONGEST_MASKED = 130
"""Characters that may belong to something masked, which an end of a recording cuts."""
_TRUTHS: Mapping[Storage, str] = {
    Storage.VFS: "truth.json",
    Storage.OVERLAY: "truth-overlay.json",
}
_BESIDE = Path(__file__).parents[2] / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class Miss:
    """One difference: the case, what is compared, and both sides."""

    case: str
    what: str
    real: str
    predicted: str


@dataclass(slots=True)
class Score:
    """The figures of one engine and action."""

    cases: int = 0
    outcomes: int = 0
    refusals: int = 0
    messages: int = 0
    misses: list[Miss] = field(default_factory=list)

    @property
    def figure(self) -> Figure:
        """The numbers, as they are recorded."""
        return Figure(self.cases, self.outcomes, self.refusals, self.messages)

    @property
    def is_good(self) -> bool:
        """Whether every outcome agrees, and nineteen of twenty messages of refusals."""
        return self.figure.is_good

    def count(self, case: str, truth: Mapping[str, Any], verdict: Verdict) -> None:
        """Compare a verdict with the recorded result of one case."""
        real, predicted = _outcome(truth), str(verdict.outcome)
        self.cases += 1
        if not _agree(real, verdict.outcome):
            said = f"{predicted}: {verdict.message or verdict.reason}"
            self.misses.append(Miss(case, "outcome", f"{real}: {truth['message']}", said))
            return
        self.outcomes += 1
        if real == VerdictOutcome.REJECTS:
            self._count_message(case, str(truth["message"]), verdict.message or "")

    def _count_message(self, case: str, real: str, predicted: str) -> None:
        self.refusals += 1
        if masked(real) == masked(predicted) or _agrees_so_far(real, predicted):
            self.messages += 1
        else:
            self.misses.append(Miss(case, "message", real, predicted))


def _agrees_so_far(real: str, predicted: str) -> bool:
    """Whether a message agrees with one of which only the beginning or end was recorded."""
    if len(real) < _RECORDED:
        return False
    whole = masked(predicted)
    is_start = whole.startswith(masked(real[: _RECORDED - _LONGEST_MASKED]))
    return is_start or whole.endswith(masked(real[_LONGEST_MASKED:]))


def figures_of(scores: Mapping[str, Score]) -> dict[str, Figure]:
    """The numbers of scores, as they are recorded."""
    return {title: score.figure for title, score in scores.items()}


def _outcome(truth: Mapping[str, Any]) -> str:
    if truth["accepts"]:
        return VerdictOutcome.ACCEPTS
    return VerdictOutcome.ACCEPTS_BROKEN if truth.get("unpack_failed") else VerdictOutcome.REJECTS


def _agree(real: str, predicted: VerdictOutcome) -> bool:
    """Whether exit status and, if recorded, unpacking agree.

    An engine that silently exits 0 may still have created an unusable image, which only the
    verdict shows.
    """
    if real == VerdictOutcome.ACCEPTS:
        return predicted is not VerdictOutcome.REJECTS
    return real == predicted


def _session(pattern: str, storage: Storage) -> Session:
    """A session that asks the engines whose ``profile action`` fits a pattern."""
    plugins = load_plugins()
    wanted = (each for each in plugins.engines if fnmatchcase(_title(each), pattern))
    engines = tuple(sorted(wanted, key=_title))
    settings = Settings(host=Host(storage=storage))
    return Session(settings, plugins=plugins._replace(engines=engines), whole_digest=True)


def _title(one: Engine | Verdict) -> str:
    return f"{one.name if isinstance(one, Engine) else one.engine} {one.action}"


def recorded(truth_file: Path, scores: Mapping[str, Score]) -> Measured:
    """The figures of a run over a whole corpus, with the releases that the corpus names."""
    truth = json.loads(truth_file.read_text("utf-8"))
    names = {title.partition(" ")[0] for title in scores}
    releases = {name: said for name, said in truth["engines"].items() if name in names}
    return Measured(len(truth["cases"]), releases, figures_of(scores))


def measure(truth_file: Path, session: Session, case_pattern: str) -> dict[str, Score]:
    """Compare every engine with every case of a corpus."""
    truth = json.loads(truth_file.read_text("utf-8"))
    cases = [item for item in truth["cases"].items() if fnmatchcase(item[0], case_pattern)]
    scores = {_title(engine): Score() for engine in session.engines.engines}
    # By bare names: podman 4 names an image by the path that it is given, so that verdicts by
    # another path, such as ../corpus/archives/x.tar, are others than the recorded ones.
    with contextlib.chdir(truth_file.parent / "archives"):
        for name, case in cases:
            _count_case(scores, name, case, session.classify(Path(case["file"])))
    return {title: score for title, score in scores.items() if score.cases}


def _count_case(
    scores: Mapping[str, Score], name: str, case: Mapping[str, Any], classified: CheckedArchive
) -> None:
    if classified.crashes:
        raise RuntimeError(f"{name}: {classified.crashes[0]}")
    for verdict in classified.verdicts:
        if _title(verdict) in case["verdicts"]:
            scores[_title(verdict)].count(name, case["verdicts"][_title(verdict)], verdict)


def show(scores: Mapping[str, Score], *, misses: bool) -> None:
    """Print the figures, and every difference with both sides."""
    width = max(map(len, scores), default=0)
    for title, score in scores.items():
        print(
            f"{title:{width}}  outcome {score.outcomes}/{score.cases}"
            f"  message {score.messages}/{score.refusals}",
        )
    for title, score in scores.items():
        for miss in score.misses if misses else ():
            print(f"\n{title}: {miss.what} of {miss.case}")
            print(f"  real:      {miss.real!r}\n  predicted: {miss.predicted!r}")


def main() -> int:
    """Run the comparison; 1 if an outcome differs, or more than one message in twenty."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("CORPUS") or str(_BESIDE)
    parser.add_argument("corpus", nargs="?", type=Path, default=Path(default))
    parser.add_argument(
        "--engine", default="*", help="pattern of 'profile action', such as docker*"
    )
    parser.add_argument("--case", default="*", help="pattern of cases")
    parser.add_argument(
        "--misses", action="store_true", help="show each difference with both sides"
    )
    parser.add_argument(
        "--storage", type=Storage, choices=list(Storage), default=Storage.VFS, help="driver"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="FILE", help="write the figures to a file, all cases only"
    )
    options = parser.parse_args()
    if options.figures is not None and options.case != "*":
        parser.error("--figures are of all cases: leave out --case")
    truth_file = options.corpus / _TRUTHS[options.storage]
    if not truth_file.is_file():
        print(f"{truth_file} not found; usage: make agreement CORPUS=DIR [STORAGE=overlay|vfs]")
        return 2
    pattern = options.engine if any(c in options.engine for c in "*?[ ") else f"{options.engine}*"
    scores = measure(truth_file, _session(pattern, options.storage), options.case)
    show(scores, misses=options.misses)
    if options.figures is not None:
        corpus = options.corpus.resolve().name
        add_figures(options.figures, options.storage, corpus, recorded(truth_file, scores))
    return int(not all(score.is_good for score in scores.values()))


if __name__ == "__main__":
    sys.exit(main())
