"""The findings: those that decide in full, notes in short or as a count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from checker.checks.finding import Finding, Severity
from checker.checks.fix import Command, DocumentEdit, Fix
from checker.model.location import Location
from checker.reports.folding import by_rule, fold
from checker.reports.layout import Line, Style, paragraph, pieces, safe
from checker.reports.printable import printable
from checker.reports.text.rows import LABEL, beneath, label, labelled, wrapped
from checker.reports.text.view import View
from checker.reports.wording import count_words, short_place_words
from checker.results import Run

_STYLES = {
    Severity.ERROR: Style.ERROR,
    Severity.WARNING: Style.WARNING,
    Severity.NOTE: Style.NOTE,
}


def finding_blocks(run: Run, findings: Iterable[Finding], view: View) -> Iterator[Iterable[Line]]:
    """A block for each finding; findings that differ only in the place share one.

    Notes that do not fail the run are counted, or share a short block: nearly every archive has
    some.
    """
    shown = [finding for finding in findings if not finding.is_accepted]
    others = [finding for finding in shown if finding.severity is not Severity.NOTE]
    notes = [finding for finding in shown if finding.severity is Severity.NOTE]
    if any(map(run.fails, notes)):
        others, notes = shown, []
    yield from _blocks(others, _finding, view)
    if view.is_verbose:
        yield chain.from_iterable(_blocks(notes, _note, view))
    else:
        yield _counted(notes, view)


def _blocks(
    findings: Iterable[Finding],
    tell: Callable[[Sequence[Finding], View], Iterator[Line]],
    view: View,
) -> Iterator[Iterator[Line]]:
    """The first few findings of each rule and severity, and the number of the others."""
    for group in by_rule(findings):
        folds = fold(group)
        for alike in folds[: view.repeats]:
            yield tell(alike, view)
        hidden = sum(map(len, folds[view.repeats :]))
        if hidden:
            text = f"... and {hidden:,} more of {safe(group[0].rule)} ({view.see})"
            yield beneath(text, view.width, Style.FAINT)


def _counted(notes: Sequence[Finding], view: View) -> Iterator[Line]:
    """The number of the notes, and of which rules they are."""
    if notes:
        rules = tuple(dict.fromkeys(safe(note.rule) for note in notes))
        more = ", ..." if len(rules) > view.repeats else ""
        text = f"{len(notes):,} ({', '.join(rules[: view.repeats])}{more}); -v shows them"
        yield from labelled("notes", Style.NOTE, text, view.width)


def _note(alike: Sequence[Finding], view: View) -> Iterator[Line]:
    """A finding in short form, with its place only as far as the message has it."""
    first = alike[0]
    text = f"{first.rule} {first.name}{_times(alike)}: {first.message}"
    return labelled(first.severity, _STYLES[first.severity], safe(text), view.width)


def _times(alike: Sequence[Finding]) -> str:
    return f", {len(alike):,} times" if len(alike) > 1 else ""


def _finding(alike: Sequence[Finding], view: View) -> Iterator[Line]:
    """The first of some findings in full, and the places of the others."""
    first = alike[0]
    title = heading(first.severity, _STYLES[first.severity], first.rule, first.name)
    yield (*title, (Style.FAINT, _times(alike)))
    yield from beneath(safe(first.message), view.width)
    yield from _place("at", _parts(first.location, view), view)
    for related in first.related[: view.repeats]:
        yield from _place("see", _parts(related, view), view)
    yield from _more_places("", len(first.related) - view.repeats, view)
    yield from _further_places(alike, view)
    if first.fix is not None:
        yield from _fix(first.fix, view)


def heading(word: str, style: Style, rule: str, name: str) -> Line:
    """The first line about a rule: a label, the ID and the name."""
    return (*label(word, style), (Style.TITLE, safe(rule)), (Style.PLAIN, f" {safe(name)}"))


def _fix(fix: Fix, view: View) -> Iterator[Line]:
    """A fix in words, and under them what to run or to write, in lines that can be copied."""
    start = (*label(""), (Style.GOOD, "fix: "))
    yield from wrapped(start, safe(fix.title), view.width, Style.PLAIN)
    if isinstance(fix.change, DocumentEdit):
        yield from beneath(f"     {safe(fix.change.text)}", view.width)
    elif fix.change is not None:
        lines = fix.change.text if isinstance(fix.change, Command) else fix.change.instructions
        for line in lines.splitlines():
            yield (*label(""), (Style.PLAIN, "     "), (Style.COMMAND, printable(line)))


def _further_places(alike: Sequence[Finding], view: View) -> Iterator[Line]:
    """The next few places, each as far as it differs from the first."""
    known = set(_parts(alike[0].location, view))
    for finding in alike[1 : view.repeats]:
        new = tuple(part for part in _parts(finding.location, view) if part not in known)
        yield from _place("also at", new, view)
    yield from _more_places("at ", len(alike) - view.repeats, view)


def _more_places(word: str, hidden: int, view: View) -> Iterator[Line]:
    if hidden > 0:
        more = count_words(hidden, "more place")
        yield from beneath(f"... and {word}{more} ({view.see})", view.width, Style.FAINT)


def _parts(location: Location, view: View) -> tuple[str, ...]:
    """The parts of a place; offsets beside a finer part only if everything is shown."""
    is_named = location.path is not None or location.pointer is not None
    if is_named and not view.is_verbose:
        location = location._replace(offset=None)
    return tuple(map(safe, short_place_words(location)))


def _place(word: str, parts: tuple[str, ...], view: View) -> Iterator[Line]:
    if parts:
        start = (*label(""), (Style.FAINT, f"{word} "))
        rows = pieces(parts, view.width - LABEL - len(word) - 1)
        yield from paragraph(start, rows, Style.FAINT)
