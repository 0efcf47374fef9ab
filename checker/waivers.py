"""Findings about waivers: those that expired, and those that cover nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from checker.checks.finding import Finding, Outcome, Severity
from checker.checks.settings_rules import EXPIRED_WAIVER, UNUSED_WAIVER, SettingsRule
from checker.model.location import Location
from checker.results import CheckedArchive
from checker.settings import Settings, Waiver, is_named

_RAN = frozenset({Outcome.PASSED, Outcome.FAILED})


def waiver_findings(
    settings: Settings, archives: Sequence[CheckedArchive], today: dt.date
) -> tuple[Finding, ...]:
    """What is wrong with the waivers of the settings.

    Args:
        settings: The settings.
        archives: The archives that were checked with them.
        today: The date.
    """
    used = {number for checked in archives for number in checked.used_waivers}
    findings = (
        finding
        for number, waiver in enumerate(settings.waivers)
        for finding in _of_waiver(settings, number, waiver, archives, today, used)
    )
    shown = (finding for finding in findings if settings.runs(finding.rule, finding.name))
    judged = settings.judge(shown, today)
    if settings.strict_waivers:
        return tuple(finding._replace(severity=Severity.ERROR) for finding in judged)
    return judged


def _of_waiver(
    settings: Settings,
    number: int,
    waiver: Waiver,
    archives: Iterable[CheckedArchive],
    today: dt.date,
    used: set[int],
) -> Iterator[Finding]:
    file = "settings" if settings.origin is None else settings.origin.file
    place = file if settings.origin is None else settings.origin.place("waive", number)
    what = f"{place}: the waiver of {waiver.rule} ({waiver.reason})"
    location = Location(file, pointer=f"/waive/{number}")
    if waiver.until is not None and waiver.until < today:
        text = f"{what} expired on {waiver.until.isoformat()}, so it is ignored"
        yield _finding(EXPIRED_WAIVER, text, location)
    elif number not in used and any(_is_checked(waiver, checked) for checked in archives):
        yield _finding(UNUSED_WAIVER, f"{what} does not cover any finding", location)


def _is_checked(waiver: Waiver, checked: CheckedArchive) -> bool:
    """Whether an archive was checked by the rules of a waiver that is for it."""
    return fnmatchcase(checked.path, waiver.archive) and any(
        result.outcome in _RAN and is_named(waiver.rule, result.rule, result.name)
        for result in checked.results
    )


def _finding(rule: SettingsRule, text: str, location: Location) -> Finding:
    return Finding(rule.id, rule.name, rule.severity, text, location)
