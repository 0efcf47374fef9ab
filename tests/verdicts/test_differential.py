"""Random archives: the same again from their seed, and compared with what an engine did."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.differential.__main__ import Run, foretold
from benchmarks.differential.cases import sound_samples
from benchmarks.differential.comparing import Comparison, agree
from benchmarks.differential.engines import Installed, Real
from benchmarks.differential.making import MOST_FAULTS, make_sample
from benchmarks.differential.readers import reader_engines
from benchmarks.differential.recording import (
    BASES,
    NOT_REFUSED,
    ONLY_PREDICTED,
    RECORDS,
    Record,
    Recording,
    RuleScore,
    Word,
    continued,
    fingerprint_of,
    key_of,
    read_record,
    recorded_words,
    rules_table,
    score_of,
    without_refusal,
    write_record,
)
from benchmarks.differential.rules import rule_cases, rule_faults, rule_tables
from benchmarks.engines.host import Host
from benchmarks.engines.programs import MissingEngineError, named_engines, programs_beside
from benchmarks.readers.tools import Bench, Said, Tool, found
from checker.checks.finding import Severity
from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.verdicts import Engine, Question, Storage, Verdict, VerdictOutcome

ACCEPTS, BROKEN, REJECTS = VerdictOutcome
TITLES = ("one-1 load", "two-1 load", "three-1 load")
SEEDS = [f"7:{number}" for number in range(12)]
RECORDED = {storage: read_record(path) for storage, path in RECORDS.items()}
DRIVEN = ("docker-20.10", "podman-4")
SHARE = 24
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
        ("layer aa a", RuleScore(1, ({},), 0, 0)),
        ("layer rr a", RuleScore(1, ({"one-1 load": 1},), 1, 0)),
        ("layer ar a", RuleScore(1, ({},), 0, 0)),
        ("layer ar r", RuleScore(1, ({"three-1 load": 1},), 0, 1)),
        ("raw rr r", RuleScore(1, (dict.fromkeys(TITLES, 1),), 1, 0)),
    ],
)
def test_a_refusal_counts_if_a_sound_archive_is_not_refused(word: str, score: RuleScore) -> None:
    assert score_of([record(word)], "bundle/rule") == score


def test_a_case_counts_once_that_is_refused_with_both_kinds_of_storage() -> None:
    score = score_of([record("layer rr a"), record("layer ra a")], "bundle/rule")
    refused = ({"one-1 load": 1}, {"one-1 load": 1})
    assert score == RuleScore(1, refused, 1, 0)
    score = score_of([record("layer aa a"), record("layer ra a")], "bundle/rule")
    assert score == RuleScore(1, ({}, {"one-1 load": 1}), 1, 0)


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        (("layer aa a", "layer aa a"), ""),
        (("layer ra a", "layer ra a"), "1"),
        (("layer ra a", "layer aa a"), "1 / 0"),
        (("layer aa a", "layer ra a"), "0 / 1"),
    ],
)
def test_a_table_has_two_numbers_where_storage_matters(words: tuple[str, str], cell: str) -> None:
    rules = [("bundle/rule", "A1", "error", "[A1]()")]
    links = [(f"bundle/{rule}", rule, "error", rule) for rule in (*NOT_REFUSED, *ONLY_PREDICTED)]
    lines = list(rules_table([record(word) for word in words], [*rules, *links]))
    row = next(line for line in lines if line.startswith("| [A1]()"))
    assert row.split(" | ")[3] == cell


def test_a_rule_that_was_not_tried_has_no_score() -> None:
    assert score_of([record("layer aa a")], "bundle/other") is None


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


def fingerprints() -> dict[str, str]:
    cases = {key_of(case.id): case.table for case in rule_cases().archives}
    sound = {key_of(sample.seed): sample.table for sample in sound_samples()}
    return {key: fingerprint_of(table) for key, table in (cases | sound).items()}


def test_the_record_has_the_cases_as_they_are() -> None:
    """If this fails: make measured."""
    recorded = recorded_words(RECORDS[Storage.VFS])
    assert {key: word.fingerprint for key, word in recorded.items()} == fingerprints()


def test_the_record_on_overlays_has_the_cases_of_layers_as_they_are() -> None:
    """If this fails: make measured."""
    recorded = recorded_words(RECORDS[Storage.OVERLAY])
    expected = fingerprints()
    assert {key: word.fingerprint for key, word in recorded.items()}.items() <= expected.items()
    of_layers = {key for key in expected if key.startswith((BASES, "checker_layers/"))}
    assert of_layers <= recorded.keys()


@pytest.mark.parametrize("storage", RECORDS)
def test_every_engine_and_profile_has_a_letter(storage: Storage) -> None:
    found = RECORDED[storage]
    engines, profiles = len(found.engines), len(found.profiles)
    words = [word for each in found.cases.values() for word in each.values()]
    assert {(len(word.measured), len(word.foretold)) for word in words} == {(engines, profiles)}


@pytest.mark.parametrize("storage", RECORDS)
def test_every_engine_with_a_driver_was_tried_on_every_case(storage: Storage) -> None:
    found = RECORDED[storage]
    tried = [number for number, title in enumerate(found.engines) if title.startswith(DRIVEN)]
    assert len(tried) == len(DRIVEN) * 2
    words = [word for each in found.cases.values() for word in each.values()]
    assert not [word for word in words if any(word.measured[number] == "-" for number in tried)]


def recording(*engines: str) -> Recording:
    return Recording(dict.fromkeys(engines, "1"), {})


TABLE = {"name": "one", "base": "layer"}


def test_an_engine_is_tried_once_on_a_case() -> None:
    run = recording("one-1 load")
    assert run.untried("r:one", TABLE, ["one-1 load"]) == {"one-1 load"}
    run.add("r:one", TABLE, {"one-1 load": "r"}, "a")
    assert run.untried("r:one", TABLE, ["one-1 load"]) == set()
    assert run.untried("r:one", TABLE | {"base": "raw"}, ["one-1 load"]) == {"one-1 load"}


def test_what_an_engine_did_is_kept_when_another_one_is_tried() -> None:
    run = recording("one-1 load")
    run.add("r:one", TABLE, {"one-1 load": "r"}, "a")
    run.add("r:two", TABLE, {"one-1 load": "b"}, "a")
    run.begin({"two-1 load": "1"})
    assert run.untried("r:one", TABLE, ["one-1 load", "two-1 load"]) == {"two-1 load"}
    run.add("r:one", TABLE, {"two-1 load": "a"}, "r")
    words = run.record(["three-1 load"]).cases["r"]
    assert (words["one"].measured, words["one"].foretold) == ("ra", "r")
    assert words["two"].measured == "b-"


def test_what_another_version_of_an_engine_did_is_dropped() -> None:
    run = recording("one-1 load", "two-1 load")
    run.add("r:one", TABLE, {"one-1 load": "r", "two-1 load": "a"}, "")
    run.begin({"one-1 load": "2"})
    assert run.engines == {"two-1 load": "1", "one-1 load": "2"}
    assert run.untried("r:one", TABLE, run.engines) == {"one-1 load"}
    assert run.record(()).cases["r"]["one"].measured == "a-"


def test_a_record_is_continued_without_cases_that_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    assert continued(path, frozenset()).words == {}
    write_record(record("layer ar r"), path)
    assert list(continued(path, frozenset()).words) == [f"{BASES}:layer"]
    kept = continued(path, frozenset({"bundle/rule:case"}))
    assert set(kept.words) == {f"{BASES}:layer", "bundle/rule:case"}


def test_random_archives_are_tried_without_a_record(tmp_path: Path) -> None:
    host = SimpleNamespace(folder=tmp_path, docker=SimpleNamespace(storage=Storage.VFS))
    run = Run([installed(ACCEPTS)], tmp_path / "kept", shows_messages=False)
    run.take(make_sample("7:1"), cast("Host", host))
    assert run.scores["mine-1 load"].outcomes == 1
    run.write(tmp_path / "record.json")
    assert not (tmp_path / "record.json").exists()


def test_a_case_is_recorded_and_not_tried_again(tmp_path: Path) -> None:
    host = SimpleNamespace(folder=tmp_path, docker=SimpleNamespace(storage=Storage.OVERLAY))
    sample = next(iter(sound_samples()))
    run = Run([installed(REJECTS)], tmp_path, shows_messages=False, recording=Recording({}, {}))
    assert run.recording is not None
    run.recording.begin({"mine-1 load": "1"})
    for _ in range(2):
        run.take(sample, cast("Host", host))
    assert run.scores["mine-1 load"].archives == 1
    run.write(tmp_path / "record.json")
    (word,) = read_record(tmp_path / "record.json").cases[BASES].values()
    assert word.measured == "r"
    assert len(word.foretold) == len(run.without_engine)


def installed(outcome: VerdictOutcome) -> Installed:
    def judge(question: Question) -> Verdict:
        assert question.host.storage is not None
        return Verdict("mine-1", "load", ACCEPTS, "for a reason")

    def take(host: Host, archive: Path) -> Real:
        assert archive.parent == host.folder
        return Real(outcome, "")

    return Installed(Engine("mine-1", "load", judge), take, ("true",))


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


@pytest.mark.parametrize(
    ("storage", "rule"),
    [
        (storage, rule)
        for storage, record in RECORDED.items()
        for rule in sorted(record.cases)[::SHARE]
    ],
)
def test_recorded_verdicts_are_those_of_the_profiles(
    rule: str, storage: Storage, tmp_path: Path
) -> None:
    profiles = {f"{judge.name} {judge.action}": judge for judge in load_plugins().engines}
    recorded = RECORDED[storage]
    judges = tuple(profiles[title] for title in recorded.profiles)
    path = tmp_path / "archive.tar"
    found = {}
    for case in rule_cases().archives:
        if not key_of(case.id).startswith(f"{rule}:"):
            continue
        path.write_bytes(case.build().data or b"")
        found[case.name] = foretold(path, judges, storage)
    words = recorded.cases[rule]
    assert found == {name: words[name].foretold for name in found}


ERRORS = {
    rule.id: f"{rule.bundle}/{rule.name}"
    for rule in load_plugins().registry
    if rule.severity is Severity.ERROR
}


def test_an_error_is_refused_by_an_engine_or_has_another_reason() -> None:
    records = list(RECORDED.values())
    assert list(without_refusal(records, ERRORS, measured=False)) == sorted(NOT_REFUSED)


def test_an_error_is_refused_by_an_engine_that_was_tried_or_says_how_that_is_known() -> None:
    """So that "error: an engine refuses it" is measured, not believed."""
    records = list(RECORDED.values())
    unmeasured = sorted({*NOT_REFUSED, *ONLY_PREDICTED})
    assert list(without_refusal(records, ERRORS, measured=True)) == unmeasured
    assert not NOT_REFUSED.keys() & ONLY_PREDICTED.keys()


def test_a_rule_without_a_refusal() -> None:
    rules = {"A2": "bundle/rule", "A1": "bundle/untried"}
    for measured in (False, True):
        found = without_refusal([record("layer ar a")], rules, measured=measured)
        assert list(found) == ["A1", "A2"]
        found = without_refusal([record("layer rr a")], rules, measured=measured)
        assert list(found) == ["A1"]
    assert list(without_refusal([record("layer ar r")], rules, measured=False)) == ["A1"]
    assert list(without_refusal([record("layer ar r")], rules, measured=True)) == ["A1", "A2"]


def test_archives_have_faults_of_the_rules_too() -> None:
    seeds = [f"7:{number}" for number in range(3, 40, 4)]
    made = [make_sample(seed) for seed in seeds]
    faults = {str(fault.edit) for fault in rule_faults()}
    drawn = [one for one in made if any(str(fault.edit) in faults for fault in one.faults)]
    tables = [table.keys() for table in rule_tables()]
    based = [one for one in made if one not in drawn and one.table.keys() >= min(tables, key=len)]
    assert drawn
    assert based
    assert all(one.faults for one in made)


def test_faults_of_images_are_added_to_one_of_them() -> None:
    places = {fault.place[0] for fault in rule_faults()}
    assert places == {
        *("edits", "index_edits", "config_edits", "manifest_edits", "layer_edits", "blob_edits")
    }
    assert {fault.place[0] for fault in rule_faults() if not fault.is_of_image} == {
        "edits",
        "index_edits",
    }


@pytest.mark.parametrize(
    ("said", "outcome"),
    [(Said(accepts=True, message=""), ACCEPTS), (Said(accepts=False, message="no"), REJECTS)],
)
def test_a_tool_is_tried_like_an_engine(said: Said, outcome: VerdictOutcome) -> None:
    title = "crane-0 push"
    tool = Tool("crane-0", "push", "crane", ("version",), lambda bench, path: said)  # noqa: ARG005
    bench = Bench(Path(), "", "")
    (engine,) = reader_engines([tool], bench)
    assert engine.title == title
    assert engine.take(cast("Host", None), Path()) == Real(outcome, said.message)


def test_a_tool_that_hangs_refuses() -> None:
    def read(bench: Bench, path: Path) -> Said:
        raise subprocess.TimeoutExpired([str(path)], 60, str(bench))

    tool = Tool("crane-0", "push", "crane", ("version",), read)
    (engine,) = reader_engines([tool], Bench(Path(), "", ""))
    real = engine.take(cast("Host", None), Path())
    assert real == Real(REJECTS, "it was still running after 60 seconds")


def test_a_variable_names_a_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "crane"
    monkeypatch.setenv("DIFFERENTIAL_CRANE", str(path))
    with pytest.raises(MissingEngineError, match="DIFFERENTIAL_CRANE"):
        found("crane")
    path.touch(mode=0o755)
    assert found("crane") == str(path)
