"""Reports that a run writes without being asked, because of where it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.reports.output import GITHUB, MARKDOWN, TEXT, Output
from checker.reports.report import Report

ACTIONS, SUMMARY = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"


def with_automatic(
    outputs: Sequence[Output], reports: Sequence[Report], environment: Mapping[str, str]
) -> tuple[Output, ...]:
    """The outputs with those that GitHub Actions shows: annotations, and the summary of the job.

    Annotations are added if ``GITHUB_ACTIONS`` is ``true``: to standard output after the report
    for people, else to standard error, which the runner reads as well. The summary is appended to
    the file that ``GITHUB_STEP_SUMMARY`` names.

    Args:
        outputs: What the user ordered.
        reports: The available formats.
        environment: The variables of the environment.
    """
    known = {report.name: report for report in reports}
    found = list(outputs)
    if environment.get(ACTIONS) == "true" and not _has(found, GITHUB):
        taken = any(output.is_to_stdout and output.report.name != TEXT for output in found)
        found.append(Output(known[GITHUB], is_beside=taken))
    summary = environment.get(SUMMARY)
    if summary and _has(found, GITHUB):
        found.append(Output(known[MARKDOWN], summary, is_appended=True))
    return tuple(found)


def _has(outputs: Sequence[Output], name: str) -> bool:
    return any(output.report.name == name for output in outputs)
