"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checker.run import Run


@dataclass(frozen=True, slots=True)
class Report:
    """A report format, for ``--format NAME``.

    Attributes:
        name: What the user calls it.
        render: Makes the text of a report from a run.
    """

    name: str
    render: Callable[[Run], str]
