"""Creates random archives: a valid one of a random kind with one to three random faults."""

from __future__ import annotations

import copy
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks.differential.faults import Fault, draw_fault, site_of
from benchmarks.differential.good import Table, good_table
from checker.testing.cases import Built, Case, CaseError

MOST_FAULTS = 3
_TRIES = 200
"""Attempts to draw a fault: many are only applicable to some kinds of archive."""
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
    return with_faults(random, seed, good_table(random))


def with_faults(random: Random, seed: str, table: Table) -> Sample:
    """Add one to three faults to an archive.

    Args:
        random: Draws the faults.
        seed: The name of the archive.
        table: The case.

    Raises:
        CaseError: The archive of the case cannot be built.
    """
    built = _build(table, seed)
    faults: list[Fault] = []
    for _ in range(random.randint(1, MOST_FAULTS)):
        for _ in range(_TRIES):
            fault = _draw(random, table, built)
            changed = None if fault is None else _with_fault(table, fault)
            rebuilt = None if changed is None else _build_or_none(changed, seed)
            if fault is None or changed is None or rebuilt is None or rebuilt.data == built.data:
                continue
            table, built = changed, rebuilt
            faults.append(fault)
            break
    return Sample(seed, table, tuple(faults), built.data or b"")


def _draw(random: Random, table: Table, built: Built) -> Fault | None:
    """Draw a fault; None if the drawn kind is not applicable."""
    return draw_fault(random, site_of(table, built, _members(built.data or b"")))


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
