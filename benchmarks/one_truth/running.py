"""Tries the properties on one archive after the other, in several processes."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.one_truth.making import make_archive, tables_of
from benchmarks.one_truth.properties import Sessions, sessions_with, subject_of, violations
from checker.plugins import load_plugins
from checker.testing.edits import Table

_CHUNK: Final = 20


class Task(NamedTuple):
    """One archive: a file, or a random one.

    Attributes:
        name: The path of the file, or seed and number.
        cases: The directory of cases that random archives are made from; None for a file.
        is_random: Whether it is made from a seed.
        keep: The directory for archives that violate a property; None if they are not kept.
    """

    name: str
    is_random: bool
    cases: Path | None = None
    keep: Path | None = None


class Outcome(NamedTuple):
    """The name of an archive, and the name of each property that does not hold, with the reason."""

    name: str
    problems: tuple[tuple[str, str], ...]


@cache
def _sessions() -> Sessions:
    return sessions_with(load_plugins())


@cache
def _tables(directory: Path | None) -> tuple[Table, ...]:
    return tables_of(directory)


def try_one(task: Task) -> Outcome:
    """Try the properties on one archive."""
    if not task.is_random:
        return Outcome(task.name, _problems(Path(task.name)))
    data = make_archive(task.name, _tables(task.cases)).data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "archive.tar")
        path.write_bytes(data)
        problems = _problems(path)
    if problems and task.keep is not None:
        task.keep.mkdir(parents=True, exist_ok=True)
        (task.keep / f"{task.name.replace(':', '-')}.tar").write_bytes(data)
    return Outcome(task.name, problems)


def _problems(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple(violations(subject_of(path, _sessions())))


def outcomes(tasks: Iterable[Task], processes: int) -> Iterator[Outcome]:
    """The outcome of each archive, in any order."""
    if processes == 1:
        yield from map(try_one, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(try_one, tasks, _CHUNK)
