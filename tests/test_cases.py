"""Every rule meets the cases that lie beside each other in ``tests/cases``."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.checks.registry import Registry
from checker.testing.cases import Case, explain_mismatch
from checker.testing.running import run_case
from tests.case_files import all_cases
from tests.sessions import installed

CASES = all_cases()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return installed().registry


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, registry: Registry, tmp_path: Path) -> None:
    rule = registry.find(case.rule)
    assert rule is not None, f"no rule is called {case.rule}"
    assert rule.bundle == case.bundle
    findings, built = run_case(case, rule.check, tmp_path)
    mismatch = explain_mismatch(case, findings, built)
    assert mismatch is None, mismatch


def test_every_rule_has_cases_that_pass_and_fail(registry: Registry) -> None:
    wanted = {(rule.bundle, rule.name, kind) for rule in registry for kind in ("pass", "fail")}
    there = {(case.bundle, case.rule, case.kind) for case in CASES}
    assert sorted(wanted - there) == []
