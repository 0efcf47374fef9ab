"""The recorded figures: ``docs/performance.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

RECORD = Path(__file__).parents[2] / "docs" / "performance.json"
CHECKER = "checker"
FLOOR = "baseline"


class Figure(NamedTuple):
    """What one program took for one archive.

    Attributes:
        seconds: The median of the wall times.
        cpu_seconds: The median of the times of all threads.
        peak_bytes: The largest resident set.
        runs: The number of runs.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    runs: int


class Measured(NamedTuple):
    """One archive, and what programs took for it.

    Attributes:
        title: What the archive is.
        size: Its size in bytes.
        entries: The entries of its layers.
        figures: By program.
    """

    title: str
    size: int
    entries: int
    figures: Mapping[str, Figure]


class Start(NamedTuple):
    """What the check of a tiny archive begins with.

    Attributes:
        python_seconds: The shortest wall time of a Python that does nothing.
        checker_seconds: That of the check.
        modules: The modules that are imported, by package.
        microseconds: The time that their import takes, by package; measured with
            ``-X importtime``, which makes it longer.
    """

    python_seconds: float
    checker_seconds: float
    modules: Mapping[str, int]
    microseconds: Mapping[str, int]


class Record(NamedTuple):
    """One run of ``make performance``.

    Attributes:
        date: The day, ``YYYY-MM-DD``.
        versions: Of the checker, of Python and of other programs, by name.
        machine: The processor, memory and system, by name.
        load: How many processes wanted a processor on average during the run, besides what was
            measured.
        start: The start.
        contents: Archives of different contents.
        by_bytes: Archives of one file of more and more bytes.
        by_entries: Archives of more and more empty files.
    """

    date: str
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    load: float
    start: Start
    contents: tuple[Measured, ...]
    by_bytes: tuple[Measured, ...]
    by_entries: tuple[Measured, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nearly nothing else ran, so that seconds mean something."""
        return self.load <= MOST_LOAD


MOST_LOAD = 0.3


def read_performance(path: Path = RECORD) -> Record:
    """Read a record."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    series = {key: _series(document[key]) for key in ("contents", "by_bytes", "by_entries")}
    return Record(**{**document, "start": Start(**document["start"]), **series})


def _series(rows: list[dict[str, Any]]) -> tuple[Measured, ...]:
    return tuple(
        Measured(**{**row, "figures": {name: Figure(*one) for name, one in row["figures"].items()}})
        for row in rows
    )


def write_performance(record: Record, path: Path = RECORD) -> None:
    """Write a record; a figure is a list of its four numbers."""
    series = {
        key: [{**row._asdict(), "figures": dict(row.figures)} for row in getattr(record, key)]
        for key in ("contents", "by_bytes", "by_entries")
    }
    document = {**record._asdict(), "start": record.start._asdict(), **series}
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
