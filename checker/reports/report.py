"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker.results import Run


class Report(NamedTuple):
    """A report format, for ``--format NAME``.

    Attributes:
        name: What the user calls it.
        render: Makes the text of a report from a run.
        shows_digest: Whether it shows the sum of the whole archive, which takes time to compute.
    """

    name: str
    render: Callable[[Run], str]
    shows_digest: bool = False
