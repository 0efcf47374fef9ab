"""The overview as JUnit: a case for each archive that does not pass, each rule, each upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from junit_xml import TestCase, TestSuite

from checker.checks.finding import Severity
from checker.fleet.overview import Overview
from checker.fleet.reports.words import headline, upgrade_words
from checker.reports.junit import document_of
from checker.reports.printable import printable
from checker.reports.wording import count_words


def render_junit(overview: Overview) -> str:
    """The overview as an XML document."""
    suites = (
        ("archives", _archives(overview)),
        ("rules", _rules(overview)),
        ("upgrades", _upgrades(overview)),
    )
    return document_of([TestSuite(f"sweep: {name}", list(cases)) for name, cases in suites])


def _archives(overview: Overview) -> Iterator[TestCase]:
    yield TestCase("summary", "sweep.archives", stdout=headline(overview))
    for one in overview.worst:
        case = TestCase(printable(one.url), "sweep.archives")
        words = f"{count_words(one.errors, 'error')}, {count_words(one.warnings, 'warning')}"
        case.add_failure_info(words, words, "archive")
        yield case
    for one in overview.not_checked:
        case = TestCase(printable(one.url), "sweep.archives")
        reason = printable(one.error or one.state)
        case.add_error_info(reason, reason, "archive")
        yield case


def _rules(overview: Overview) -> Iterator[TestCase]:
    for one in overview.rules:
        case = TestCase(f"{one.rule} {one.name}: {one.severity}", "sweep.rules")
        found = count_words(one.findings, "finding")
        words = f"{found} in {count_words(one.archives, 'archive')}"
        if one.severity == Severity.ERROR:
            case.add_failure_info(words, words, "rule")
        else:
            case.stdout = words
        yield case


def _upgrades(overview: Overview) -> Iterator[TestCase]:
    for one in overview.upgrades:
        case = TestCase(f"{one.before} to {one.after}: {one.action}", "sweep.upgrades")
        words = upgrade_words(one)
        if one.refused or one.broken:
            listed = (f"{each.url}: {each.outcome}: {each.reason}" for each in one.archives)
            case.add_failure_info(words, "\n".join(map(printable, listed)), "upgrade")
        else:
            case.stdout = words
        yield case
