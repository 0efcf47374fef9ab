"""The table of several archives: a row for each, which appears as soon as it is done."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Severity
from checker.reports.layout import Line, Style
from checker.reports.printable import cells, printable
from checker.reports.text.rows import label
from checker.reports.text.state import state_of
from checker.reports.wording import kind_words
from checker.results import CheckedArchive, Run
from checker.verdicts import Loadable

_GAP = "  "
_ANSWER = 9
_KIND = 32
_NOTHING = "-"
_ANSWERS = {
    Loadable.YES: Style.GOOD,
    Loadable.DEPENDS: Style.WARNING,
    Loadable.NO: Style.BAD,
}
_SEVERITIES = {
    Severity.ERROR: Style.ERROR,
    Severity.WARNING: Style.WARNING,
    Severity.NOTE: Style.NOTE,
}


def names_of_columns(run: Run) -> Line:
    """The first line of the table."""
    start = label("result")
    columns = _NUMBERS_NAMES if run.command == "check" else "kind".ljust(_KIND)
    return (*start, (Style.LABEL, f"{columns}archive"))


_NUMBERS_NAMES = (
    "".join(f"{severity}s{_GAP}" for severity in Severity)
    + "load".ljust(_ANSWER)
    + "import".ljust(_ANSWER)
)


def row(run: Run, checked: CheckedArchive) -> Line:
    """One archive; its path is last, so that the columns are aligned."""
    state = state_of(run, checked)
    columns = _of_check(checked) if run.command == "check" else _of_classify(checked)
    return (*label(state, state.style), *columns, (Style.TITLE, printable(checked.path)))


def _of_check(checked: CheckedArchive) -> Iterator[tuple[Style, str]]:
    found = [finding.severity for finding in checked.findings if not finding.is_accepted]
    for severity in Severity:
        count = found.count(severity)
        style = _SEVERITIES[severity] if count else Style.FAINT
        yield style, f"{count or _NOTHING:>{len(severity) + 1}}{_GAP}"
    classified = checked.classification
    if classified is None:
        yield Style.FAINT, _NOTHING.ljust(_ANSWER) * 2
        return
    importable = Loadable.YES if classified.importable else Loadable.NO
    for answer in (classified.loadable, importable):
        yield _ANSWERS[answer], answer.ljust(_ANSWER)


def _of_classify(checked: CheckedArchive) -> Iterator[tuple[Style, str]]:
    words = _NOTHING if checked.archive is None else kind_words(checked.archive)
    yield Style.PLAIN, f"{words} ".ljust(_KIND + len(words) - cells(words))
