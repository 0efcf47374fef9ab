"""The fail cases of all rules, as archives to try on the engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.differential.making import Sample
from benchmarks.differential.recording import BASES
from checker.testing.cases import Case, load_cases

_SOUND = (
    *("docker-archive", "podman-archive", "crane-archive", "legacy", "oci-archive"),
    *("docker-oci-archive", "rootfs", "export", "layer"),
)
CASES = Path(__file__).parents[2] / "tests" / "cases"


class RuleCases(NamedTuple):
    """The fail cases of the rules.

    Attributes:
        archives: Those that are files, in the order of their names.
        directories: The number of those that are directories, which not every engine reads.
    """

    archives: tuple[Case, ...]
    directories: int


def rule_cases(folder: Path = CASES) -> RuleCases:
    """The fail cases of all rules whose cases are below a directory."""
    bundles = sorted(folder.glob("checker_*"))
    fails = [case for bundle in bundles for case in load_cases(bundle) if case.kind == "fail"]
    archives = tuple(case for case in fails if not _is_directory(case))
    return RuleCases(archives, len(fails) - len(archives))


def case_samples(cases: tuple[Case, ...]) -> Iterator[Sample]:
    """The archives of cases, each under the identity of its case."""
    for case in cases:
        yield Sample(case.id, case.table, (), case.build().data or b"")


def sound_samples() -> Iterator[Sample]:
    """An archive of each kind without a fault."""
    for base in _SOUND:
        table = {"name": base, "base": base}
        case = Case(base, BASES, base, "pass", {}, (), CASES, table)
        yield Sample(f"{BASES}:pass:{base}", table, (), case.build().data or b"")


def _is_directory(case: Case) -> bool:
    return bool(case.table.get("directory")) or case.table["base"] == "oci-layout"
