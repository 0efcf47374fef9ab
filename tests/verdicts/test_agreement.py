"""The comparison with real engines counts what agrees, and shows both sides of what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.agreement import Score, measure
from benchmarks.masking import masked
from checker.plugins import load_plugins
from checker.session import Session
from checker.testing.archive import sample
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome

REFUSED = {"accepts": False, "message": "open <tmp>/1: no such file or directory"}
TAKEN = {"accepts": True, "message": ""}
BROKEN = {"accepts": False, "message": "Error unpacking image", "unpack_failed": True}


def corpus(folder: Path, truth: dict[str, object]) -> Path:
    folder.joinpath("archives").mkdir()
    folder.joinpath("archives", "a.tar").write_bytes(sample())
    cases = {"a": {"file": "a.tar", "verdicts": {"mine-1 load": truth}}}
    truth_file = folder / "truth.json"
    truth_file.write_text(json.dumps({"cases": cases}), "utf-8")
    return truth_file


def engine(outcome: VerdictOutcome, message: str | None = None) -> Engine:
    def judge(question: Question) -> Verdict:
        del question
        return Verdict("mine-1", "load", outcome, "for a reason", message)

    return Engine("mine-1", "load", judge)


def session(engine: Engine) -> Session:
    return Session(plugins=load_plugins()._replace(engines=(engine,)))


@pytest.mark.parametrize(
    ("truth", "outcome", "message", "figures"),
    [
        (TAKEN, VerdictOutcome.ACCEPTS, None, (1, 0, 0)),
        (TAKEN, VerdictOutcome.ACCEPTS_BROKEN, None, (1, 0, 0)),
        (TAKEN, VerdictOutcome.REJECTS, "no", (0, 0, 0)),
        (BROKEN, VerdictOutcome.ACCEPTS_BROKEN, None, (1, 0, 0)),
        (BROKEN, VerdictOutcome.ACCEPTS, None, (0, 0, 0)),
        (REFUSED, VerdictOutcome.ACCEPTS_BROKEN, None, (0, 0, 0)),
        (REFUSED, VerdictOutcome.REJECTS, "open <tmp>/2: no such file or directory", (1, 1, 1)),
        (REFUSED, VerdictOutcome.REJECTS, "something else", (1, 1, 0)),
    ],
)
def test_figures(
    truth: dict[str, object],
    outcome: VerdictOutcome,
    message: str | None,
    figures: tuple[int, int, int],
    tmp_path: Path,
) -> None:
    scores = measure(corpus(tmp_path, truth), session(engine(outcome, message)), "*")
    score = scores["mine-1 load"]
    assert (score.outcomes, score.refusals, score.messages) == figures
    assert bool(score.misses) == (score.outcomes < 1 or score.messages < score.refusals)


def test_a_corpus_is_judged_by_bare_names(tmp_path: Path) -> None:
    asked = []

    def judge(question: Question) -> Verdict:
        asked.append(question.quoted_path)
        return Verdict("mine-1", "load", VerdictOutcome.ACCEPTS, "for a reason", None)

    measure(corpus(tmp_path, TAKEN), session(Engine("mine-1", "load", judge)), "*")
    assert asked == ["a.tar"]


@pytest.mark.parametrize(
    ("score", "is_good"),
    [
        (Score(), True),
        (Score(cases=30, outcomes=30, refusals=20, messages=19), True),
        (Score(cases=30, outcomes=30, refusals=20, messages=18), False),
        (Score(cases=30, outcomes=29, refusals=20, messages=20), False),
    ],
)
def test_what_is_good_enough(score: Score, *, is_good: bool) -> None:
    assert score.is_good is is_good


def test_messages_are_compared_without_what_chance_made() -> None:
    one = (
        f'open /var/lib/docker/tmp/docker-import-12/{"a" * 64}/json: got 12 of "sha256:{"b" * 64}"'
    )
    two = f'open <tmp>: got 7 of "sha256:{"c" * 64}"'
    assert masked(one) == masked(two)
    assert masked(one) != masked(one.replace("json", "json is missing"))
