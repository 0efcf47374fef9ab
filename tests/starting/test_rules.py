"""Rules and the answer agree, and one cause gives one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import Session, Severity
from checker.testing import build
from tests.sessions import new_session

from .roots import LOOKALIKES, NO, YES, Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = ("RFS002", "RFS003", "RFS004", "RFS005", "RFS007", "RFS008", "RFS012", "RFS027", "CFG010")
# What no rule reports: base images have no command, and some users do not exist on purpose.
SILENT = frozenset({"no command"})


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with new_session({"select": list(RULES)}) as session:
        yield session


@pytest.mark.parametrize("case", cases(LOOKALIKES), ids=lambda case: case.name)
def test_rules_agree_with_the_answer(case: Case, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "t.tar"
    path.write_bytes(build("docker-archive", case.image).tar())
    checked = session.check(path)
    found = [
        f"{finding.rule}: {finding.message}"
        for finding in checked.findings
        if finding.severity is not Severity.NOTE and finding.rule in RULES
    ]
    if case.answer == YES:
        assert found == []
    elif case.answer == NO and case.name not in SILENT:
        assert len(found) == 1, found
