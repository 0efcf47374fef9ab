"""Rules as tests: one for each rule and archive, with ``--archive-checks``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from checker.checks.finding import Finding, Outcome, Result
from checker.pytest_plugin.reading import Subject
from checker.reports.printable import printable
from checker.reports.wording import place_words
from checker.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

_COMPLETE = "complete"


class _FailedError(Exception):
    """What is wrong, in the words of the report."""


class ArchiveChecks(pytest.Collector):
    """The rules that were run on one archive.

    Args:
        subject: The archive.
    """

    def __init__(self, *, subject: Subject, **given: Any) -> None:
        super().__init__(**given)
        self.subject = subject

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each rule, then one for whether the check is complete."""
        for result in self.subject.checked.results:
            name = f"{result.rule}-{result.name}"
            yield RuleItem.from_parent(self, name=name, result=result)
        yield CompleteItem.from_parent(self, name=_COMPLETE)


class _ArchiveItem(pytest.Item):
    """A test of an archive; a failure is told without a traceback."""

    @property
    def subject(self) -> Subject:
        """The archive."""
        assert isinstance(self.parent, ArchiveChecks)
        return self.parent.subject

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        """The findings alone; anything else that was raised as usual."""
        if isinstance(excinfo.value, _FailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The archive, and the name of the test."""
        return self.subject.checked.path, 0, f"{self.subject.checked.path}: {self.name}"


class RuleItem(_ArchiveItem):
    """One rule on one archive.

    Args:
        result: How the rule ended.
    """

    def __init__(self, *, result: Result, **given: Any) -> None:
        super().__init__(**given)
        self.result = result

    def runtest(self) -> None:
        """Fail with the findings that fail the run, skip if the rule does not apply."""
        if self.result.outcome is Outcome.SKIPPED:
            reason = printable(self.result.reason or "does not apply")
            raise pytest.skip.Exception(reason, _use_item_location=True)
        if self.result.outcome is Outcome.ERROR:
            raise _FailedError(printable(f"the rule failed: {self.result.reason}"))
        checked = self.subject.checked
        session = self.subject.session.for_archive(checked.path)
        failing = _of(self.result.rule, checked.failures(session.settings.fail_on))
        if failing:
            raise _FailedError("\n".join(map(_words, failing)))
        others = _of(self.result.rule, checked.findings)
        if others:
            self.add_report_section("call", "findings", "\n".join(map(_words, others)))


class CompleteItem(_ArchiveItem):
    """Whether an archive was checked completely."""

    def runtest(self) -> None:
        """Fail with the steps, engines and plugins that failed."""
        checked = self.subject.checked
        failed = [*checked.crashes, *map(str, checked.problems)]
        if failed:
            raise _FailedError("\n".join(map(printable, failed)))


def _of(rule: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def _words(finding: Finding) -> str:
    accepted = "" if not finding.is_accepted else f" ({finding.waived or 'in the baseline'})"
    place = ", ".join(place_words(finding.location))
    at = f"\n    at {place}" if place else ""
    return f"{finding.severity}: {printable(finding.message)}{printable(accepted)}{at}"
