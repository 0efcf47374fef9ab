"""Help is read in terminals of 80 columns."""

from __future__ import annotations

import argparse

import pytest

from checker.cli.arguments.command_line import command_parser

from .conftest import Checker


def commands() -> list[str]:
    """All commands, and those below them."""

    def below(parser: argparse.ArgumentParser, words: str) -> list[str]:
        actions = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
        found = [words.strip()]
        for action in actions:
            for name, inner in action.choices.items():
                found += below(inner, f"{words} {name}")
        return found

    return below(command_parser(), "")


@pytest.mark.parametrize("words", commands())
def test_no_line_is_too_long(checker: Checker, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = checker(*words.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if len(line) > 80] == []
