"""What the engines do with an archive, grouped by their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checker.reports.alike import assumptions, verdicts_alike
from checker.reports.layout import Line, Style, paragraph, pieces, safe
from checker.reports.text.rows import LABEL, beneath, label, wrapped
from checker.reports.wording import OUTCOME_WORDS
from checker.verdicts import Verdict, VerdictOutcome

ENGINES = "engines"
READERS = "readers"
"""Labels of the engines, and of other tools that read archives."""
_OUTCOMES = tuple(VerdictOutcome)
_STYLES = {
    VerdictOutcome.ACCEPTS: Style.GOOD,
    VerdictOutcome.ACCEPTS_BROKEN: Style.WARNING,
    VerdictOutcome.REJECTS: Style.BAD,
}


def answers(verdicts: Iterable[Verdict], width: int) -> Iterator[Line]:
    """The engines with the same outcome in one row, below a label."""
    without_reasons = [verdict._replace(reason="") for verdict in verdicts]
    yield from _groups(without_reasons, width, ENGINES)


def tools(verdicts: Iterable[Verdict], width: int) -> Iterator[Line]:
    """The other tools in one row for each outcome, that of the action that fits the archive best.

    A tool has an action for each kind of archive, so that the others refuse it.
    """
    best: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=lambda each: _OUTCOMES.index(each.outcome)):
        best.setdefault(verdict.engine, verdict._replace(action="", reason=""))
    yield from _groups(tuple(best.values()), width, READERS)


def reasons(verdicts: Sequence[Verdict], width: int, title: str = ENGINES) -> Iterator[Line]:
    """The engines with the same outcome and reason in one row, then what is assumed."""
    yield from _groups(verdicts, width, title)
    yield from _assumptions(verdicts, width)


def _groups(verdicts: Sequence[Verdict], width: int, title: str) -> Iterator[Line]:
    longest = max((len(OUTCOME_WORDS[each.outcome]) for each in verdicts), default=0) + 2
    for number, ((outcome, reason), alike) in enumerate(verdicts_alike(verdicts)):
        shown = (_STYLES[outcome], OUTCOME_WORDS[outcome].ljust(longest))
        start = (*label("" if number else title), shown)
        indent = LABEL + longest
        yield from paragraph(start, pieces(_names(alike), width - indent), Style.PLAIN)
        if reason:
            yield from wrapped(((Style.PLAIN, " " * indent),), reason, width, Style.FAINT)


def _names(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(safe(f"{verdict.engine} {verdict.action}".rstrip()) for verdict in verdicts)


def _assumptions(verdicts: Sequence[Verdict], width: int) -> Iterator[Line]:
    """The conditions of all verdicts, below a label that is wider than the column of labels."""
    conditions = assumptions(verdicts)
    if conditions:
        yield label("assumptions")
    for condition in conditions:
        yield from beneath(condition, width)
