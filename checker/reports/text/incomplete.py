"""What kept a check from being complete: crashes and problems with plugins."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Outcome, Result
from checker.reports.layout import Line, Style, safe
from checker.reports.text.findings import heading
from checker.reports.text.rows import beneath, labelled
from checker.reports.text.view import View
from checker.results import CheckedArchive, PluginProblem


def crash_blocks(checked: CheckedArchive, view: View) -> Iterator[Iterator[Line]]:
    """A block for each crash."""
    for result in checked.results:
        if result.outcome is Outcome.ERROR:
            yield _crash(result, view)
    for crash in checked.crashes:
        yield labelled("crash", Style.ERROR, safe(crash), view.width)


def _crash(result: Result, view: View) -> Iterator[Line]:
    yield heading("crash", Style.ERROR, result.rule, result.name)
    yield from beneath(safe(result.reason or "no reason given"), view.width)
    bug = f"this is a bug in {safe(result.bundle)}; the traceback is in --format json"
    yield from beneath(bug, view.width, Style.FAINT)


def problem(found: PluginProblem, view: View) -> Iterator[Line]:
    """A problem with a plugin."""
    text = safe(str(found).removeprefix("plugin "))
    return labelled("plugin", Style.ERROR, text, view.width)
