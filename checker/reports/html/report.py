"""The report as an HTML page, for people who would rather look.

The page is bounded, however large the archives are and however much is found in them: see the
constants ``MOST_*`` of the modules of this package, and ``LARGEST``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from checker.checks.finding import Severity
from checker.records import NamedTuple
from checker.reports.html.about import about_view
from checker.reports.html.content import NARROW, WIDE, ContentView, content_view
from checker.reports.html.findings import count_severities, findings_view
from checker.reports.html.overview import (
    MOST_ROWS,
    headline,
    look_of,
    overview_row,
    path_words,
    problem_views,
)
from checker.reports.html.page import page, rendered
from checker.reports.html.rules import rule_views
from checker.reports.html.verdicts import reader_view, verdict_view
from checker.reports.layout import safe
from checker.reports.text.state import state_of
from checker.results import CheckedArchive, Run

LARGEST = 20_000_000
"""Characters of the descriptions of archives; those beyond are only in the table."""

_MOST_SETTINGS = 100
_MOST_GONE = 50


class HtmlReport:
    """The report, for which the content of each archive is needed only once.

    The page begins with the result, which is known last, so it is written whole at the end.
    """

    def __init__(self) -> None:
        self._contents: list[ContentView] = []

    def archive(self, checked: CheckedArchive) -> str:
        """Keep what is shown of an archive."""
        self._contents.append(content_view(checked))
        return ""

    def end(self, run: Run) -> str:
        """The page."""
        return _page(run, self._contents)


def render_html(run: Run) -> str:
    """The page, of a run whose archives have their content."""
    report = HtmlReport()
    for checked in run.archives:
        report.archive(checked)
    return report.end(run)


class _Section(NamedTuple):
    """The description of an archive.

    Attributes:
        anchor: Where it is.
        html: The description.
    """

    anchor: str
    html: Markup


class _Around(NamedTuple):
    """What the description of an archive must know of the page around it.

    Attributes:
        anchors: Where rules are described, by their IDs.
        is_alone: Whether it is the only archive.
        is_told: Whether the result at the top says how it is restored.
    """

    anchors: Mapping[str, str]
    is_alone: bool
    is_told: bool


def _page(run: Run, contents: list[ContentView]) -> str:
    rules = rule_views(run)
    anchors = {rule.id: rule.anchor for rule in rules}
    result = headline(run)
    around = _Around(anchors, len(run.archives) == 1, bool(result.command))
    sections = tuple(_sections(run, contents, around))
    described = [section.anchor for section in sections]
    described += [""] * (len(run.archives) - len(sections))
    problems, more_problems = problem_views(run)
    pairs = zip(run.archives[:MOST_ROWS], described, strict=False)
    return page(
        {
            "title": f"{_subject(run)}: {result.text}",
            "version": run.version,
            "started": "" if run.started is None else f"{run.started:%Y-%m-%d %H:%M:%S} UTC",
            "command": run.command,
            "headline": result,
            "overview": [overview_row(run, *pair) for pair in pairs] if not around.is_alone else [],
            "more_rows": max(0, len(run.archives) - MOST_ROWS),
            "severities": [str(severity) for severity in Severity],
            "problems": problems,
            "more_problems": more_problems,
            "sections": sections,
            "left_out": len(run.archives) - len(sections),
            "waivers": findings_view(run.waiver_findings, anchors),
            "rules": rules,
            "settings": run.settings,
            "changes": [] if run.settings is None else run.settings.changes[:_MOST_SETTINGS],
            "baseline": run.baseline,
            "gone": [] if run.baseline is None else run.baseline.gone[:_MOST_GONE],
            "plugins": run.plugins,
            "is_filtered": bool(run.findings),
            "has_several": not around.is_alone,
        }
    )


def _subject(run: Run) -> str:
    only = len(run.archives) == 1
    return path_words(run.archives[0]) if only else f"{len(run.archives):,} archives"


def _sections(run: Run, contents: list[ContentView], around: _Around) -> Iterator[_Section]:
    """The descriptions of the archives, as many as the page can take."""
    left = LARGEST
    titles: set[str] = set()
    pairs = zip(run.archives, contents, strict=True)
    for number, (checked, content) in enumerate(pairs, 1):
        title = _title(checked, number, titles)
        titles.add(title)
        anchor = f"archive-{number}"
        section = _Section(anchor, _section(run, checked, content, (anchor, title), around))
        left -= len(section.html)
        if left < 0:
            return
        yield section


def _title(checked: CheckedArchive, number: int, taken: set[str]) -> str:
    """What a description is called: the path, with a number if another one has the same."""
    title = path_words(checked)
    while title in taken:
        title = f"{title} ({number})"
    return title


def _section(
    run: Run,
    checked: CheckedArchive,
    content: ContentView,
    place: tuple[str, str],
    around: _Around,
) -> Markup:
    anchor, title = place
    state = state_of(run, checked)
    return rendered(
        "archive.html.j2",
        {
            "anchor": anchor,
            "path": title,
            "state": str(state),
            "look": look_of(state),
            "error": "" if checked.error is None else safe(checked.error),
            "about": about_view(checked),
            "engines": (verdict_view(checked), reader_view(checked)),
            "content": content,
            "findings": findings_view(checked.findings, around.anchors),
            "counts": [
                (str(severity), count)
                for severity, count in count_severities(checked.findings).items()
            ],
            "severities": [str(severity) for severity in Severity],
            "is_checked": run.command == "check",
            "is_open": around.is_alone or not state.is_good,
            "is_told": around.is_told,
            "is_alone": around.is_alone,
            "wide": WIDE,
            "narrow": NARROW,
        },
    )
