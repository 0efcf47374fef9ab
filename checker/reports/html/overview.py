"""The result of a run, and of each archive in a line."""

from __future__ import annotations

from typing import NamedTuple

from checker.checks.finding import Severity
from checker.reports.html.findings import count_severities, severity_words
from checker.reports.incomplete import incomplete
from checker.reports.layout import safe
from checker.reports.printable import printable
from checker.reports.wording import count_words, kind_words, size_words
from checker.results import CheckedArchive, Run
from checker.verdicts import Loadable

MOST_ROWS = 1000
"""The archives in the table."""

_MOST_PROBLEMS = 100
_UNKNOWN = "unknown"
_CHECK = "check"


class Headline(NamedTuple):
    """The result of a run.

    Attributes:
        state: ``passed``, ``failed``, ``incomplete`` or ``classified``.
        text: The result.
        detail: What it means.
        command: What restores the archive, if there is one that may be shipped.
    """

    state: str
    text: str
    detail: str
    command: str


class OverviewRow(NamedTuple):
    """An archive in the table.

    Attributes:
        anchor: Where it is described on the page; empty if it is not.
        path: Its path.
        state: Its result, see ``state_of``.
        kind: What it is.
        size: Its size.
        load: Whether it can be loaded.
        importable: Whether it can be imported.
        counts: Findings by severity.
    """

    anchor: str
    path: str
    state: str
    kind: str
    size: str
    load: str
    importable: str
    counts: tuple[tuple[str, int], ...]


class ProblemView(NamedTuple):
    """What kept the check from being complete."""

    kind: str
    path: str
    text: str


def state_of(run: Run, checked: CheckedArchive) -> str:
    """The result of an archive: passed, failed, incomplete, not read, or classified."""
    if checked.error is not None:
        return "not read"
    if not checked.is_whole:
        return "incomplete"
    if run.command != _CHECK:
        return "classified"
    return "failed" if any(map(run.fails, checked.findings)) else "passed"


def path_words(checked: CheckedArchive) -> str:
    """What an archive is called on the page."""
    return safe(checked.path).strip() or "(no name)"


def headline(run: Run) -> Headline:
    """The result of a run."""
    counts = severity_words(count_severities(run.findings))
    found = f"{counts or 'no findings'} in {count_words(len(run.archives), 'archive')}"
    if run.exit_code == 3:
        return Headline("incomplete", "The check is incomplete", f"{found}; see below", "")
    if run.exit_code:
        failing = severity_words(count_severities(filter(run.fails, run.findings)))
        return Headline("failed", f"Do not ship: {failing}", found, "")
    if run.command != _CHECK:
        many = count_words(len(run.archives), "archive")
        return Headline("classified", f"{many} classified", "no rules were run", _command(run))
    return Headline("passed", "Passed", found, _command(run))


def _command(run: Run) -> str:
    """What restores the archive, if there is only one."""
    commands = [checked.restore_command for checked in run.archives]
    return printable(commands[0]) if len(commands) == 1 and commands[0] is not None else ""


def overview_row(run: Run, checked: CheckedArchive, anchor: str) -> OverviewRow:
    """An archive in the table."""
    archive, found = checked.archive, checked.classification
    is_importable = found is not None and found.importable
    counts = count_severities(checked.findings)
    return OverviewRow(
        anchor=anchor,
        path=path_words(checked),
        state=state_of(run, checked),
        kind=_UNKNOWN if archive is None else safe(kind_words(archive)),
        size=_UNKNOWN if archive is None else size_words(archive.size),
        load=_UNKNOWN if found is None else str(found.loadable),
        importable=_UNKNOWN if found is None else str(_yes_or_no(is_yes=is_importable)),
        counts=tuple((str(severity), counts[severity]) for severity in Severity),
    )


def _yes_or_no(*, is_yes: bool) -> Loadable:
    return Loadable.YES if is_yes else Loadable.NO


def problem_views(run: Run) -> tuple[tuple[ProblemView, ...], int]:
    """What kept the check from being complete, and how much of it is not shown."""
    found = tuple(incomplete(run))
    shown = tuple(
        ProblemView(each.kind, "" if each.path is None else safe(each.path), safe(each.text))
        for each in found[:_MOST_PROBLEMS]
    )
    return shown, len(found) - len(shown)
