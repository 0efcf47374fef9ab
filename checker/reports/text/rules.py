"""The rules that ran, by outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from checker.checks.finding import Outcome
from checker.model.untrusted import whole_number
from checker.patterns import pattern
from checker.reports.layout import Line, Style, paragraph, pieces, safe
from checker.reports.text.rows import LABEL, label, labelled
from checker.results import CheckedArchive

_WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "with findings",
    Outcome.ERROR: "crashed",
    Outcome.SKIPPED: "not applicable",
}
_ID = pattern(r"([A-Z]+)([0-9]{1,9})")
_LEAST = 3


def rules(checked: CheckedArchive, width: int) -> Iterator[Line]:
    """The number and the IDs of the rules with each outcome."""
    word = "rules"
    for outcome, words in _WORDS.items():
        ids = tuple(safe(one.rule) for one in checked.results if one.outcome is outcome)
        if ids:
            yield from labelled(word, Style.LABEL, f"{len(ids):,} {words}:", width)
            parts = tuple(ranges(ids))
            yield from paragraph(label(""), pieces(parts, width - LABEL), Style.FAINT)
            word = ""


def skipped(checked: CheckedArchive, width: int) -> Iterator[Line]:
    """The rules that users asked for and that were skipped, with the reason."""
    for one in checked.results:
        if one.outcome is Outcome.SKIPPED and one.is_required:
            text = f"{safe(one.rule)} {safe(one.name)}: {safe(one.reason or '')}"
            yield from labelled("skipped", Style.LABEL, text, width)


def ranges(ids: Iterable[str]) -> Iterator[str]:
    """IDs in their order, of three or more in a row only the first and last: ``ARC001-ARC017``."""
    numbered = [(number, one, _ID.fullmatch(one)) for number, one in enumerate(ids)]
    for _, group in groupby(numbered, lambda each: _run_of(each[0], each[2])):
        row = [one for _, one, _ in group]
        if len(row) < _LEAST:
            yield from row
        else:
            yield f"{row[0]}-{row[-1]}"


def _run_of(number: int, match: re.Match[str] | None) -> tuple[str, int, int]:
    """What the IDs of a row have in common: the letters, the digits, the distance to the index."""
    value = None if match is None else whole_number(match[2])
    if match is None or value is None:
        return "", 0, number
    return match[1], len(match[2]), value - number
