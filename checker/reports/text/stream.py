"""The text report of several archives, shown while the run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from checker.records import NamedTuple
from checker.reports.layout import Line
from checker.reports.output import TEXT, Output
from checker.reports.terminal import Color, rendered
from checker.reports.text.report import archive_lines, first_lines, last_lines
from checker.reports.text.view import Detail, View
from checker.results import CheckedArchive, Run
from checker.typing_names import TextIO


class Beginning(NamedTuple):
    """What is known of a run before the first archive is read.

    Attributes:
        run: The run, without archives: the command and what fails it.
        archives: The number of archives.
    """

    run: Run
    archives: int


class TextStream:
    """A text report that is written archive by archive.

    Args:
        beginning: What is known of the run.
        stdout: Where it is written.
        detail: How much is shown.
        color: When it is in colour.
    """

    def __init__(
        self,
        beginning: Beginning,
        stdout: TextIO,
        detail: str = Detail.NORMAL,
        color: str = Color.AUTO,
    ) -> None:
        self._beginning = beginning
        self._stdout = stdout
        self._detail = Detail(detail)
        self._color = Color(color)
        self._has_begun = False

    def archive(self, checked: CheckedArchive) -> str:
        """The names of the columns before the first archive, and the row of an archive."""
        run, many = self._beginning

        def make(width: int) -> Iterable[Line]:
            view = View(width, self._detail)
            first = () if self._has_begun else first_lines(run, view, many)
            return (*first, *archive_lines(run, checked, view, many))

        text = rendered(make, self._stdout, self._color)
        self._has_begun = True
        return text

    def end(self, run: Run) -> str:
        """The details, and what to do."""
        return rendered(
            lambda width: last_lines(run, View(width, self._detail)), self._stdout, self._color
        )


def streamed(
    outputs: Sequence[Output], beginning: Beginning, stdout: TextIO | None
) -> tuple[Output, ...]:
    """The outputs, with the text report on standard output written archive by archive.

    The report for one archive is whole, so that its verdict comes first.
    """
    if stdout is None or beginning.archives == 1:
        return tuple(outputs)
    begin = partial(TextStream, beginning, stdout)
    return tuple(
        output._replace(report=output.report._replace(stream=begin))
        if output.is_to_stdout and output.report.name == TEXT
        else output
        for output in outputs
    )
