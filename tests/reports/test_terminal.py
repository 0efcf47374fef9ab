"""When reports are in colour, by option, environment and stream."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import pytest

from checker.reports.layout import Line, Style, plain
from checker.reports.terminal import Color, coloured, is_coloured, rendered
from checker.reports.text.report import lines, render_text
from checker.reports.text.view import Detail
from checker.results import Run

LINE: Line = ((Style.ERROR, "error   "), (Style.PLAIN, "text"))
XTERM = {"TERM": "xterm-256color"}


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


PIPE, TERMINAL = io.StringIO(), Terminal()
CASES = {
    "terminal": (Color.AUTO, TERMINAL, XTERM, True),
    "terminal without TERM": (Color.AUTO, TERMINAL, {}, True),
    "pipe": (Color.AUTO, PIPE, XTERM, False),
    "dumb": (Color.AUTO, TERMINAL, {"TERM": "dumb"}, False),
    "NO_COLOR": (Color.AUTO, TERMINAL, {**XTERM, "NO_COLOR": "1"}, False),
    "NO_COLOR is 0": (Color.AUTO, TERMINAL, {**XTERM, "NO_COLOR": "0"}, False),
    "empty NO_COLOR": (Color.AUTO, TERMINAL, {**XTERM, "NO_COLOR": ""}, True),
    "FORCE_COLOR": (Color.AUTO, PIPE, {**XTERM, "FORCE_COLOR": "1"}, True),
    "FORCE_COLOR on a dumb terminal": (
        Color.AUTO,
        TERMINAL,
        {"TERM": "dumb", "FORCE_COLOR": "1"},
        True,
    ),
    "empty FORCE_COLOR": (Color.AUTO, PIPE, {**XTERM, "FORCE_COLOR": ""}, False),
    "both": (Color.AUTO, TERMINAL, {**XTERM, "FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    "always, pipe": (Color.ALWAYS, PIPE, {}, True),
    "always, NO_COLOR": (Color.ALWAYS, PIPE, {"NO_COLOR": "1"}, True),
    "always, dumb": (Color.ALWAYS, TERMINAL, {"TERM": "dumb"}, True),
    "never, terminal": (Color.NEVER, TERMINAL, XTERM, False),
    "never, FORCE_COLOR": (Color.NEVER, TERMINAL, {**XTERM, "FORCE_COLOR": "1"}, False),
}


@pytest.mark.parametrize(("color", "stream", "environment", "expected"), CASES.values(), ids=CASES)
def test_when_text_is_in_colour(
    color: Color,
    stream: io.StringIO,
    environment: Mapping[str, str],
    expected: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert is_coloured(color, stream, environment) is expected


def test_a_colour_ends_on_its_line() -> None:
    assert coloured([LINE, ()]) == "\x1b[1;31merror   \x1b[0mtext\n\n"


def test_a_stream_gets_what_was_decided() -> None:
    assert "\x1b[" in rendered(lambda _: [LINE], PIPE, Color.ALWAYS)
    assert rendered(lambda _: [LINE], TERMINAL, Color.NEVER) == f"{plain(LINE)}\n"


def test_a_file_is_in_colour_only_if_that_is_demanded(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in render_text(run)
    assert "\x1b" in render_text(run, color=Color.ALWAYS)


ANSWERS = {"yes": {Style.GOOD, Style.WARNING}, "depends": {Style.WARNING}, "no": {Style.BAD}}


def test_no_is_red_depends_yellow_and_yes_green(run: Run) -> None:
    for line in lines(run):
        for style, text in line[1:3]:
            assert style in ANSWERS.get(text.strip(), {style})
    assert coloured([((Style.BAD, "no"),)]) == "\x1b[31mno\x1b[0m\n"
    assert coloured([((Style.WARNING, "depends"),)]) == "\x1b[1;33mdepends\x1b[0m\n"
    assert coloured([((Style.GOOD, "yes"),)]) == "\x1b[32myes\x1b[0m\n"


@pytest.mark.parametrize("detail", Detail)
def test_colours_change_no_text(run: Run, detail: Detail) -> None:
    shown = render_text(run, detail, Color.ALWAYS)
    rows = [row.rstrip() for row in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()]
    assert rows == render_text(run, detail).splitlines()
