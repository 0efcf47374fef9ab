"""Random archives: the same again from their seed, and compared with what an engine did."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.differential.comparing import Comparison, agree
from benchmarks.differential.engines import Real
from benchmarks.differential.making import MOST_FAULTS, make_sample
from checker.reading.archive import ReadOptions, read_archive
from checker.verdicts import Verdict, VerdictOutcome

ACCEPTS, BROKEN, REJECTS = VerdictOutcome
SEEDS = [f"7:{number}" for number in range(12)]


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
