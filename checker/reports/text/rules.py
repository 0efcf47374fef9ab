"""The rules that ran, by outcome."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Outcome
from checker.reports.layout import Line, Style, paragraph, pieces, safe
from checker.reports.text.rows import LABEL, label, labelled
from checker.results import CheckedArchive

_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "with findings",
    Outcome.ERROR: "crashed",
    Outcome.SKIPPED: "not applicable",
}


def rules(checked: CheckedArchive, width: int) -> Iterator[Line]:
    """The number and the IDs of the rules with each outcome."""
    word = "rules"
    for outcome, words in _WORDS.items():
        ids = tuple(safe(one.rule) for one in checked.results if one.outcome is outcome)
        if ids:
            yield from labelled(word, Style.LABEL, f"{len(ids):,} {words}:", width)
            yield from paragraph(label(""), pieces(ids, width - LABEL), Style.FAINT)
            word = ""
