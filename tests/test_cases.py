"""Every rule meets the cases that lie beside each other in ``tests/cases``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.checks.check import CheckContext
from checker.checks.registry import Rule
from checker.checks.runner import run_checks
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.plugins import Host, load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.cases import Case, explain_mismatch, load_cases

CASES = load_cases(Path(__file__).parent / "cases")


@pytest.fixture(scope="session")
def host() -> Host:
    return load_plugins()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, host: Host, tmp_path: Path) -> None:
    rule = host.registry.find(case.rule)
    assert rule is not None, f"no rule is called {case.rule}"
    assert rule.bundle == case.bundle
    built = case.build()
    archive = read_archive(str(built.write(tmp_path)), read_options(rule, case))
    intended = case.options.get("as")
    context = CheckContext(
        intended=intended if isinstance(intended, str) else None,
        options={rule.id: case.options},
    )
    run = run_checks(archive, [rule], context)
    crashes = [result.traceback for result in run.results if result.traceback]
    assert not crashes, crashes[0]
    mismatch = explain_mismatch(case, run.findings, built)
    assert mismatch is None, mismatch


def read_options(rule: Rule, case: Case) -> ReadOptions:
    """How the case is read: what its rule wants to see, and the limits it sets."""
    limits = case.options.get("limits", {})
    assert isinstance(limits, dict)
    plan = ContentPlan.of(rule.check.reads)
    return ReadOptions(plan=plan, limits=replace(Limits(), **limits))


def test_every_rule_has_cases_that_pass_and_fail(host: Host) -> None:
    wanted = {(rule.bundle, rule.name, kind) for rule in host.registry for kind in ("pass", "fail")}
    there = {(case.bundle, case.rule, case.kind) for case in CASES}
    assert sorted(wanted - there) == []
