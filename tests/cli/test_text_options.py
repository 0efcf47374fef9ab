"""The options of the report for people: -v, -q, --color, and rows that appear one by one."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer

import pytest

from checker.testing import sample

from .conftest import Checker

COMMAND = (sys.executable, "-m", "checker")
COLOUR = "\x1b["


@pytest.fixture
def three(checker: Checker) -> Checker:
    """A sound archive, a part of one, and a root filesystem."""
    (checker.folder / "a.tar").write_bytes(sample())
    (checker.folder / "b.tar").write_bytes(sample()[:12000])
    (checker.folder / "c.tar").write_bytes(sample("export"))
    return checker


def test_verbose(three: Checker) -> None:
    assert "HYG002 missing-healthcheck" not in three("check", "a.tar").out
    for option in ("-v", "--verbose"):
        out = three("check", "a.tar", option).out
        assert "note    HYG002 missing-healthcheck" in out
        assert "\nrules " in out
    assert "the image is loaded" in three("classify", "a.tar", "-v").out


def test_quiet(three: Checker) -> None:
    for option in ("-q", "--quiet"):
        done = three("check", "a.tar", "b.tar", "c.tar", option)
        assert (done.code, done.out) == (1, "failed  b.tar: 1 error (TRP009)\n")
    assert three("check", "a.tar", "-q") == three("check", "c.tar", "-q")
    assert three("check", "a.tar", "-q").out == ""
    assert three("check", "b.tar", "-q").out == "failed  b.tar: 1 error (TRP009)\n"
    done = three("classify", "a.tar", "d.tar", "-q")
    assert (done.code, done.out) == (
        3,
        "unread  d.tar: cannot be read: No such file or directory\n",
    )


def test_verbose_and_quiet_exclude_each_other(three: Checker) -> None:
    done = three("check", "a.tar", "-q", "-v")
    assert done.code == 2
    assert "-v/--verbose: not allowed with argument -q/--quiet" in done.err


def test_other_formats_do_not_change(three: Checker) -> None:
    expected = three("check", "a.tar", "b.tar", "--format", "tap").out
    for option in ("-v", "-q", "--color=always"):
        assert three("check", "a.tar", "b.tar", "--format", "tap", option).out == expected


def test_a_file_is_as_verbose(three: Checker) -> None:
    three("check", "a.tar", "b.tar", "--format", "text=report.txt", "-v")
    report = (three.folder / "report.txt").read_text("utf-8")
    assert report == three("check", "a.tar", "b.tar", "-v").out


def test_color(three: Checker) -> None:
    for words in (["check", "a.tar"], ["check", "a.tar", "b.tar"], ["show", "a.tar"]):
        assert COLOUR not in three(*words).out
        assert COLOUR in three(*words, "--color", "always").out
    assert COLOUR in three("classify", "a.tar", "--color=always").out
    assert COLOUR in three("import-plan", "c.tar", "--color=always").out


def test_an_unknown_color(three: Checker) -> None:
    done = three("check", "a.tar", "--color", "allways")
    assert done.code == 2
    assert done.err == (
        "checker: --color: invalid value 'allways' (choose from: auto, always, never); "
        "did you mean 'always'?\n"
    )


def test_color_in_the_settings(three: Checker) -> None:
    settings = three.folder / "checker.toml"
    settings.write_text('color = "always"\n')
    assert COLOUR in three("check", "a.tar").out
    assert COLOUR in three("show", "a.tar").out
    assert COLOUR not in three("check", "a.tar", "--color", "never").out
    assert "checker.toml:1" in three("config").out
    settings.write_text("color = true\n")
    done = three("check", "a.tar")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "checker.toml:1: color: invalid value True (choose from" in done.err


def test_the_report_is_imported_only_where_it_is_used(three: Checker) -> None:
    script = (
        "import sys; from checker.cli import main; main(sys.argv[1:]);"
        "print([name for name in sys.modules if name.startswith(('checker.reports.text', 'rich'))])"
    )
    words = [sys.executable, "-c", script, "check", "a.tar", "c.tar", "--format"]
    done = subprocess.run([*words, "tap"], cwd=three.folder, capture_output=True, check=True)
    assert done.stdout.endswith(b"\n[]\n")
    done = subprocess.run([*words, "text"], cwd=three.folder, capture_output=True, check=True)
    assert b"'checker.reports.text.report'" in done.stdout
    assert b"rich" not in done.stdout


def test_a_section_says_what_fails_its_archives(three: Checker) -> None:
    section = '[[archive]]\npath = "a.tar"\nfail-on = "note"\n'
    (three.folder / "checker.toml").write_text(section)
    done = three("check", "a.tar", "c.tar")
    assert "\nfailed       -         -      2  yes      no       a.tar\n" in done.out
    assert done.out.endswith("failed  do not ship 1 of 2 archives: 2 notes\n")
    assert three("check", "a.tar", "c.tar", "-q").out == "failed  a.tar: 2 notes (HYG002, HYG013)\n"
    (three.folder / "checker.toml").write_text(section.replace("note", "never"))
    assert "\nerrors       1 " in three("check", "a.tar", "b.tar", "--fail-on=never").out


def environment(**values: str) -> Mapping[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("TERM", "COLUMNS")}
    return {**kept, "TERM": "xterm", **values}


def on_terminal(folder: Path, words: Sequence[str], **values: str) -> str:
    """What the command writes to a terminal."""
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0) as screen:
        command = [*COMMAND, *words, "--no-progress"]
        with subprocess.Popen(
            command, cwd=folder, env=environment(**values), stdout=slave, stderr=slave
        ) as process:
            os.close(slave)
            shown = b""
            while part := _read(screen.fileno()):
                shown += part
            process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n")


def _read(number: int) -> bytes:
    try:
        return os.read(number, 1 << 16)
    except OSError:  # the other side of the terminal is closed
        return b""


@pytest.mark.parametrize("paths", [("b.tar",), ("a.tar", "b.tar")])
def test_a_terminal(three: Checker, paths: tuple[str, ...]) -> None:
    words = ("check", *paths)
    plain = three(*words).out
    assert COLOUR in on_terminal(three.folder, words)
    for values in ({"TERM": "dumb"}, {"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        assert on_terminal(three.folder, words, **values) == plain
    assert on_terminal(three.folder, (*words, "--color=never"), FORCE_COLOR="1") == plain


@pytest.mark.parametrize("paths", [("b.tar",), ("a.tar", "b.tar")])
def test_force_color(three: Checker, paths: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*COMMAND, "check", *paths],
        cwd=three.folder,
        env=environment(FORCE_COLOR="1", TERM="dumb"),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert COLOUR.encode() in done.stdout


def test_a_row_appears_as_soon_as_its_archive_is_done(three: Checker) -> None:
    with subprocess.Popen(
        [*COMMAND, "check", "a.tar", "-", "b.tar"],
        cwd=three.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        timer = Timer(60, process.kill)
        timer.start()
        first = [process.stdout.readline(), process.stdout.readline()]
        process.stdin.write(sample())
        process.stdin.close()
        rest = process.stdout.read()
        timer.cancel()
    assert first[0].startswith(b"result  errors")
    assert first[1].endswith(b"  a.tar\n")
    assert b"  -\n" in rest
    assert rest.endswith(b"failed  do not ship 1 of 3 archives: 1 error\n")


@pytest.mark.parametrize("words", ["check a.tar c.tar", "classify a.tar c.tar", "check b.tar -q"])
def test_a_full_output(three: Checker, words: str) -> None:
    line = f"exec {shlex.join(COMMAND)} {words} --format json=report.json >/dev/full"
    line = line.replace("--format", "--format text --format")
    done = subprocess.run(
        ["bash", "-c", line], cwd=three.folder, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert done.stderr.count(b"\n") == 1
    assert b"report text" in done.stderr
    assert b"standard output: No space left on device" in done.stderr
    assert (three.folder / "report.json").exists()
