"""What Docker does step by step: cases as data, with the words of the engines.

``says`` has for each engine and action ``""`` if it accepts the archive, ``"-"`` if it exits 0 and
the result is unusable, and otherwise its message. Keys without an action mean ``load``. Digests,
paths and numbers are masked before they are compared.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.masking import masked
from checker import Session, Verdict, VerdictOutcome
from checker.testing.cases import Case

FILE = Path(__file__).parents[1] / "cases" / "engines" / "docker.toml"
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["case"]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def said(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS:
        return ""
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN:
        return "-"
    return masked(verdict.message or "")


def expected(says: Mapping[str, str]) -> dict[str, str]:
    return {
        title if " " in title else f"{title} load": masked(text) for title, text in says.items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_docker_does_what_the_case_says(
    case: Mapping[str, Any], session: Session, tmp_path: Path
) -> None:
    table = {key: value for key, value in case.items() if key not in {"name", "says"}}
    built = Case("", "", "docker", "pass", {}, (), FILE, table).build()
    classified = session.classify(built.write(tmp_path))
    assert not classified.crashes
    found = {f"{each.engine} {each.action}": said(each) for each in classified.verdicts}
    wanted = expected(case["says"])
    assert {title: found[title] for title in wanted} == wanted
