"""The result of a run, and of each archive in a line."""

from __future__ import annotations

from checker.checks.finding import Severity
from checker.records import NamedTuple
from checker.reports.html.findings import count_severities
from checker.reports.incomplete import incomplete
from checker.reports.layout import Style, safe
from checker.reports.printable import printable
from checker.reports.text.state import (
    State,
    counts,
    obstacles,
    state_of,
    state_of_run,
    way_of,
)
from checker.reports.wording import count_words, kind_words, size_words
from checker.results import CheckedArchive, Run
from checker.verdicts import Loadable

MOST_ROWS = 1000
"""The archives in the table."""

_MOST_PROBLEMS = 100
_UNKNOWN = "\N{EN DASH}"
_CHECK = "check"
_RESULTS = {
    State.OK: "OK",
    State.LOADS: "It can be loaded",
    State.DEPENDS: "Some engines load it",
    State.IMPORTS: "It can be imported",
    State.RESTORE: "It can be restored in several steps",
    State.CONVERT: "It can be converted",
}


class Headline(NamedTuple):
    """The result of a run.

    Attributes:
        look: ``good``, ``mixed`` or ``bad``, by which it is coloured.
        text: The result.
        detail: What was found.
        words: What to do with the archive, before the command.
        command: What restores the archive, if there is only one and nothing against it.
    """

    look: str
    text: str
    detail: str
    words: str
    command: str


class OverviewRow(NamedTuple):
    """An archive in the table.

    Attributes:
        anchor: Where it is described on the page; empty if it is not.
        path: Its path.
        state: Its result in a word.
        look: How that is coloured.
        kind: What it is.
        size: Its size.
        load: Whether it can be loaded.
        importable: Whether it can be imported.
        counts: Findings by severity.
    """

    anchor: str
    path: str
    state: str
    look: str
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


def path_words(checked: CheckedArchive) -> str:
    """What an archive is called on the page."""
    return safe(checked.path).strip() or "(no name)"


def headline(run: Run) -> Headline:
    """The result of a run."""
    state = state_of_run(run)
    many = count_words(len(run.archives), "archive")
    found = ", ".join(counts(run)) or "no findings"
    detail = f"{found} in {many}" if run.command == _CHECK else ""
    if not state.is_good:
        return Headline(look_of(state), _refusal(run, state), detail, "", "")
    if len(run.archives) != 1:
        return Headline(look_of(state), f"All {many} can be used", detail, "", "")
    classified = run.archives[0].classification
    way = None if classified is None else way_of(classified)
    if way is None:
        return Headline(look_of(state), _RESULTS[state], detail, "", "")
    verb, command = way
    words = f"{verb.capitalize()} it with"
    return Headline(look_of(state), _RESULTS[state], detail, words, printable(command))


def _refusal(run: Run, state: State) -> str:
    reasons = ", ".join(obstacles(run))
    if run.command != _CHECK:
        return f"Not all is known: {reasons}" if state is State.PARTIAL else reasons.capitalize()
    bad = sum(not state_of(run, checked).is_good for checked in run.archives)
    which = f" {bad:,} of {len(run.archives):,} archives" if len(run.archives) > 1 and bad else ""
    return f"Do not ship{which}: {reasons}"


def look_of(state: State) -> str:
    """How a result is coloured: ``good``, ``mixed`` or ``bad``."""
    return {Style.GOOD: "good", Style.WARNING: "mixed"}.get(state.style, "bad")


def overview_row(run: Run, checked: CheckedArchive, anchor: str) -> OverviewRow:
    """An archive in the table."""
    archive, found = checked.archive, checked.classification
    is_importable = found is not None and found.importable
    numbers = count_severities(checked.findings)
    state = state_of(run, checked)
    return OverviewRow(
        anchor=anchor,
        path=path_words(checked),
        state=str(state),
        look=look_of(state),
        kind=_UNKNOWN if archive is None else safe(kind_words(archive)),
        size=_UNKNOWN if archive is None else size_words(archive.size),
        load=_UNKNOWN if found is None else str(found.loadable),
        importable=_UNKNOWN if found is None else str(_yes_or_no(is_yes=is_importable)),
        counts=tuple((str(severity), numbers[severity]) for severity in Severity),
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
