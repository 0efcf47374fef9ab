"""Findings about waivers: those that expired, and those that cover nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence, Sized
from fnmatch import fnmatchcase

from checker.checks.finding import Finding, Outcome, Severity
from checker.checks.settings_rules import EXPIRED_WAIVER, UNUSED_WAIVER, SettingsRule
from checker.model.location import Location
from checker.records import NamedTuple
from checker.results import CheckedArchive
from checker.settings import Settings, Waiver, is_named
from checker.settings_file import Origin

_RAN = frozenset({Outcome.PASSED, Outcome.FAILED})


class _Waivers(NamedTuple):
    """The waivers of the settings, or those that a section adds to them.

    Attributes:
        settings: The settings that they are judged by.
        waivers: The waivers.
        origin: Where they are; None if they are not from a file.
        pointer: Where their list is, as a JSON pointer.
        is_section: Whether they are those of a section.
    """

    settings: Settings
    waivers: tuple[Waiver, ...]
    origin: Origin | None
    pointer: str
    is_section: bool = True


def waiver_findings(
    settings: Settings,
    sections: Sequence[Settings],
    archives: Sequence[tuple[Settings, CheckedArchive]],
    today: dt.date,
) -> tuple[Finding, ...]:
    """What is wrong with the waivers of the settings.

    Args:
        settings: The settings.
        sections: The settings with each of their sections over them.
        archives: The archives that were checked, each with the settings that are in force for it.
        today: The date.
    """
    return tuple(
        finding
        for group in _groups(settings, sections)
        for finding in _of_group(group, len(settings.waivers), archives, today)
    )


def _groups(settings: Settings, sections: Sequence[Settings]) -> Iterator[_Waivers]:
    yield _Waivers(settings, settings.waivers, settings.origin, "/waive", is_section=False)
    first = len(settings.waivers)
    for number, section in enumerate(sections):
        pointer = f"/archive/{number}/waive"
        yield _Waivers(section, section.waivers[first:], section.origin, pointer)


def _of_group(
    group: _Waivers,
    first: int,
    archives: Iterable[tuple[Settings, CheckedArchive]],
    today: dt.date,
) -> tuple[Finding, ...]:
    """The findings about some waivers.

    Args:
        group: The waivers.
        first: Number of the waivers that are not those of sections.
        archives: The archives, each with its settings.
        today: The date.
    """
    settings = group.settings
    covered = [
        (checked, first_of_group)
        for own, checked in archives
        if (first_of_group := _first_in(own, group, first)) is not None
    ]
    used = {
        number - first_of_group
        for checked, first_of_group in covered
        for number in checked.used_waivers
    }
    looked_at = [checked for checked, _ in covered]
    findings = (
        finding
        for number, waiver in enumerate(group.waivers)
        for finding in _of_waiver(group, number, waiver, looked_at, today, used)
    )
    shown = (finding for finding in findings if settings.runs(finding.rule, finding.name))
    judged = settings.judge(shown, today)
    if settings.strict_waivers:
        return tuple(finding._replace(severity=Severity.ERROR) for finding in judged)
    return judged


def _first_in(own: Settings, group: _Waivers, first: int) -> int | None:
    """Where some waivers begin among those of an archive's settings; None if they are not there."""
    if not group.is_section:
        return 0
    for layer in own.layers:
        if layer == group.origin:
            return first
        added = layer.table.get("waive", ())
        first += len(added) if isinstance(added, Sized) else 0
    return None


def _of_waiver(
    group: _Waivers,
    number: int,
    waiver: Waiver,
    archives: Iterable[CheckedArchive],
    today: dt.date,
    used: set[int],
) -> Iterator[Finding]:
    origin = group.origin
    file = "settings" if origin is None else origin.file
    place = file if origin is None else origin.place("waive", number)
    what = f"{place}: the waiver of {waiver.rule} ({waiver.reason})"
    location = Location(file, pointer=f"{group.pointer}/{number}")
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
