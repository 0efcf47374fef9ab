"""A rule that explains everything else runs first, and its finding ends the run of the others."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from checker.checks.check import Check, CheckContext
from checker.checks.finding import Finding, Outcome, Severity
from checker.checks.registry import Rule
from checker.checks.runner import CheckRun, run_checks
from checker.model.archive import Archive
from checker.reading.archive import ReadOptions, read_file
from checker.testing.archive import sample


class Explaining(Check):
    id = "XMP001"
    name = "explaining"
    severity = Severity.ERROR
    explains_all = True

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        if archive.path == "damaged":
            yield self.finding(archive, "the cause")


class Crashing(Explaining):
    id = "XMP002"
    name = "crashing"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        raise ValueError(archive.path)


class Other(Check):
    id = "XMP003"
    name = "other"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        yield self.finding(archive, "a consequence")


class Early(Other):
    id = "XMP006"
    name = "early"
    needs_digests = False


class Following(Other):
    id = "XMP004"
    name = "following"
    follows_findings = True


class NotApplicable(Other):
    id = "XMP005"
    name = "not-applicable"

    def skip_reason(self, archive: Archive) -> str:
        return f"not for {archive.path}"


def run(name: str, *checks: type[Check]) -> CheckRun:
    archive = read_file(io.BytesIO(sample()), name, ReadOptions())
    rules = [Rule(check, "bundle") for check in checks]
    return run_checks(archive, rules, CheckContext())


def test_other_rules_are_skipped_with_the_reason() -> None:
    found = run("damaged", Other, Explaining, Following)
    assert [finding.rule for finding in found.findings] == ["XMP001", "XMP004"]
    outcomes = [result.outcome for result in found.results]
    assert outcomes == [Outcome.SKIPPED, Outcome.FAILED, Outcome.FAILED]
    assert found.results[0].reason == "explaining (XMP001) explains what is wrong with the file"


@pytest.mark.parametrize("checks", [(Other, Explaining), (Crashing, Other), (Other,)])
def test_without_a_finding_they_run(checks: tuple[type[Check], ...]) -> None:
    found = run("sound" if Explaining in checks else "damaged", *checks)
    assert [finding.rule for finding in found.findings] == ["XMP003"]


def test_rules_that_need_no_digests_are_skipped_as_well() -> None:
    found = run("damaged", Early, Explaining, Following)
    assert [finding.rule for finding in found.findings] == ["XMP001", "XMP004"]
    assert found.results[0].outcome is Outcome.SKIPPED


def test_the_reason_of_a_rule_itself_stays() -> None:
    found = run("damaged", NotApplicable, Explaining)
    assert found.results[0].reason == "not for damaged"


def test_the_order_of_the_rules_stays() -> None:
    found = run("sound", Other, Explaining, Following)
    assert [result.rule for result in found.results] == ["XMP003", "XMP001", "XMP004"]
