"""Command lines with paths alone are read as the parser reads them, without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.cli.arguments.command_line import parse_arguments
from checker.cli.arguments.without_options import paths_alone
from checker.testing.archive import sample
from tests.imported import modules_of_a_run


@pytest.mark.parametrize("command", ["check", "classify"])
@pytest.mark.parametrize(
    "paths", [["a.tar"], ["a.tar", "b c"], ["check"], ["=x", "@y", "z" * 300]], ids=len
)
def test_they_are_what_the_parser_gives(command: str, paths: list[str]) -> None:
    words = [command, *paths]
    found = paths_alone(words)
    assert found is not None
    assert vars(found) == vars(parse_arguments(words))
    assert found.paths == paths


@pytest.mark.parametrize(
    "words",
    [
        *([], ["check"], ["check", "-"], ["check", "a", "-v"], ["check", "--", "a"]),
        *(["check", "a", ""], ["rules", "a"], ["a.tar"], ["--version"], ["convert", "a", "b"]),
    ],
    ids=" ".join,
)
def test_others_are_left_to_the_parser(words: list[str]) -> None:
    assert paths_alone(words) is None


def test_nothing_of_the_parser_is_imported(tmp_path: Path) -> None:
    tmp_path.joinpath("a.tar").write_bytes(sample())
    imported = modules_of_a_run("check", "a.tar", folder=tmp_path)
    assert "checker.cli.check" in imported
    assert imported & {"argparse", "gettext", "locale"} == set()
