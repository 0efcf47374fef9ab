"""The Code Quality report of GitLab, which shows findings in merge requests.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from checker.checks.finding import Finding, Severity
from checker.checks.fingerprints import fingerprints
from checker.reports.incomplete import incomplete
from checker.reports.json_report import Object, json_text
from checker.reports.printable import printable
from checker.reports.uris import relative_path
from checker.reports.wording import place_words
from checker.results import Run

_SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.NOTE: "info",
}
_INCOMPLETE = "blocker"


def render_gitlab(run: Run) -> str:
    """The report as a JSON array, without the findings that are waived."""
    return json_text([*_incomplete(run), *_findings(run)])


def _findings(run: Run) -> Iterator[Object]:
    shown = [finding for finding in run.findings if not finding.is_accepted]
    shown.sort(key=lambda finding: finding.severity.rank)
    for finding, mark in zip(shown, fingerprints(shown), strict=True):
        yield _issue(
            _description(finding),
            printable(finding.rule),
            _SEVERITIES[finding.severity],
            finding.location.archive,
            mark,
        )


def _description(finding: Finding) -> str:
    text = printable(finding.message) or printable(finding.name) or printable(finding.rule)
    place = ", ".join(place_words(finding.location))
    return f"{text} ({place})" if place else text


def _incomplete(run: Run) -> Iterator[Object]:
    """What kept the check from being complete, which no rule reports."""
    for each in dict.fromkeys(incomplete(run)):
        path = each.path or ""
        mark = f"{each.kind}\0{path}\0{each.text}"
        yield _issue(printable(each.text), each.kind, _INCOMPLETE, path, mark)


def _issue(description: str, name: str, severity: str, path: str, mark: str) -> Object:
    digest = hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "description": description,
        "check_name": name,
        "fingerprint": digest,
        "severity": severity,
        "location": {"path": relative_path(path), "lines": {"begin": 1}},
    }
