"""The cases of the rules, which are data beside the tests."""

from __future__ import annotations

from pathlib import Path

from checker.testing.cases import Case, load_cases

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("checker_*/*.toml"))


def cases_of(file: Path) -> list[Case]:
    """The cases in a file; none in one with recorded results of engines, which has its own form."""
    try:
        return list(load_cases(file))
    except ValueError:
        return []
