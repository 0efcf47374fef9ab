"""The findings of an archive, those that differ only in the place together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Command, DockerfileEdit
from checker.records import NamedTuple
from checker.reports.folding import by_rule, fold
from checker.reports.layout import safe
from checker.reports.wording import count_words, short_place_words

MOST_FINDINGS = 500
"""Groups of errors and warnings that are shown of an archive; as many of notes and of others."""

_MOST_OF_RULE = 2000
_GROUPS_OF_RULE = 20
_MOST_PLACES = 50
_MOST_RELATED = 10
_LONGEST_CODE = 4000


class FindingView(NamedTuple):
    """Findings that differ only in the place.

    Attributes:
        severity: Their severity.
        rule: ID of the rule.
        name: Its name.
        anchor: Where the rule is described on the page; empty if it is not.
        number: How many there are.
        message: The message of the first.
        place: The place of the first.
        places: Places of the others.
        more_places: How many places are not shown.
        related: Further places that belong to the first.
        fix: What to do, in words; empty if nothing is known.
        code: The command or the instructions that do it, in lines.
        accepted: Why they do not fail the run; empty if they could.
    """

    severity: str
    rule: str
    name: str
    anchor: str
    number: int
    message: str
    place: str
    places: tuple[str, ...]
    more_places: int
    related: tuple[str, ...]
    fix: str
    code: tuple[str, ...]
    accepted: str


class FindingsView(NamedTuple):
    """The findings of an archive.

    Attributes:
        grave: Errors and warnings.
        notes: Notes.
        accepted: Those that are waived or in the baseline.
        more: How many are not shown.
    """

    grave: tuple[FindingView, ...]
    notes: tuple[FindingView, ...]
    accepted: tuple[FindingView, ...]
    more: int

    @property
    def notes_words(self) -> str:
        """The number of notes in words."""
        return count_words(_number(self.notes), "note")

    @property
    def accepted_words(self) -> str:
        """The number of accepted findings in words."""
        return f"{count_words(_number(self.accepted), 'finding')} waived or in the baseline"


def findings_view(findings: Sequence[Finding], anchors: Mapping[str, str]) -> FindingsView:
    """The findings of an archive, as many as are shown.

    Args:
        findings: The findings.
        anchors: Where rules are described on the page, by their IDs.
    """
    counted = [finding for finding in findings if not finding.is_accepted]
    groups = (
        (finding for finding in counted if finding.severity is not Severity.NOTE),
        (finding for finding in counted if finding.severity is Severity.NOTE),
        (finding for finding in findings if finding.is_accepted),
    )
    grave, notes, accepted = (
        tuple(islice(_views(group, anchors), MOST_FINDINGS)) for group in groups
    )
    return FindingsView(
        grave, notes, accepted, len(findings) - sum(map(_number, (grave, notes, accepted)))
    )


def _number(views: Iterable[FindingView]) -> int:
    return sum(view.number for view in views)


def count_severities(findings: Iterable[Finding]) -> dict[Severity, int]:
    """The number of findings of each severity that are neither waived nor in the baseline."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += not finding.is_accepted
    return counts


def _views(findings: Iterable[Finding], anchors: Mapping[str, str]) -> Iterator[FindingView]:
    for group in by_rule(findings):
        by_reason: dict[str, list[Finding]] = {}
        for finding in group[:_MOST_OF_RULE]:
            by_reason.setdefault(_accepted(finding), []).append(finding)
        folds = (alike for same in by_reason.values() for alike in fold(same))
        yield from (_view(alike, anchors) for alike in islice(folds, _GROUPS_OF_RULE))


def _view(alike: Sequence[Finding], anchors: Mapping[str, str]) -> FindingView:
    first = alike[0]
    others = alike[1 : 1 + _MOST_PLACES]
    code = _code(first)
    return FindingView(
        severity=str(first.severity),
        rule=first.rule,
        name=first.name,
        anchor=anchors.get(first.rule, ""),
        number=len(alike),
        message=safe(first.message) or "no message",
        place=_place(first),
        places=tuple(filter(None, map(_place, others))),
        more_places=len(alike) - 1 - len(others),
        related=tuple(
            ", ".join(map(safe, short_place_words(each))) for each in first.related[:_MOST_RELATED]
        ),
        fix=_fix(first, is_in_code=bool(code)),
        code=code,
        accepted=_accepted(first),
    )


def _place(finding: Finding) -> str:
    return ", ".join(map(safe, short_place_words(finding.location)))


def _code(finding: Finding) -> tuple[str, ...]:
    change = None if finding.fix is None else finding.fix.change
    if isinstance(change, Command):
        return (change.line[:_LONGEST_CODE],)
    if isinstance(change, DockerfileEdit):
        return tuple(change.instructions[:_LONGEST_CODE].split("\n"))
    return ()


def _fix(finding: Finding, *, is_in_code: bool) -> str:
    if finding.fix is None:
        return ""
    return safe(finding.fix.title if is_in_code else finding.fix.text)


def _accepted(finding: Finding) -> str:
    if finding.waived is not None:
        return f"waived: {safe(finding.waived)}"
    return "in the baseline" if finding.in_baseline else ""
