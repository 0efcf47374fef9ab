"""Test cases: what a run found, as reports for test dashboards show it (JUnit and TAP)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.records import NamedTuple
from checker.reports.incomplete import incomplete_archive
from checker.reports.printable import printable
from checker.reports.wording import OUTCOME_WORDS, place_words, short_place_words
from checker.results import AppliedSettings, CheckedArchive, PluginProblem, Run
from checker.verdicts import Verdict, VerdictOutcome

HOST = "checker"
"""The bundle of cases that are not those of rules."""

_GRAVE = frozenset({Severity.ERROR, Severity.WARNING})
_LONGEST_MESSAGE = 200


class CaseKind(StrEnum):
    """What is a test case."""

    RULES = "rules"
    FINDINGS = "findings"
    ARCHIVES = "archives"


class Status(StrEnum):
    """How a test case ended."""

    PASSED = "passed"
    FAILED = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class Case(NamedTuple):
    """A test case. All texts are safe to show.

    Attributes:
        name: Its name, which no other case of the suite has.
        bundle: What it belongs to: the plugin of the rule, ``engines``, or the checker.
        status: How it ended.
        message: Why it did not pass, in a line of bounded length.
        body: Why it did not pass, as a whole.
        kind: The severity, outcome or kind of failure; empty if it passed.
        output: What else there is to tell.
        seconds: The time that it took.
    """

    name: str
    bundle: str = HOST
    status: Status = Status.PASSED
    message: str = ""
    body: str = ""
    kind: str = ""
    output: str = ""
    seconds: float = 0.0


class Suite(NamedTuple):
    """The test cases of one archive, or of all.

    Attributes:
        name: Its name, which no other suite has.
        cases: The cases.
        path: The archive, as the user specified it; None for a suite of another kind.
        inapplicable: The number of rules that do not apply to the archive, which have no case.
    """

    name: str
    cases: tuple[Case, ...]
    path: str | None = None
    inapplicable: int = 0


def suites_of(run: Run, kind: CaseKind) -> tuple[Suite, ...]:
    """The suites of a run: problems with plugins, the archives, then findings about waivers."""
    names = _Names()
    found = [_plugin_suite(run.problems, names)] if run.problems else []
    if kind is CaseKind.ARCHIVES:
        return (*found, _archives_suite(run, names), *_waiver_suites(run, names))
    make = _rule_cases if kind is CaseKind.RULES else _finding_cases
    for checked in run.archives:
        name = names.unique(printable(checked.path))
        cases = _unique((*_host_cases(run, checked), *make(run, checked), *_end_cases(checked)))
        found.append(Suite(name, cases, checked.path, _inapplicable(checked)))
    return (*found, *_waiver_suites(run, names))


def _inapplicable(checked: CheckedArchive) -> int:
    return sum(
        result.outcome is Outcome.SKIPPED and not result.is_required for result in checked.results
    )


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


def _unique(cases: Iterable[Case]) -> tuple[Case, ...]:
    names = _Names()
    return tuple(case._replace(name=names.unique(case.name)) for case in cases)


# --- cases that are there for every kind


def _plugin_suite(problems: Iterable[PluginProblem], names: _Names) -> Suite:
    cases = (
        _errored(printable(problem.name), str(problem), "plugin", "plugins") for problem in problems
    )
    return Suite(names.unique("plugins"), _unique(cases))


def _waiver_suites(run: Run, names: _Names) -> Iterator[Suite]:
    if not run.waiver_findings:
        return
    by_rule: dict[str, list[Finding]] = {}
    for finding in run.waiver_findings:
        by_rule.setdefault(_case_name(finding.rule, finding.name), []).append(finding)
    cases = (_with_findings(run, Case(name), findings) for name, findings in by_rule.items())
    yield Suite(names.unique("waivers"), _unique(cases))


def _host_cases(run: Run, checked: CheckedArchive) -> Iterator[Case]:
    if checked.error is not None:
        yield _errored("read", checked.error, "unreadable")
    if run.settings is not None:
        yield _settings_case(run.settings)


def _settings_case(settings: AppliedSettings) -> Case:
    """A case that passes, since a suite has no other place for what a settings file changes."""
    changes = printable(", ".join(settings.changes) or "no changes")
    return Case(printable(f"settings from {settings.file}"), f"{HOST}.settings", output=changes)


def _end_cases(checked: CheckedArchive) -> Iterator[Case]:
    yield from map(_verdict_case, checked.required_verdicts)
    for crash in checked.crashes:
        yield _errored("crash", crash, "crash")


def _errored(name: str, text: str, kind: str, bundle: str = HOST) -> Case:
    shown = printable(text) or kind
    return Case(name, bundle, Status.ERROR, _message(shown), shown, kind)


def _verdict_case(verdict: Verdict) -> Case:
    """The verdict of one engine; anything other than acceptance is a failure."""
    name = f"{printable(verdict.engine)} {printable(verdict.action)}"
    if verdict.outcome is VerdictOutcome.ACCEPTS:
        return Case(name, "engines")
    outcome = OUTCOME_WORDS[verdict.outcome]
    shown = printable(verdict.reason) or outcome
    said = f"\n{printable(verdict.message)}" if verdict.message else ""
    body = f"{outcome}: {shown}{said}"
    return Case(name, "engines", Status.FAILED, _message(shown), body, str(verdict.outcome))


# --- a case for each rule


def _rule_cases(run: Run, checked: CheckedArchive) -> Iterator[Case]:
    """A case for each rule that ran, and for each finding of a rule that is not known to have."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for result in checked.results:
        if _is_listed_skip(result):
            yield _skipped_case(result)
        elif result.outcome is not Outcome.SKIPPED or result.rule in by_rule:
            yield _rule_case(run, result, by_rule.pop(result.rule, []))
    for findings in by_rule.values():
        yield _with_findings(run, Case(_case_name(findings[0].rule, findings[0].name)), findings)


def _skipped_case(result: Result) -> Case:
    """A case for a rule that users asked for, and that was skipped."""
    why = _message(printable(result.reason or "not applicable"))
    name = _case_name(result.rule, result.name)
    return Case(name, printable(result.bundle), Status.SKIPPED, why)


def _rule_case(run: Run, result: Result, findings: Sequence[Finding]) -> Case:
    case = Case(
        _case_name(result.rule, result.name), printable(result.bundle), seconds=result.seconds
    )
    if result.outcome is not Outcome.ERROR:
        return _with_findings(run, case, findings)
    # A case has one outcome, so findings before the crash are in its output.
    return case._replace(
        status=Status.ERROR,
        message=_message(printable(result.reason or "crashed")),
        body=_block((result.traceback or result.reason or "no traceback").split("\n")),
        kind="crash",
        output=_listed(findings),
    )


def _case_name(rule: str, name: str) -> str:
    return f"{printable(rule)} {printable(name)}"


def _with_findings(run: Run, case: Case, findings: Sequence[Finding]) -> Case:
    """Fail the case for errors, warnings and what fails the run; the rest is in its output."""
    failing = [finding for finding in findings if _fails(run, finding)]
    output = _listed([finding for finding in findings if not _fails(run, finding)])
    if not failing:
        return case._replace(output=output)
    highest = min((finding.severity for finding in failing), key=lambda severity: severity.rank)
    return case._replace(
        status=Status.FAILED,
        message=_headline(failing),
        body=_listed(failing),
        kind=str(highest),
        output=output,
    )


def _fails(run: Run, finding: Finding) -> bool:
    return not finding.is_accepted and (run.fails(finding) or finding.severity in _GRAVE)


# --- a case for each finding


def _finding_cases(run: Run, checked: CheckedArchive) -> Iterator[Case]:
    """A case for each finding, one for the rules without any, and one for each that crashed."""
    bundles = {result.rule: printable(result.bundle) for result in checked.results}
    for finding in checked.findings:
        place = ", ".join(short_place_words(finding.location))
        name = f"{_case_name(finding.rule, finding.name)} {place}"
        case = Case(name.rstrip(), bundles.get(finding.rule, HOST))
        yield _with_findings(run, case, [finding])
    yield from (_skipped_case(one) for one in checked.results if _is_listed_skip(one))
    passed = [result for result in checked.results if result.outcome is Outcome.PASSED]
    if passed:
        names = "\n".join(_case_name(result.rule, result.name) for result in passed)
        seconds = sum(result.seconds for result in passed)
        yield Case("rules without findings", output=names, seconds=seconds)
    for result in checked.results:
        if result.outcome is Outcome.ERROR:
            yield _rule_case(run, result, ())


def _is_listed_skip(result: Result) -> bool:
    return result.outcome is Outcome.SKIPPED and result.is_required


# --- a case for each archive


def _archives_suite(run: Run, names: _Names) -> Suite:
    cases = _unique(_archive_case(run, checked) for checked in run.archives)
    return Suite(
        names.unique("archives"), cases, None, sum(_inapplicable(each) for each in run.archives)
    )


def _archive_case(run: Run, checked: CheckedArchive) -> Case:
    """A case for an archive: an error if the check is incomplete, a failure for findings."""
    seconds = sum(result.seconds for result in checked.results if math.isfinite(result.seconds))
    case = Case(printable(checked.path), seconds=seconds)
    case = _with_findings(run, case, checked.findings)
    refused = [one for one in map(_verdict_case, checked.required_verdicts) if one.body]
    if refused:
        body = "\n".join(filter(None, (case.body, *(one.body for one in refused))))
        message = case.message or refused[0].message
        kind = case.kind or refused[0].kind
        case = case._replace(status=Status.FAILED, message=message, body=body, kind=kind)
    problems = [printable(each.text) or each.kind for each in incomplete_archive(checked)]
    if not problems:
        return case
    output = "\n".join(filter(None, (case.body, case.output)))
    return case._replace(
        status=Status.ERROR,
        message=_message(problems[0]),
        body="\n".join(problems),
        kind="incomplete",
        output=output,
    )


# --- texts


def _headline(findings: Sequence[Finding]) -> str:
    more = len(findings) - 1
    text = printable(findings[0].message) or f"no message from {printable(findings[0].rule)}"
    return f"{_message(text)} (and {more} more)" if more else _message(text)


def _message(text: str) -> str:
    """A text of bounded length; the whole one is in the body."""
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 3]}..."


def _listed(findings: Iterable[Finding]) -> str:
    return "\n".join(map(_told, findings))


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
