"""What kept a check from being complete: archives that were not read, crashes, plugin problems."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Outcome
from checker.records import NamedTuple
from checker.results import CheckedArchive, Run


class Incomplete(NamedTuple):
    """One thing that kept a check from being complete.

    Attributes:
        kind: ``plugin``, ``unreadable`` or ``crash``.
        text: What happened.
        path: The archive; None if it concerns the whole run.
    """

    kind: str
    text: str
    path: str | None = None


def incomplete(run: Run) -> Iterator[Incomplete]:
    """What kept a run from being complete; nothing if its exit code is not 3."""
    for problem in run.problems:
        yield Incomplete("plugin", str(problem))
    for checked in run.archives:
        yield from incomplete_archive(checked)


def incomplete_archive(checked: CheckedArchive) -> Iterator[Incomplete]:
    """What kept the check of one archive from being complete."""
    if checked.error is not None:
        yield Incomplete("unreadable", checked.error, checked.path)
    for crash in checked.crashes:
        yield Incomplete("crash", crash, checked.path)
    for result in checked.results:
        if result.outcome is Outcome.ERROR:
            text = f"rule {result.rule} crashed: {result.reason or 'no reason given'}"
            yield Incomplete("crash", text, checked.path)
