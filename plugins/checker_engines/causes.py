"""Whether other rules found why engines refuse an archive: one cause is reported once."""

from __future__ import annotations

from collections.abc import Iterable

from checker.checks.finding import Finding, Severity
from checker.verdicts import Verdict

_OF_HOST = "ENG005"


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether there is an error that is not waived."""
    return any(one.severity is Severity.ERROR and one.waived is None for one in findings)


def is_explained(verdict: Verdict, findings: Iterable[Finding]) -> bool:
    """Whether a rule that can explain a refusal found something of severity warning or higher.

    A note explains a refusal that is about the host.
    """
    return any(
        one.rule in verdict.rules and (one.severity is not Severity.NOTE or one.rule == _OF_HOST)
        for one in findings
    )
