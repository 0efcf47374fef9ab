"""The example's own test: cases as data, with the loader that archive-checker's rules use."""

from __future__ import annotations

from pathlib import Path

import pytest
from checker_no_root import RunsAsRoot

from checker.testing.cases import Case, explain_mismatch, load_cases
from checker.testing.running import run_case

CASES = load_cases(Path(__file__).parent / "cases")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path) -> None:
    findings, built = run_case(case, RunsAsRoot, tmp_path)
    assert explain_mismatch(case, findings, built) is None
