"""The manual page: what it says, that ``man`` shows it, and that it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from checker import __version__
from checker.cli.arguments.command_line import command_parser
from checker.cli.completion import actions_of, commands_of
from tests.wheels import build_wheel

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "checker.1"
PLACE = "share/man/man1/checker.1"


@pytest.fixture(scope="module")
def shown() -> str:
    """What ``man`` shows; it has nothing to warn about."""
    if shutil.which("man") is None:
        if os.environ.get("CHECKER_REQUIRE_ENGINES") == "1":
            pytest.fail("man is not installed")
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "--encoding=utf8", "--no-hyphenation", "--no-justification", PAGE],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "500", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return re.sub(".\b|\x1b\\[[0-9;]*m", "", done.stdout)


def test_commands_and_options_are_described(shown: str) -> None:
    commands = [command.prog for command in commands_of(command_parser())]
    assert len(commands) > 10
    assert [command for command in commands if f"   {command}\n" not in shown] == []
    options = {
        option for action in actions_of(command_parser()) for option in action.option_strings
    }
    assert {option for option in options if option not in shown} == {"--help"}


@pytest.mark.parametrize(
    "heading", ["NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "FILES", "EXAMPLES", "SEE ALSO"]
)
def test_sections(shown: str, heading: str) -> None:
    assert f"\n{heading}\n" in shown


def test_exit_codes_of_commands_are_those_of_their_help(shown: str) -> None:
    _, _, section = shown.partition("\nEXIT STATUS\n")
    lines = {" ".join(line.split()) for line in section.splitlines()}
    for parser in (command_parser(), *commands_of(command_parser())):
        if parser.epilog and parser.epilog.startswith("exit codes"):
            codes = [" ".join(line.split()) for line in parser.epilog.splitlines()[1:]]
            assert len(codes) >= 3
            assert set(codes) <= lines, parser.prog


def test_the_version(shown: str) -> None:
    assert shown.rstrip().splitlines()[-1].startswith(f"archive-checker {__version__} ")


def test_the_wheel_installs_it(tmp_path: Path) -> None:
    if not (ROOT / "checker").is_dir():  # the wheel is installed beside these tests
        assert Path(sys.prefix, PLACE).read_bytes() == PAGE.read_bytes()
        return
    with zipfile.ZipFile(build_wheel(tmp_path)) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f".data/data/{PLACE}"))
        assert archive.read(name) == PAGE.read_bytes()
