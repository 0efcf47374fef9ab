"""The report for people, compared with snapshots.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the snapshots are written anew; read the diff.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker.checks.finding import Severity
from checker.checks.fix import Fix
from checker.reports.layout import Style, plain, wrap
from checker.reports.text.report import lines, render_text, text_for
from checker.reports.text.view import Detail, View
from checker.results import Run

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = "CHECKER_RENEW_SNAPSHOTS"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Stream(io.TextIOWrapper):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def written(self) -> str:
        self.flush()
        self.seek(0)
        return self.read()


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "LINES", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def test_the_report_is_the_snapshot(named: tuple[str, Run]) -> None:
    name, run = named
    snapshot = SNAPSHOTS / f"{name}.txt"
    shown = render_text(run)
    if os.environ.get(RENEW):
        snapshot.write_text(shown, encoding="utf-8")
    assert shown == snapshot.read_text(encoding="utf-8")


def test_there_is_no_other_snapshot(samples: Mapping[str, Run]) -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(samples)


@pytest.mark.parametrize("detail", Detail)
def test_every_line_is_printable(run: Run, detail: Detail) -> None:
    assert all(plain(line).isprintable() for line in lines(run, View(detail=detail)))


@pytest.mark.parametrize("detail", [Detail.NORMAL, Detail.VERBOSE])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_only_what_must_not_be_broken_is_wider(run: Run, width: int, detail: Detail) -> None:
    for line in lines(run, View(width, detail)):
        text = plain(line)
        names_archive = any(style is Style.TITLE for style, _ in line[1:])
        command = any(style is Style.COMMAND for style, _ in line)
        whole = text.strip().removeprefix("at ").removeprefix("see ")
        one_part = len(wrap(whole, 1)) == 1 or "\\x1b" in text or "(3," in text
        assert len(text) <= width or command or names_archive or one_part, text


@pytest.mark.parametrize("detail", [Detail.NORMAL, Detail.VERBOSE])
@pytest.mark.parametrize("name", ["clean", "rootfs", "findings", "images"])
def test_the_command_can_be_copied_from_one_line(
    samples: Mapping[str, Run], name: str, detail: Detail
) -> None:
    run = samples[name]
    classification = run.archives[0].classification
    assert classification is not None
    rows = render_text(run, detail).splitlines()
    assert any(row.endswith(f"  {classification.restore}") for row in rows) or any(
        row.startswith("restore") and row.endswith(f" {classification.restore}") for row in rows
    )


def test_repeats_are_folded_and_counted(samples: Mapping[str, Run]) -> None:
    shown = render_text(samples["findings"])
    assert shown.count("warning LYR003 duplicate-path, 20 times") == shown.count("LYR003") == 1
    assert shown.count("also at path /etc/conf.d/") == 2
    assert "... and at 17 more places (see -v)" in shown
    assert "1 error, 20 warnings, 1 note, 1 waived" in shown


def test_of_one_rule_the_first_few_are_shown(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    checked = run.archives[0]
    notes = tuple(
        checked.findings[-2]._replace(message=f"{word} bytes follow the end marker")
        for word in ("two", "three", "four", "five", "six")
    )
    run = run._replace(archives=(checked._replace(findings=notes),), fail_on=Severity.NOTE)
    shown = render_text(run)
    assert shown.count("note    ARC008") == 3
    assert "... and 2 more of ARC008 (see -v)" in shown
    assert render_text(run, Detail.VERBOSE).count("note    ARC008") == 5


def test_notes_are_counted_unless_they_fail_the_run(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    note = run.archives[0].findings[-2]._replace(severity=Severity.NOTE, fix=Fix("change it"))
    run = run._replace(archives=(run.archives[0]._replace(findings=(note, note)),))
    assert f"notes   2 ({note.rule}); -v shows them\n" in render_text(run)
    assert note.message not in render_text(run)
    short = render_text(run, Detail.VERBOSE)
    assert f"{note.rule} {note.name}, 2 times: {note.message}" in short
    assert "fix: change it" not in short
    assert "fix: change it" in render_text(run._replace(fail_on=Severity.NOTE))


def test_of_related_places_the_first_few_are_shown(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    checked = run.archives[0]
    note = checked.findings[-2]
    places = tuple(note.location._replace(offset=512 * number) for number in range(9))
    findings = (note._replace(related=places, severity=Severity.WARNING),)
    shown = render_text(run._replace(archives=(checked._replace(findings=findings),)))
    assert shown.count("see byte") == 3
    assert "... and 6 more places (see -v)" in shown


def test_findings_come_gravest_first_whatever_their_order(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    checked = run.archives[0]
    turned = run._replace(archives=(checked._replace(findings=checked.findings[::-1]),))
    labels = re.findall(r"^(error|warning|note) ", render_text(turned), re.MULTILINE)
    assert labels == sorted(labels, key=lambda label: Severity(label).rank)


def test_waived_findings_are_counted_but_not_shown(samples: Mapping[str, Run]) -> None:
    shown = render_text(samples["findings"])
    assert "ARC009" not in shown
    assert "1 waived" in shown


def test_classify_shows_no_findings(samples: Mapping[str, Run]) -> None:
    shown = render_text(samples["classify"])
    assert "OCI002" not in shown
    assert "restore podman load -i image.tar" in shown


def test_a_file_gets_plain_text(run: Run) -> None:
    stream = Stream(terminal=False)
    stream.write(text_for(run, stream))
    assert stream.written() == render_text(run)


def test_a_terminal_gets_the_same_text_in_colour(run: Run) -> None:
    stream = Stream(terminal=True)
    stream.write(text_for(run, stream))
    shown = stream.written()
    assert COLOUR.search(shown)
    rows = [row.rstrip() for row in COLOUR.sub("", shown).splitlines()]
    assert rows == render_text(run).splitlines()


@pytest.mark.parametrize(("columns", "width"), [("20", 60), ("90", 90), ("300", 100)])
def test_a_terminal_sets_the_width_within_reason(
    samples: Mapping[str, Run], monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Stream(terminal=True)
    stream.write(text_for(samples["rootfs"], stream))
    expected = [plain(line) for line in lines(samples["rootfs"], View(width))]
    assert stream.written().splitlines() == expected


@pytest.mark.parametrize("terminal", [False, True])
def test_a_stream_that_lacks_characters_gets_them_spelled_out(
    samples: Mapping[str, Run],
    terminal: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    stream = Stream(terminal=terminal, encoding="ascii")
    stream.write(text_for(samples["hostile"], stream))
    assert r"\u0430.tar" in stream.written()
