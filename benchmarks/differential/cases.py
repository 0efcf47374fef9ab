"""The fail cases of all rules, as archives to try on the engines."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.differential.making import Sample
from benchmarks.differential.recording import BASES
from benchmarks.differential.rules import CASES
from checker.testing.cases import Case

_SOUND = (
    *("docker-archive", "podman-archive", "crane-archive", "legacy", "oci-archive"),
    *("docker-oci-archive", "rootfs", "export", "layer"),
)


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
