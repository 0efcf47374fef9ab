"""Report formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker.results import Run


class Report(NamedTuple):
    """A report format, for ``--format NAME``.

    Attributes:
        name: Its name on the command line.
        render: Returns the text of the report of a run.
        shows_digest: Whether it shows the digest of the whole archive, which takes time to compute.
    """

    name: str
    render: Callable[[Run], str]
    shows_digest: bool = False
