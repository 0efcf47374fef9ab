"""The text report: the verdict first and last, between them what it rests on.

For several archives a table comes first, of which each row can be shown as soon as its archive is
done, then the details of those that are not good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.reports.layout import EMPTY, Line, Style, guarded
from checker.reports.printable import printable
from checker.reports.terminal import Color, coloured, joined, rendered
from checker.reports.text.about import about
from checker.reports.text.closing import closing, gone
from checker.reports.text.findings import finding_blocks
from checker.reports.text.incomplete import crash_blocks, problem
from checker.reports.text.rows import apart, label
from checker.reports.text.rules import rules, skipped
from checker.reports.text.state import alone, counts, state_of, state_of_run
from checker.reports.text.table import names_of_columns, row
from checker.reports.text.view import Detail, View
from checker.results import CheckedArchive, Run
from checker.typing_names import TextIO

_DEFAULT = View()


def render_text(run: Run, detail: str = Detail.NORMAL, color: str = Color.AUTO) -> str:
    """The report for a file, 80 columns wide; in colour only if that is demanded."""
    shown = coloured if color == Color.ALWAYS else joined
    return shown(lines(run, View(detail=Detail(detail))))


def text_for(run: Run, stream: TextIO, detail: str = Detail.NORMAL, color: str = Color.AUTO) -> str:
    """The report as a stream takes it: in colour and as wide as a terminal, else plain."""

    def make(width: int) -> Iterable[Line]:
        return lines(run, View(width, Detail(detail)))

    return rendered(make, stream, Color(color))


def lines(run: Run, view: View = _DEFAULT) -> list[Line]:
    """The report as lines of styled text."""
    many = len(run.archives)
    rows = (line for checked in run.archives for line in archive_lines(run, checked, view, many))
    return [*first_lines(run, view, many), *rows, *last_lines(run, view)]


def first_lines(run: Run, view: View, many: int) -> list[Line]:
    """What comes before the first archive is done.

    Args:
        run: The run as it is known before: the command and what fails it.
        view: How it is shown.
        many: The number of archives.
    """
    has_table = many > 1 and view.detail is not Detail.QUIET
    return [names_of_columns(run)] if has_table else []


def archive_lines(run: Run, checked: CheckedArchive, view: View, many: int) -> list[Line]:
    """What can be shown as soon as an archive is done."""
    if view.detail is Detail.QUIET:
        from checker.reports.text.quiet import quiet_lines

        return list(map(guarded, quiet_lines(run, checked)))
    return [guarded(row(run, checked))] if many > 1 else []


def last_lines(run: Run, view: View) -> list[Line]:
    """What is shown when all archives are done."""
    if view.detail is Detail.QUIET:
        from checker.reports.text.quiet import quiet_end

        return list(map(guarded, quiet_end(run)))
    found = map(guarded, apart(_blocks(run, view)))
    return [EMPTY, *found] if len(run.archives) > 1 else list(found)


def _blocks(run: Run, view: View) -> Iterator[Iterable[Line]]:
    for checked in run.archives:
        if _has_details(run, checked, view):
            yield _archive(run, checked, view)
    yield [line for each in run.problems for line in problem(each, view)]
    yield from finding_blocks(run, run.waiver_findings, view)
    if run.baseline is not None and run.baseline.gone:
        yield gone(run.baseline, view)
    yield closing(run, view)


def _has_details(run: Run, checked: CheckedArchive, view: View) -> bool:
    """Whether an archive is described: of several that are checked only those that are not good."""
    is_one_of_many = len(run.archives) > 1 and run.command == "check"
    return view.is_verbose or not is_one_of_many or not state_of(run, checked).is_good


def _archive(run: Run, checked: CheckedArchive, view: View) -> Iterator[Line]:
    return apart(_archive_blocks(run, checked, view))


def _archive_blocks(run: Run, checked: CheckedArchive, view: View) -> Iterator[Iterable[Line]]:
    yield (_title(run, checked), *about(run, checked, view))
    if run.command == "check":
        yield from finding_blocks(run, checked.findings, view)
        yield skipped(checked, view.width)
    yield from crash_blocks(checked, view)
    if view.is_verbose:
        yield rules(checked, view.width)


def _title(run: Run, checked: CheckedArchive) -> Line:
    """The verdict in a word, the archive, and what was found.

    What concerns no archive, such as an expired waiver, is of the only archive: the first line and
    the last one say the same.
    """
    is_only = len(run.archives) == 1
    state = state_of_run(run) if is_only else state_of(run, checked)
    title = (*label(state, state.style), (Style.TITLE, printable(checked.path)))
    if run.command != "check" or checked.error is not None:
        return title
    of_it = run if is_only else alone(run, checked)
    return (*title, (Style.PLAIN, f": {', '.join(counts(of_it)) or 'no findings'}"))
