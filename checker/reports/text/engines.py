"""What the engines do with an archive, grouped by their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def answers(verdicts: Sequence[Verdict], width: int, title: str = ENGINES) -> Iterator[Line]:
    """The engines with the same outcome in one row, below a label."""
    groups: dict[tuple[VerdictOutcome, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.outcome, ""), []).append(verdict)
    yield from _groups(groups, width, title)


def reasons(verdicts: Sequence[Verdict], width: int, title: str = ENGINES) -> Iterator[Line]:
    """The engines with the same outcome and reason in one row, then what is assumed."""
    groups: dict[tuple[VerdictOutcome, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.outcome, safe(verdict.reason)), []).append(verdict)
    yield from _groups(groups, width, title)
    yield from _assumptions(verdicts, width)


def _groups(
    groups: dict[tuple[VerdictOutcome, str], list[Verdict]], width: int, title: str
) -> Iterator[Line]:
    longest = max((len(OUTCOME_WORDS[outcome]) for outcome, _ in groups), default=0) + 2
    by_outcome = sorted(groups.items(), key=lambda group: _OUTCOMES.index(group[0][0]))
    for number, ((outcome, reason), verdicts) in enumerate(by_outcome):
        shown = (_STYLES[outcome], OUTCOME_WORDS[outcome].ljust(longest))
        start = (*label("" if number else title), shown)
        indent = LABEL + longest
        yield from paragraph(start, pieces(_names(verdicts), width - indent), Style.PLAIN)
        if reason:
            yield from wrapped(((Style.PLAIN, " " * indent),), reason, width, Style.FAINT)


def _names(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(safe(f"{verdict.engine} {verdict.action}") for verdict in verdicts)


def _assumptions(verdicts: Sequence[Verdict], width: int) -> Iterator[Line]:
    """The conditions of all verdicts, below a label that is wider than the column of labels."""
    conditions = dict.fromkeys(each for verdict in verdicts for each in verdict.conditions)
    if conditions:
        yield label("assumptions")
    for condition in conditions:
        yield from beneath(safe(condition), width)
