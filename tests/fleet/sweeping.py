"""Sweeps in tests, as the command runs them, and their results as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from checker.cli import main
from checker.fleet.dataset import Dataset
from checker.fleet.schema import TABLES
from checker.results import CheckedArchive

# What differs between two checks of the same object.
_OF_ONE_CHECK = frozenset({"check", "checked_at", "seconds", "requests", "fetched"})
_SHARED = frozenset({"shared_layers", "shared_bytes"})


class Result(NamedTuple):
    code: int
    out: str
    err: str


def sweep(capsys: Any, *words: object, results: Path, workers: int | None = 0) -> Result:
    """Run the command in this process."""
    given = [] if workers is None else ["--workers", str(workers)]
    capsys.readouterr()
    code = main(["sweep", *map(str, words), "-o", str(results), "--no-progress", *given])
    out, err = capsys.readouterr()
    return Result(code, out, err)


def report(capsys: Any, results: Path, *words: object) -> Result:
    """Run the report in this process."""
    capsys.readouterr()
    code = main(["sweep", "report", str(results), *map(str, words)])
    out, err = capsys.readouterr()
    return Result(code, out, err)


def rows(results: Path, table: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    dataset = Dataset(str(results))
    names = [column.name for column in TABLES[table]]
    return [row for file in dataset.files(table) for row in dataset.rows(file, names)]


def comparable(
    results: Path,
    base: str = "",
    *,
    with_sharing: bool = False,
    left_out: Sequence[str] = (),
) -> Mapping[str, Sequence[object]]:
    """All tables without what differs between two checks, in an order of their own.

    Args:
        results: The results.
        base: What URLs begin with, which is left out wherever it is.
        with_sharing: Whether it counts which layers were known.
        left_out: Other columns that do not count.
    """
    ignored = {*_OF_ONE_CHECK, *left_out, *(() if with_sharing else _SHARED)}
    return {
        table: sorted(
            repr({key: value for key, value in row.items() if key not in ignored}).replace(base, "")
            for row in rows(results, table)
        )
        for table in TABLES
    }


def findings_of(checked: CheckedArchive) -> list[tuple[str, str, str]]:
    """The findings of a check, as those of a table are compared with them."""
    return sorted((one.rule, str(one.severity), one.message) for one in checked.findings)
