"""The JUnit report: one suite per archive, one test case per rule.

It is built with junit-xml, whose version 1.9 needs workarounds, all of them here: it raises on
bytes that are not UTF-8 and drops control characters, so every text is made printable first; it
writes a ``disabled`` attribute that the schema of Jenkins' xUnit plugin refuses, and times with
more than the three decimals that the schema allows, so the elements are fixed before they are
written.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from junit_xml import TestCase, TestSuite

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.reports.printable import command_starts, printable
from checker.reports.wording import OUTCOME_WORDS, place_words
from checker.results import AppliedSettings, CheckedArchive, PluginProblem, Run
from checker.verdicts import Verdict, VerdictOutcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_HOST = "checker"
_COUNTS = ("tests", "failures", "errors")
_GRAVE = frozenset({Severity.ERROR, Severity.WARNING})


def render_junit(run: Run) -> str:
    """The report as an XML document, to be encoded as UTF-8."""
    return _document([_mended(suite) for suite in _suites(run)])


# --- the content of the report


def _suites(run: Run) -> Iterator[TestSuite]:
    names = _Names()
    if run.problems:
        yield _plugin_suite(run.problems, names)
    for checked in run.archives:
        name = names.unique(printable(checked.path))
        yield TestSuite(name, list(_cases(run, checked, name)))
    if run.waiver_findings:
        yield _waiver_suite(run, names)


def _waiver_suite(run: Run, names: _Names) -> TestSuite:
    suite = names.unique("waivers")
    by_rule: dict[str, list[Finding]] = {}
    for finding in run.waiver_findings:
        by_rule.setdefault(_case_name(finding.rule, finding.name), []).append(finding)
    cases = (
        _with_findings(run, TestCase(name, f"{suite}.{_HOST}"), findings)
        for name, findings in by_rule.items()
    )
    return TestSuite(suite, list(cases))


def _settings_case(settings: AppliedSettings, host: str) -> TestCase:
    """A case that passes, since a suite has no other place for what a settings file changes."""
    case = TestCase(printable(f"settings from {settings.file}"), host)
    case.stdout = printable(", ".join(settings.changes) or "no changes")
    return case


class _Names:
    """Makes names unique: a repeated name gets a number."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def unique(self, name: str) -> str:
        base = name or "unnamed"
        number, free = 1, base
        while free in self._given:
            number += 1
            free = f"{base} ({number})"
        self._given.add(free)
        return free


def _plugin_suite(problems: Iterable[PluginProblem], names: _Names) -> TestSuite:
    suite = names.unique("plugins")
    cases = _Names()
    return TestSuite(
        suite,
        [
            _errored(cases.unique(printable(problem.name)), suite, str(problem), "plugin")
            for problem in problems
        ],
    )


def _cases(run: Run, checked: CheckedArchive, suite: str) -> Iterator[TestCase]:
    # Readers split at the last dot: the part before it is the package, here the archive.
    package = suite.replace(".", "_")
    host = f"{package}.{_HOST}"
    if checked.error is not None:
        yield _errored("read", host, checked.error, "unreadable")
    if run.settings is not None:
        yield _settings_case(run.settings, f"{host}.settings")
    names = _Names()
    by_rule: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for result in checked.results:
        name = names.unique(_case_name(result.rule, result.name))
        findings = by_rule.pop(result.rule, [])
        yield _rule_case(run, result, findings, name, f"{package}.{printable(result.bundle)}")
    for findings in by_rule.values():
        name = names.unique(_case_name(findings[0].rule, findings[0].name))
        yield _with_findings(run, TestCase(name, host), findings)
    for verdict in checked.required_verdicts:
        name = names.unique(f"{printable(verdict.engine)} {printable(verdict.action)}")
        yield _verdict_case(verdict, name, f"{package}.engines")
    for crash in checked.crashes:
        yield _errored(names.unique("crash"), host, crash, "crash")


def _case_name(rule: str, name: str) -> str:
    return f"{printable(rule)} {printable(name)}"


def _verdict_case(verdict: Verdict, name: str, class_name: str) -> TestCase:
    """The verdict of one engine; anything other than acceptance is a failure."""
    case = TestCase(name, class_name)
    if verdict.outcome is not VerdictOutcome.ACCEPTS:
        # junit-xml leaves out a failure without a text.
        outcome = OUTCOME_WORDS[verdict.outcome]
        shown = printable(verdict.reason) or outcome
        said = f"\n{printable(verdict.message)}" if verdict.message else ""
        case.add_failure_info(shown, f"{outcome}: {shown}{said}", verdict.outcome)
    return case


def _errored(name: str, class_name: str, text: str, kind: str) -> TestCase:
    case = TestCase(name, class_name)
    # junit-xml leaves out an error without a text.
    shown = printable(text) or kind
    case.add_error_info(shown, shown, kind)
    return case


def _rule_case(
    run: Run, result: Result, findings: Sequence[Finding], name: str, class_name: str
) -> TestCase:
    case = TestCase(name, class_name, elapsed_sec=result.seconds)
    if result.outcome is Outcome.ERROR:
        # A case has one outcome, so findings before the crash are in its output.
        case.add_error_info(printable(result.reason or "crashed"), _crash_text(result), "crash")
        case.stdout = _listed(findings)
        return case
    if result.outcome is Outcome.SKIPPED:
        case.add_skipped_info(printable(result.reason or "not applicable"))
        case.stdout = _listed(findings)
        return case
    return _with_findings(run, case, findings)


def _crash_text(result: Result) -> str:
    return _block((result.traceback or result.reason or "no traceback").split("\n"))


def _with_findings(run: Run, case: TestCase, findings: Sequence[Finding]) -> TestCase:
    """Fail the case for errors, warnings and what fails the run; the rest is in its output."""
    failing = [finding for finding in findings if _fails(run, finding)]
    case.stdout = _listed([finding for finding in findings if not _fails(run, finding)])
    if failing:
        gravest = min((finding.severity for finding in failing), key=lambda severity: severity.rank)
        case.add_failure_info(_headline(failing), _listed(failing), str(gravest))
    return case


def _fails(run: Run, finding: Finding) -> bool:
    return not finding.is_accepted and (run.fails(finding) or finding.severity in _GRAVE)


def _headline(findings: Sequence[Finding]) -> str:
    more = len(findings) - 1
    text = printable(findings[0].message) or f"no message from {printable(findings[0].rule)}"
    return f"{text} (and {more} more)" if more else text


def _listed(findings: Iterable[Finding]) -> str:
    return "\n".join(_told(finding) for finding in findings)


def _told(finding: Finding) -> str:
    lines = [f"{finding.severity}: {finding.message}"]
    places = (("at", finding.location), *(("see", location) for location in finding.related))
    words = ((word, ", ".join(place_words(location))) for word, location in places)
    lines += [f"  {word} {place}" for word, place in words if place]
    if finding.fix is not None:
        lines.append(f"  fix: {finding.fix.text}")
    if finding.waived is not None:
        lines.append(f"  waived: {finding.waived}")
    if finding.in_baseline:
        lines.append("  in the baseline")
    return _block(lines)


def _block(lines: Iterable[str]) -> str:
    return "\n".join(map(printable, lines))


# --- junit-xml and what it gets wrong


def _mended(suite: TestSuite) -> Element:
    """The element of a suite, with exactly the attributes that every reader takes."""
    element: Element = suite.build_xml_doc()
    element.attrib.pop("disabled", None)
    total = 0
    for case, made in zip(element.findall("testcase"), suite.test_cases, strict=True):
        milliseconds = _milliseconds(made.elapsed_sec)
        total += milliseconds
        case.set("time", _seconds(milliseconds))
    element.set("time", _seconds(total))
    return element


def _milliseconds(seconds: float | None) -> int:
    if seconds is None or not math.isfinite(seconds):
        return 0
    return max(0, round(seconds * 1000))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _document(suites: Sequence[Element]) -> str:
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", {"name": "archive-checker"})
    totals: Counter[str] = Counter()
    for suite in suites:
        totals.update({key: int(suite.get(key, "0")) for key in _COUNTS})
    for key in _COUNTS:
        root.set(key, str(totals[key]))
    root.extend(suites)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f"{_DECLARATION}{''.join(map(_without_commands, text.splitlines(keepends=True)))}\n"


def _without_commands(line: str) -> str:
    """A line that no CI system takes for a command, with a character reference in its place."""
    for start in reversed(command_starts(line)):
        line = f"{line[:start]}&#{ord(line[start])};{line[start + 1 :]}"
    return line
