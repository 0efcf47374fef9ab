"""The cases of the rules, which are data beside the tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from benchmarks.one_truth.making import tables_of
from checker.testing.cases import Case, load_cases
from checker.testing.edits import Table
from tests.effort import part

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("checker_*/*.toml"))
# Most files have about as many cases, so that of each there is one, or a second.
_SHARE = 11


@cache
def cases_of(file: Path) -> tuple[Case, ...]:
    """The cases in a file."""
    return tuple(load_cases(file))


@cache
def all_cases() -> tuple[Case, ...]:
    """The cases of all rules."""
    return tuple(case for file in FILES for case in cases_of(file))


def sampled_cases(number: int) -> tuple[Case, ...]:
    """About so many of all cases, at even distances."""
    return all_cases()[:: max(1, len(all_cases()) // number)]


def some_cases_of(file: Path) -> list[Case]:
    """A case in a file, or several; files take turns in which. A thorough run tries all."""
    return part(cases_of(file), FILES.index(file), _SHARE)


@cache
def tables() -> tuple[Table, ...]:
    """The tables of all cases that describe a file, of which random archives are made."""
    return tables_of(CASES)
