"""Creates random archives: a valid one of a random kind with one to three random faults.

Of four archives, the last one has faults of the rules: it is made from a fail case of one of them,
with further random faults, or has faults that are drawn from all fail cases.
"""

from __future__ import annotations

import copy
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeAlias

from benchmarks.differential.faults import Site, draw_fault, draw_rule_fault, site_of
from benchmarks.differential.good import Table, good_table
from benchmarks.differential.rules import Fault, rule_tables
from checker.testing.cases import Built, Case, CaseError

MOST_FAULTS = 3
_TRIES = 200
"""Attempts to draw a fault: many are only applicable to some kinds of archive."""
_FROM_RULES_EVERY = 4
Draw: TypeAlias = Callable[[Random, Site], Fault]
_OF_BYTES = frozenset({"truncate", "flip", "insert", "append", "pad", "compress"})


class Sample(NamedTuple):
    """A random archive.

    Attributes:
        seed: The seed of the run and the number of the archive.
        table: The case, as in a case file.
        faults: The faults, in the order in which they were drawn.
        data: The archive.
    """

    seed: str
    table: Mapping[str, Any]
    faults: tuple[Fault, ...]
    data: bytes


def make_sample(seed: str) -> Sample:
    """Create the archive of a seed."""
    random = Random(seed)
    if int(seed.rpartition(":")[2]) % _FROM_RULES_EVERY != _FROM_RULES_EVERY - 1:
        return with_faults(random, seed, good_table(random))
    if random.random() < 0.5:
        return with_faults(random, seed, good_table(random), draw_rule_fault)
    return with_faults(random, seed, dict(random.choice(rule_tables())))


def with_faults(random: Random, seed: str, table: Table, draw: Draw = draw_fault) -> Sample:
    """Add one to three faults to an archive.

    Args:
        random: Draws the faults.
        seed: The name of the archive.
        table: The case.
        draw: Draws a fault, which may not be applicable.

    Raises:
        CaseError: The archive of the case cannot be built.
    """
    built = _build(table, seed)
    faults: list[Fault] = []
    for _ in range(random.randint(1, MOST_FAULTS)):
        for _ in range(_TRIES):
            fault = draw(random, site_of(table, built, _members(built.data or b"")))
            changed = _with_fault(table, fault)
            rebuilt = _build_or_none(changed, seed)
            if rebuilt is None or rebuilt.data == built.data:
                continue
            table, built = changed, rebuilt
            faults.append(fault)
            break
    return Sample(seed, table, tuple(faults), built.data or b"")


def _members(data: bytes) -> dict[str, bytes]:
    """The members that can be read, by name, with the content of files."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                members[member.name] = b"" if content is None else content.read()
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError):
        pass
    return members


def _build(table: Table, seed: str) -> Built:
    case = Case(
        rule="differential",
        bundle="benchmarks",
        name=seed,
        kind="pass",
        options={},
        expected=(),
        source=Path("seed"),
        table=table,
    )
    return case.build()


def _build_or_none(table: Table, seed: str) -> Built | None:
    try:
        return _build(table, seed)
    except (CaseError, LookupError):
        return None


def _with_fault(table: Table, fault: Fault) -> Table:
    changed = copy.deepcopy(table)
    *steps, last = fault.place
    here: Any = changed
    for step in steps:
        here = here[step] if isinstance(step, int) else here.setdefault(step, {})
    edits = [*here.get(last, ()), fault.edit]
    # Edits of members come before those of bytes.
    here[last] = sorted(edits, key=lambda edit: next(iter(edit)) in _OF_BYTES)
    return changed
