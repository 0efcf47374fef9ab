"""The report with ``-q``: a line for each archive that does not pass, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from checker.reports.layout import Line, Style, safe
from checker.reports.printable import printable
from checker.reports.text.rows import label
from checker.reports.text.state import State, alone, obstacles, state_of
from checker.results import CheckedArchive, Run


def quiet_lines(run: Run, checked: CheckedArchive) -> Iterator[Line]:
    """The line for an archive; none if it passes."""
    state = state_of(run, checked)
    if state.is_good:
        return
    is_unread = state is State.UNREAD
    reason = _reason(checked) if is_unread else ", ".join(obstacles(alone(run, checked)))
    yield (
        *label(state, state.style),
        (Style.TITLE, printable(checked.path)),
        (Style.PLAIN, f": {reason}"),
    )


def _reason(checked: CheckedArchive) -> str:
    return safe((checked.error or "").removeprefix(f"{checked.path}: "))


def quiet_end(run: Run) -> Iterator[Line]:
    """The lines for what concerns no single archive."""
    for problem in run.problems:
        yield (
            *label("plugin", Style.ERROR),
            (Style.PLAIN, safe(str(problem).removeprefix("plugin "))),
        )
    for finding in run.waiver_findings:
        if run.fails(finding):
            text = safe(f"{finding.rule} {finding.name}: {finding.message}")
            yield (*label(State.FAILED, Style.ERROR), (Style.PLAIN, text))
