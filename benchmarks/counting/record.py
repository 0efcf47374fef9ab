"""The recorded figures: ``counts.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

RECORD = Path(__file__).with_name("counts.json")
MOST = 1.05
"""A count that is larger than the recorded one by this factor is a loss."""
LEAST = 0.90
"""A count below this share of the recorded one shows that the record is to be renewed."""

Counts = Mapping[str, int]
"""By the name of the case."""


class Difference(NamedTuple):
    """A count beside the recorded one.

    Attributes:
        case: The name of the case.
        recorded: The recorded count; None if the case is not recorded.
        counted: The count.
    """

    case: str
    recorded: int | None
    counted: int

    @property
    def ratio(self) -> float:
        """How much larger the count is; 1 if none is recorded."""
        return self.counted / self.recorded if self.recorded else 1.0

    @property
    def is_loss(self) -> bool:
        """Whether the count has grown by more than is allowed."""
        return self.ratio > MOST

    def __str__(self) -> str:
        if self.recorded is None:
            return f"{self.case:28} {self.counted:14,}  not recorded"
        said = "LOSS" if self.is_loss else "less: record it" if self.ratio < LEAST else ""
        return (
            f"{self.case:28} {self.counted:14,}  {100 * (self.ratio - 1):+6.1f} %  {said}".rstrip()
        )


def differences(recorded: Counts, counted: Counts) -> list[Difference]:
    """The counts beside those that are recorded."""
    return [Difference(case, recorded.get(case), number) for case, number in counted.items()]


def read_counts(counter: str, python: str, path: Path = RECORD) -> Counts | None:
    """The recorded counts of a counter and a Python; None if there are none."""
    document: dict[str, dict[str, dict[str, int]]] = _read(path)
    return document.get(counter, {}).get(python)


def write_counts(counter: str, python: str, counts: Counts, path: Path = RECORD) -> None:
    """Record counts in the place of those of the same counter and Python."""
    document = _read(path)
    document.setdefault(counter, {})[python] = dict(counts)
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", "utf-8")


def _read(path: Path) -> dict[str, dict[str, dict[str, int]]]:
    document: dict[str, dict[str, dict[str, int]]] = (
        json.loads(path.read_text("utf-8")) if path.exists() else {}
    )
    return document
