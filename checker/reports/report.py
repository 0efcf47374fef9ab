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
        needs_content: Whether it shows more of an archive's facts than
            ``Archive.without_content`` keeps; otherwise the content of an archive is dropped before
            the next one is read.
        shows_digest: Whether it shows the digest of the whole archive, which takes time to compute.
    """

    name: str
    render: Callable[[Run], str]
    shows_digest: bool = False
    needs_content: bool = True
