"""Random archives: the same again from their seed, and compared with what an engine did."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.differential.__main__ import foretold
from benchmarks.differential.cases import rule_cases, sound_samples
from benchmarks.differential.comparing import Comparison, agree
from benchmarks.differential.engines import Real
from benchmarks.differential.making import MOST_FAULTS, make_sample
from benchmarks.differential.recording import (
    BASES,
    NOT_REFUSED,
    RECORD,
    Record,
    RuleScore,
    Word,
    fingerprint_of,
    key_of,
    read_record,
    recorded_words,
    without_refusal,
    write_record,
)
from benchmarks.engines.programs import MissingEngineError, named_engines, programs_beside
from checker.checks.finding import Severity
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.verdicts import Verdict, VerdictOutcome

ACCEPTS, BROKEN, REJECTS = VerdictOutcome
TITLES = ("one-1 load", "two-1 load", "three-1 load")
SEEDS = [f"7:{number}" for number in range(12)]
RECORDED = read_record(RECORD)
SHARE = 12
"""One rule of so many is predicted again: all take half a minute."""


def comparison(real: str, foretold: str) -> Comparison:
    verdict = Verdict("mine-1", "load", REJECTS, "for a reason", foretold)
    return Comparison("7:1", "mine-1 load", Real(REJECTS, real), verdict)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_makes_the_same_archive_again(seed: str) -> None:
    assert make_sample(seed) == make_sample(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_archive_has_few_faults_and_can_be_read(seed: str, tmp_path: Path) -> None:
    sample = make_sample(seed)
    assert 1 <= len(sample.faults) <= MOST_FAULTS
    path = tmp_path / "archive.tar"
    path.write_bytes(sample.data)
    assert read_archive(str(path), ReadOptions()).size == len(sample.data)


def test_seeds_make_different_archives() -> None:
    assert len({make_sample(seed).data for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize(
    ("real", "fitting"),
    [
        (ACCEPTS, {ACCEPTS, BROKEN}),
        (BROKEN, {BROKEN}),
        (REJECTS, {REJECTS}),
    ],
)
def test_outcomes(real: VerdictOutcome, fitting: set[VerdictOutcome]) -> None:
    assert {foretold for foretold in VerdictOutcome if agree(real, foretold)} == fitting


def test_words_are_the_same_but_for_what_each_run_names_anew() -> None:
    assert comparison("open <tmp>/a, layer 1", "open <tmp>/a, layer 3").is_message_same
    assert not comparison("unexpected EOF", "invalid tar header").is_message_same


def word_of(text: str) -> Word:
    base, measured, foretold = text.split()
    return Word(base, measured, foretold, "01234567")


def record(word: str) -> Record:
    return Record(
        {"one-1 load": "1", "two-1 load": "2"},
        ("three-1 load",),
        {BASES: {"layer": Word("layer", "ar", "a", "0")}, "bundle/rule": {"case": word_of(word)}},
    )


@pytest.mark.parametrize(
    ("word", "score"),
    [
        ("layer aa a", RuleScore(1, {}, 0, 0)),
        ("layer rr a", RuleScore(1, {"one-1 load": 1}, 1, 0)),
        ("layer ar a", RuleScore(1, {}, 0, 0)),
        ("layer ar r", RuleScore(1, {"three-1 load": 1}, 0, 1)),
        ("raw rr r", RuleScore(1, dict.fromkeys(TITLES, 1), 1, 0)),
    ],
)
def test_a_refusal_counts_if_a_sound_archive_is_not_refused(word: str, score: RuleScore) -> None:
    assert record(word).score("bundle/rule") == score


def test_a_rule_that_was_not_tried_has_no_score() -> None:
    assert record("layer aa a").score("bundle/other") is None


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    write_record(record("layer ar r"), path)
    assert list(read_record(path).cases) == [BASES, "bundle/rule"]
    assert recorded_words(path)[key_of("bundle/rule:fail:case")] == word_of("layer ar r")


def test_a_variable_that_names_a_missing_engine(tmp_path: Path) -> None:
    with pytest.raises(MissingEngineError, match="DIFFERENTIAL_PODMAN"):
        named_engines({"DIFFERENTIAL_PODMAN": str(tmp_path / "podman")})


def test_a_variable_names_an_engine_and_what_is_beside_it(tmp_path: Path) -> None:
    for name in ("containerd", "ctr"):
        (tmp_path / name).touch(mode=0o755)
    named = named_engines({"DIFFERENTIAL_CONTAINERD": str(tmp_path / "containerd")})
    assert set(programs_beside(named)) == {"containerd", "ctr"}


def test_the_record_has_the_cases_as_they_are() -> None:
    """If this fails: make differential ARGS='--cases --record docs/measured.json'; make docs."""
    cases = {key_of(case.id): case.table for case in rule_cases().archives}
    sound = {key_of(sample.seed): sample.table for sample in sound_samples()}
    recorded = recorded_words(RECORD)
    assert {key: word.fingerprint for key, word in recorded.items()} == {
        key: fingerprint_of(table) for key, table in (cases | sound).items()
    }


def test_every_engine_and_profile_has_a_letter() -> None:
    found = read_record(RECORD)
    engines, profiles = len(found.engines), len(found.profiles)
    words = [word for each in found.cases.values() for word in each.values()]
    assert {(len(word.measured), len(word.foretold)) for word in words} == {(engines, profiles)}


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"name": "another"}, True),
        ({"findings": []}, True),
        ({"base": "rootfs"}, False),
        ({"edits": [{"remove": "a"}]}, False),
    ],
)
def test_a_fingerprint_is_of_what_an_archive_is_built_from(
    changed: dict[str, object], *, is_same: bool
) -> None:
    table = {"name": "one", "base": "layer", "findings": [{"message": "a"}]}
    assert (fingerprint_of(table | changed) == fingerprint_of(table)) is is_same


@pytest.mark.parametrize("rule", sorted(RECORDED.cases)[::SHARE])
def test_recorded_verdicts_are_those_of_the_profiles(rule: str, tmp_path: Path) -> None:
    profiles = {f"{judge.name} {judge.action}": judge for judge in load_plugins().engines}
    judges = tuple(profiles[title] for title in RECORDED.profiles)
    path = tmp_path / "archive.tar"
    found = {}
    for case in rule_cases().archives:
        if not key_of(case.id).startswith(f"{rule}:"):
            continue
        path.write_bytes(case.build().data or b"")
        found[case.name] = foretold(path, judges)
    words = RECORDED.cases[rule]
    assert found == {name: words[name].foretold for name in found}


def test_an_error_is_refused_by_an_engine_or_has_another_reason() -> None:
    errors = {
        rule.id: f"{rule.bundle}/{rule.name}"
        for rule in load_plugins().registry
        if rule.severity is Severity.ERROR
    }
    assert list(without_refusal(RECORDED, errors)) == sorted(NOT_REFUSED)


def test_a_rule_without_a_refusal() -> None:
    rules = {"A2": "bundle/rule", "A1": "bundle/untried"}
    assert list(without_refusal(record("layer ar a"), rules)) == ["A1", "A2"]
    assert list(without_refusal(record("layer rr a"), rules)) == ["A1"]
    assert list(without_refusal(record("layer ar r"), rules)) == ["A1"]
