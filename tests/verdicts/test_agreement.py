"""The comparison with real engines counts what agrees, and shows both sides of what does not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.agreement import Score, measure, recorded
from benchmarks.figures import (
    DRIVERS,
    TOOLS,
    Figure,
    Measured,
    add_figures,
    figures_tables,
    read_figures,
    releases_of,
    totals,
)
from benchmarks.masking import masked
from checker.catalogue import ListedProfile, listed_profiles
from checker.plugins import load_plugins
from checker.session import Session
from checker.testing.archive import sample
from checker.verdicts import Engine, EngineProfile, Evidence, Question, Verdict, VerdictOutcome

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


def test_figures_of_a_run_are_those_of_its_scores(tmp_path: Path) -> None:
    truth_file = corpus(tmp_path, REFUSED)
    truth = json.loads(truth_file.read_text("utf-8"))
    truth["engines"] = {"mine-1": "1.2", "other-1": "3"}
    truth_file.write_text(json.dumps(truth), "utf-8")
    scores = measure(truth_file, session(engine(VerdictOutcome.REJECTS, "no")), "*")
    assert recorded(truth_file, scores) == Measured(
        1, {"mine-1": "1.2"}, {"mine-1 load": Figure(1, 1, 1, 0)}
    )


def test_a_run_adds_to_the_figures_of_others(tmp_path: Path) -> None:
    path = tmp_path / "agreement.json"
    assert read_figures(path) == {}
    one = Measured(2, {"a-1": "1"}, {"a-1 load": Figure(2, 2, 1, 1)})
    two = Measured(2, {"b-1": "2"}, {"b-1 load": Figure(2, 1, 0, 0)})
    for corpus_name in ("first", "second"):
        add_figures(path, "vfs", corpus_name, one)
        add_figures(path, "vfs", corpus_name, two)
    add_figures(path, TOOLS, "first", one)
    figures = read_figures(path)
    assert list(figures) == ["vfs", TOOLS]
    assert totals(figures["vfs"]) == {
        "a-1 load": Figure(4, 4, 2, 2),
        "b-1 load": Figure(4, 2, 0, 0),
    }
    assert releases_of(figures["vfs"], "a-1") == "1"
    add_figures(path, "vfs", "first", one._replace(releases={"a-1": "1.1"}))
    assert releases_of(read_figures(path)["vfs"], "a-1") == "1.1; 1"
    table = list(figures_tables(figures))
    assert "| `a-1:load` | 1 | 4/4 | 2/2 |  |  |\n" in table
    assert "| `a-1:load` | 1 | 2 | 2/2 | 1/1 |\n" in table


FIGURES = read_figures()
RECORDED = [
    pytest.param(figure, id=f"{title} on {driver}")
    for driver in DRIVERS
    for title, figure in totals(FIGURES[driver]).items()
]
LISTED = listed_profiles(load_plugins().engines, load_plugins().readers())
WITH_FIGURES = {title.partition(" ")[0] for each in FIGURES.values() for title in totals(each)}
MEASURED = [
    one.profile
    for one in LISTED
    if one.profile is not None
    and one.profile.evidence is Evidence.MEASURED
    and (not one.is_reader or one.name in WITH_FIGURES)
]


@pytest.mark.parametrize("figure", RECORDED)
def test_recorded_figures_are_good(figure: Figure) -> None:
    assert figure.cases
    assert figure.is_good


@pytest.mark.parametrize("profile", MEASURED, ids=lambda one: one.name)
def test_a_profile_that_was_measured_has_figures(profile: EngineProfile) -> None:
    """And they are of the release that it names."""
    runs = [FIGURES[driver] for driver in DRIVERS]
    said = [releases_of(each, profile.name) for each in runs]
    assert profile.name in WITH_FIGURES
    named = re.search(r"[0-9.]*[0-9]", profile.measured_with)
    assert named is not None
    assert any(named[0] in release for release in said)


@pytest.mark.parametrize("listed", LISTED, ids=lambda one: one.name)
def test_a_profile_names_its_source(listed: ListedProfile) -> None:
    """The release whose steps it follows, of the tool itself or with the library that reads."""
    assert listed.profile is not None
    assert listed.profile.releases
    assert all(re.search(r"[0-9]", engine.follows) for engine in listed.engines)
