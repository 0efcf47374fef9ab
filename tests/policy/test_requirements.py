"""Every key of a requirement meets the cases in ``cases``: archives that meet it, and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.plugins import LoadedPlugins, load_plugins
from checker.session import Session
from checker.testing.cases import Case, explain_mismatch, load_cases
from checker.testing.edits import fill_json
from checker_policy.kinds import KEYS
from tests.sessions import checked_whole

FOLDER = Path(__file__).parent / "cases"
CASES = load_cases(FOLDER)
NAME = "required"


@pytest.fixture(scope="session")
def plugins() -> LoadedPlugins:
    return load_plugins()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, plugins: LoadedPlugins, tmp_path: Path) -> None:
    built = case.build()
    require = {"name": NAME, **fill_json(dict(case.options), built.names)}
    if "signed-by" in require:
        named = require["signed-by"]
        paths = [named] if isinstance(named, str) else named
        require["signed-by"] = [str(case.source.parent / path) for path in paths]
    session = Session({"select": [NAME], "require": [require]}, plugins=plugins)
    checked = checked_whole(session, built.write(tmp_path))
    mismatch = explain_mismatch(case, checked.findings, built)
    assert mismatch is None, mismatch


def test_every_key_has_cases_that_pass_and_fail() -> None:
    there = {(key, case.kind) for case in CASES for key in case.options}
    wanted = {(key, kind) for key in KEYS for kind in ("pass", "fail")}
    assert sorted(wanted - there) == []
