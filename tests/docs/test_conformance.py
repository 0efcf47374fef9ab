"""Each statement of the image specification has a rule and a case, or a reason for having none."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from checker.checks.finding import Severity
from checker.session import Session
from checker.testing.cases import Case
from tests.case_files import all_cases
from tests.sessions import new_session

ROOT = Path(__file__).parents[2]
DATA = tomllib.loads((ROOT / "docs" / "conformance.toml").read_text("utf-8"))
STATEMENTS: dict[str, dict[str, Any]] = DATA["statements"]
CASES = {case.id: case for case in all_cases()}
CHAPTERS = {"L": 13, "I": 15, "M": 17, "D": 16, "C": 14, "F": 13, "A": 8, "G": 4}
PUBLISHED = {
    "schema/config_test.go": 10,
    "schema/descriptor_test.go": 31,
    "schema/imageindex_test.go": 12,
    "schema/imagelayout_test.go": 2,
    "schema/manifest_test.go": 12,
}
HYGIENE = "HYG"


@pytest.fixture(scope="module")
def session() -> Session:
    return new_session({"ignore": [HYGIENE]})


def cases_of(*levels: str) -> list[Case]:
    """The cases that pass of the statements of some levels."""
    named = [name for one in STATEMENTS.values() if one["level"] in levels for name in one["cases"]]
    return [CASES[name] for name in dict.fromkeys(named) if CASES[name].kind == "pass"]


def test_every_statement_is_there_in_order() -> None:
    wanted = [f"{chapter}{n}" for chapter, count in CHAPTERS.items() for n in range(1, count + 1)]

    assert list(STATEMENTS) == wanted


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_has_cases_of_its_rules_or_a_reason(name: str, session: Session) -> None:
    statement = STATEMENTS[name]
    rules = [session.plugins.registry.find(rule) for rule in statement.get("rules", ())]
    cases = [CASES[case] for case in statement.get("cases", ())]

    assert statement["level"] in {"must", "should", "may", "says"}
    assert statement["text"]
    assert statement["section"]
    assert bool(cases) != bool(statement.get("reason"))
    assert None not in rules
    names = {rule.name for rule in rules if rule is not None}
    assert names <= {case.rule for case in cases}
    assert {case.rule for case in cases if case.kind == "fail"} <= names


@pytest.mark.parametrize("name", [n for n, one in STATEMENTS.items() if one["level"] == "may"])
def test_what_may_be_is_reported_as_a_note_if_at_all(name: str) -> None:
    cases = [CASES[case] for case in STATEMENTS[name]["cases"]]

    for case in cases:
        assert case.kind == "pass" or case.expected
        assert {expected.severity for expected in case.expected} <= {"note"}


@pytest.mark.parametrize("case", cases_of("may"), ids=lambda case: case.id)
def test_no_rule_has_anything_against_what_may_be(
    case: Case, session: Session, tmp_path: Path
) -> None:
    checked = session.check(case.build().write(tmp_path))

    assert checked.failures(Severity.WARNING) == ()


def test_every_published_table_is_there() -> None:
    published = DATA["published"]

    assert {test: len(set(published[test]["cases"])) for test in PUBLISHED} == PUBLISHED
    assert all(table["cases"] or table["note"] for table in published.values())
    assert {case for table in published.values() for case in table["cases"]} <= set(CASES)
