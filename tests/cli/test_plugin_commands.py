"""Commands and kinds of archive that plugins add."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from checker.cli.arguments.command_line import command_parser
from checker.cli.completion import commands_of
from checker.commands import BUILTIN_COMMANDS

from .conftest import Checker
from .distributions import write_distribution

SOURCE = """
from checker import KnownKind, PluginCommand, Recognizer, SettingsError, check, hookimpl

def add_arguments(parser):
    parser.add_argument("path")
    parser.add_argument("--fail", choices=("raise", "settings", "return"))

def run(arguments):
    if arguments.fail == "raise":
        raise ValueError("lost \\x1b[31m")
    if arguments.fail == "settings":
        raise SettingsError("no such thing")
    if arguments.fail == "return":
        return "none"
    print(check(arguments.path).archive.kind)
    return 7

def add_nothing(parser):
    raise KeyError("lost")

@hookimpl
def checker_commands():
    yield PluginCommand("kind-of", "show the kind, 100 % of it", add_arguments, run)
    yield PluginCommand("broken", "never works", add_nothing, run)

def fits(traits):
    return traits.is_member("bundle.acme")

def fails(traits):
    if traits.is_member("crash.acme"):
        raise ValueError("lost")

@hookimpl
def checker_kinds():
    title, reader = "an Acme bundle", "acme runs it"
    yield Recognizer(KnownKind("acme-bundle", title, reader, "acme run {path}"), fits)
    yield Recognizer(KnownKind("acme-other", "another Acme bundle", reader), fails)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distributions") / "acme"
    write_distribution(folder, "acme", "acme", "acme", SOURCE)
    return folder


def test_a_command_runs_with_its_arguments(checker: Checker, installed: Path, image: Path) -> None:
    done = checker.process("kind-of", image, paths=[installed])
    assert (done.code, done.out, done.err) == (7, "docker-archive\n", "")


def test_the_help_lists_it(checker: Checker, installed: Path) -> None:
    assert "show the kind, 100 % of it" in checker.process("--help", paths=[installed]).out
    assert "--fail" in checker.process("kind-of", "--help", paths=[installed]).out


FAILURES = {
    "raise": (3, "plugin acme (acme 2.5): command kind-of failed: ValueError: lost "),
    "settings": (2, "no such thing"),
    "return": (3, "plugin acme (acme 2.5): command kind-of failed: returned 'none'"),
}


@pytest.mark.parametrize("how", FAILURES)
def test_a_command_that_fails_is_named(
    checker: Checker, installed: Path, image: Path, how: str
) -> None:
    code, message = FAILURES[how]
    done = checker.process("kind-of", image, "--fail", how, paths=[installed])
    assert done.code == code
    assert done.err.startswith(f"checker: {message}")
    assert "\x1b" not in done.err
    assert len(done.err.splitlines()) == 1


def test_a_command_whose_arguments_cannot_be_added(checker: Checker, installed: Path) -> None:
    done = checker.process("broken", paths=[installed])
    assert done.code == 3
    assert "plugin acme (acme 2.5): command broken failed: KeyError: 'lost'" in done.err


def test_a_mistyped_command_of_a_plugin_is_suggested(checker: Checker, installed: Path) -> None:
    done = checker.process("kindof", paths=[installed])
    assert done.code == 2
    assert "did you mean 'kind-of'?" in done.err


def tar_of(*names: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return data.getvalue()


def test_a_kind_is_recognized(checker: Checker, installed: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("a.tar").write_bytes(tar_of("bundle.acme", "data"))
    done = checker.process("classify", "a.tar", "--format", "json", paths=[installed])
    known = done.report["archives"][0]["known_kind"]
    assert known == {"name": "acme-bundle", "title": "an Acme bundle", "readers": "acme runs it"}
    shown = checker.process("classify", "a.tar", paths=[installed])
    assert "an Acme bundle" in shown.out
    assert "acme run a.tar" in shown.out
    assert "acme-bundle" not in checker.process("classify", "a.tar", "--format", "json").out


def test_built_in_kinds_come_first(checker: Checker, installed: Path, tmp_path: Path) -> None:
    names = ("bundle.acme", "chart/Chart.yaml", "chart/values.yaml")
    tmp_path.joinpath("a.tar").write_bytes(tar_of(*names))
    done = checker.process("classify", "a.tar", "--format", "json", paths=[installed])
    assert done.report["archives"][0]["known_kind"]["name"] == "helm-chart"


def test_a_kind_that_fails_costs_its_own_answer(
    checker: Checker, installed: Path, tmp_path: Path
) -> None:
    tmp_path.joinpath("a.tar").write_bytes(tar_of("crash.acme"))
    done = checker.process("classify", "a.tar", paths=[installed])
    assert done.code == 3
    assert "recognizing another Acme bundle: ValueError: lost" in done.out


def test_the_names_of_the_built_in_commands_are_taken() -> None:
    (names,) = (each.choices for each in command_parser()._actions if each.choices is not None)
    assert tuple(names) == BUILTIN_COMMANDS
    assert len(list(commands_of(command_parser()))) >= len(BUILTIN_COMMANDS)
