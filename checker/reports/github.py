"""Annotations of GitHub Actions: workflow commands that the runner reads from the log.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from checker.checks.finding import Finding, Severity
from checker.records import NamedTuple
from checker.reports.folding import by_rule, fold
from checker.reports.incomplete import incomplete
from checker.reports.printable import printable, without_commands
from checker.reports.uris import relative_path
from checker.reports.wording import count_words, short_place_words
from checker.results import Run

MOST = 10
"""GitHub shows so many annotations of a kind for each step, and ignores the others."""

_KINDS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
_TITLES = {"plugin": "plugin problem", "unreadable": "archive not read", "crash": "crash"}
_LONGEST = 2000


class _Annotation(NamedTuple):
    """An annotation, and the findings that it represents.

    Attributes:
        kind: ``error``, ``warning`` or ``notice``.
        title: Its title.
        text: Its text.
        path: The archive; None for a problem of the run.
        findings: The number of findings.
    """

    kind: str
    title: str
    text: str
    path: str | None = None
    findings: int = 1


def render_github(run: Run) -> str:
    """The report as lines for the log of a step."""
    found = [*_incomplete(run), *_findings(run)]
    shown: list[str] = []
    hidden: Counter[str] = Counter()
    for kind in _KINDS.values():
        of_kind = [annotation for annotation in found if annotation.kind == kind]
        shown += map(_command, of_kind[:MOST])
        hidden[kind] += sum(annotation.findings for annotation in of_kind[MOST:])
    return "".join(f"{line}\n" for line in (*shown, *_rest(hidden)))


def _rest(hidden: Mapping[str, int]) -> Iterator[str]:
    words = [count_words(count, kind) for kind, count in hidden.items() if count]
    if words:
        yield f"{', '.join(words)} not annotated: GitHub shows {MOST} annotations of a kind"


def _findings(run: Run) -> Iterator[_Annotation]:
    """Findings that differ only in the place share an annotation."""
    shown = [finding for finding in run.findings if not finding.is_accepted]
    for group in by_rule(shown):
        for alike in _by_archive(group):
            yield from map(_annotation, fold(alike))


def _by_archive(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.location.archive, []).append(finding)
    return groups.values()


def _annotation(alike: list[Finding]) -> _Annotation:
    first = alike[0]
    return _Annotation(
        kind=_KINDS[first.severity],
        title=f"{first.rule} {first.name}",
        text="\n".join(_lines(alike)),
        path=first.location.archive,
        findings=len(alike),
    )


def _lines(alike: list[Finding]) -> Iterator[str]:
    first = alike[0]
    yield f"{printable(first.location.archive)}: {printable(first.message)}"
    place = ", ".join(short_place_words(first.location))
    if place:
        more = f" and {count_words(len(alike) - 1, 'more place')}" if len(alike) > 1 else ""
        yield f"at {place}{more}"
    if first.fix is not None:
        yield f"fix: {printable(first.fix.text)}"


def _incomplete(run: Run) -> Iterator[_Annotation]:
    for each in incomplete(run):
        yield _Annotation("error", _TITLES[each.kind], printable(each.text), each.path)


def _command(annotation: _Annotation) -> str:
    """The workflow command; its own colons are the only ones that begin or end a part of it."""
    properties = {"title": printable(annotation.title)}
    if annotation.path is not None:
        properties = {"file": relative_path(annotation.path), **properties}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = annotation.text
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"::{annotation.kind} {listed}::{_data(shown)}"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    # Commands in the older form can be anywhere in a line; those at the start of one cannot.
    return without_commands(f"x{escaped}")[1:]


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
