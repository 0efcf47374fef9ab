"""The report for people, written archive by archive."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings

from checker.reports.output import Output, builtin_reports
from checker.reports.terminal import Color
from checker.reports.text.report import render_text
from checker.reports.text.stream import Beginning, TextStream, streamed
from checker.reports.text.view import Detail
from checker.results import Run
from tests.reports.consumers import TAKEN
from tests.reports.test_hostile import RUNS


def written(run: Run, detail: Detail, color: Color = Color.NEVER) -> list[str]:
    """The parts of a report that is written archive by archive."""
    beginning = Beginning(Run(run.command, "", fail_on=run.fail_on), len(run.archives))
    stream = TextStream(beginning, io.StringIO(), detail, color)
    return [*map(stream.archive, run.archives), stream.end(run)]


@pytest.mark.parametrize("color", [Color.NEVER, Color.ALWAYS])
@pytest.mark.parametrize("detail", Detail)
def test_the_parts_are_the_whole(run: Run, detail: Detail, color: Color) -> None:
    assert "".join(written(run, detail, color)) == render_text(run, detail, color)


@settings(deadline=None)
@given(RUNS)
def test_the_parts_of_any_run_are_the_whole(run: Run) -> None:
    for detail in Detail:
        parts = written(run, detail)
        shown = "".join(parts)
        assert shown == render_text(run, detail)
        assert TAKEN.search(shown) is None
        assert shown.replace("\n", "").isprintable()


def test_only_several_archives_on_standard_output_are_streamed() -> None:
    text, junit = (Output(report) for report in builtin_reports()[::2][:2])
    known = Run("check", "")
    out = io.StringIO()
    one = streamed((text, junit), Beginning(known, 1), out)
    assert [each.report.stream for each in one] == [None, None]
    two, other = streamed((text, junit), Beginning(known, 2), out)
    assert two.report.stream is not None
    assert other.report.stream is None
    (file,) = streamed((text._replace(file="x"),), Beginning(known, 2), out)
    assert file.report.stream is None
    (closed,) = streamed((text,), Beginning(known, 2), None)
    assert closed.report.stream is None
