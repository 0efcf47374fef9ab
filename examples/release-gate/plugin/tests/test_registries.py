"""The cases of the rule, with settings of the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from checker_registries import OtherRegistry

from checker.testing.cases import Case, explain_mismatch, load_cases
from checker.testing.running import run_case

CASES = load_cases(Path(__file__).parent / "cases")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path) -> None:
    findings, built = run_case(case, OtherRegistry, tmp_path)
    assert explain_mismatch(case, findings, built) is None
