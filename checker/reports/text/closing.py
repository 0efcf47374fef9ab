"""The end of the text report: what a settings file and a baseline change, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Severity
from checker.reports.layout import Line, Style, paragraph, pieces, safe
from checker.reports.printable import cells, printable
from checker.reports.text.rows import LABEL, beneath, label, labelled, wrapped
from checker.reports.text.state import (
    State,
    counts,
    obstacles,
    required_way,
    state_of,
    state_of_run,
    verb_of,
    way_of,
)
from checker.reports.text.view import View
from checker.reports.wording import count_words
from checker.results import AppliedBaseline, CheckedArchive, Run
from checker.starting.obstacle import Answer
from checker.verdicts import Classification, Loadable, VerdictOutcome

_GONE = 10


def gone(baseline: AppliedBaseline, view: View) -> Iterator[Line]:
    """The findings of the baseline that can be removed from it."""
    many = count_words(len(baseline.gone), "finding")
    text = f"{many} in {baseline.file} not found again; write it again to remove them"
    yield from labelled("gone", Style.GOOD, safe(text), view.width)
    for entry in baseline.gone[:_GONE]:
        parts = (f"{entry.rule} {entry.archive}", entry.image, entry.place)
        rows = pieces(tuple(map(safe, filter(None, parts))), view.width - LABEL)
        yield from paragraph(label(""), rows, Style.PLAIN)
    if len(baseline.gone) > _GONE:
        more = f"... and {len(baseline.gone) - _GONE:,} more (see --format json)"
        yield from beneath(more, view.width, Style.FAINT)


def closing(run: Run, view: View) -> Iterator[Line]:
    """What decided besides the archives, the totals of several, and last what to do."""
    if run.settings is not None:
        changes = ", ".join(run.settings.changes) or "no changes"
        text = safe(f"settings from {run.settings.file}: {changes}")
        yield from wrapped((), text, view.width, Style.FAINT)
    if len(run.archives) != 1:
        yield from _total(run, view)
    yield from _what_to_do(run, view)


def _total(run: Run, view: View) -> Iterator[Line]:
    archives = count_words(len(run.archives), "archive")
    found = ", ".join(counts(run)) or "no findings"
    text = f"{archives}: {found}" if run.command == "check" else archives
    yield from labelled("total", Style.LABEL, text, view.width)


def _what_to_do(run: Run, view: View) -> Iterator[Line]:
    state = state_of_run(run)
    start = label(state, state.style)
    if not state.is_good:
        yield from wrapped(start, _refusal(run, state), view.width, Style.TITLE)
        if len(run.archives) == 1 and _helps_converting(run.archives[0]):
            yield from _conversion(run.archives[0], view)
    elif len(run.archives) == 1:
        yield from _use(run, run.archives[0], view)
    else:
        yield from wrapped(start, _all_good(run, view), view.width, Style.TITLE)


def _all_good(run: Run, view: View) -> str:
    if not run.archives:
        return "no archives"
    if run.command != "check":
        return f"all {len(run.archives):,} archives can be loaded or imported"
    more = "" if view.is_verbose else "; -v shows the command for each"
    return f"all {len(run.archives):,} archives pass{more}"


def _refusal(run: Run, state: State) -> str:
    """Why the archives are not to be shipped, or are not told what they are."""
    reasons = ", ".join(obstacles(run))
    if run.command != "check":
        return reasons
    bad = sum(not state_of(run, checked).is_good for checked in run.archives)
    which = f" {bad:,} of {len(run.archives):,} archives" if len(run.archives) > 1 and bad else ""
    is_partial = "; the check is incomplete" if state is State.PARTIAL else ""
    return f"do not ship{which}: {reasons}{is_partial}{_without_failing(run, state)}"


def _without_failing(run: Run, state: State) -> str:
    """What to say if the run does not fail all the same, by the settings or what is accepted."""
    if run.exit_code != 0:
        return ""
    what = "errors do" if state is State.ERRORS else "this does"
    return f"; {what} not fail this run"


def _helps_converting(checked: CheckedArchive) -> bool:
    """Whether an archive is refused for its form, as far as that shows."""
    accepted = VerdictOutcome.ACCEPTS
    is_refused = any(verdict.outcome is not accepted for verdict in checked.required_verdicts)
    return is_refused or checked.loadable is Loadable.NO


def _conversion(checked: CheckedArchive, view: View) -> Iterator[Line]:
    """The command that converts an archive to what engines take, if there is one."""
    found = checked.classification
    command = None if found is None else found.conversion
    if command is not None:
        yield from _with_command(label(""), "convert it with", command, view)


def _use(run: Run, checked: CheckedArchive, view: View) -> Iterator[Line]:
    """How to use an archive that has nothing against it, after what is to be known before."""
    state = state_of(run, checked)
    start = label(state, state.style)
    found = checked.classification
    caveats = ", ".join(_caveats(run, checked))
    way = required_way(checked) or (None if found is None else way_of(found))
    if way is None:
        yield from wrapped(start, caveats or "no findings", view.width, Style.TITLE)
        return
    verb, command = way
    before = f"{caveats}; " if caveats else ""
    yield from _with_command(start, f"{before}{verb} it with", command, view)


def _caveats(run: Run, checked: CheckedArchive) -> Iterator[str]:
    warnings = run.number_of(Severity.WARNING)
    if warnings:
        yield count_words(warnings, "warning")
    if checked.loadable is Loadable.DEPENDS:
        yield "not every engine loads it"
    found = checked.classification
    if found is not None and _loses_metadata(found):
        yield "metadata is lost, see advice"
    if any(start.answer is Answer.NO for start in checked.starts):
        yield "it does not start"


def _loses_metadata(found: Classification) -> bool:
    return verb_of(found) == "import" and bool(found.advice) and not found.keeps_metadata


def _with_command(start: Line, words: str, command: str, view: View) -> Iterator[Line]:
    """Words and a command in backticks; on a separate line if it is too long or has backticks."""
    shown = printable(command)
    text = f"{words} `{shown}`"
    if cells(text) + LABEL <= view.width and "`" not in shown:
        yield (*start, (Style.TITLE, f"{words} `"), (Style.COMMAND, shown), (Style.TITLE, "`"))
        return
    yield from wrapped(start, f"{words}:", view.width, Style.TITLE)
    yield (*label(""), (Style.COMMAND, shown))
