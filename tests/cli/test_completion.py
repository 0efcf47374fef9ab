"""Completion in real shells, and what the scripts are made from."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from checker.cli.arguments.command_line import command_parser
from checker.cli.completion import FILES, FREE, NAMES, actions_of, key_of
from checker.plugins import load_plugins

from .conftest import Checker

SHELLS = ("bash", "zsh", "fish")
STARTS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
PREPARES = {
    "bash": "source {script}; PS1=",
    "zsh": 'autoload -Uz compinit; compinit -D -u; eval "$(cat {script})"; PS1=; unsetopt beep',
}
SECONDS = 60


def single_rule() -> tuple[str, str]:
    """A beginning of the ID of a rule that no other ID has, or all of it, and the ID."""
    by_beginning = defaultdict(list)
    for rule in load_plugins().registry:
        by_beginning[rule.id[:-1]].append(rule.id)
    beginning, ids = min(by_beginning.items(), key=lambda each: len(each[1]))
    return beginning if len(ids) == 1 else ids[0], ids[0]


BEGINNING, RULE = single_rule()
CASES = [
    ("expl", "explain"),
    (f"explain {BEGINNING}", f"explain {RULE}"),
    ("check --sarif-a", "check --sarif-anchor"),
    (f"check --select {BEGINNING}", f"check --select {RULE}"),
    ("check --fail-on wa", "check --fail-on warning"),
    ("check --engine kub", "check --engine kubernetes"),
    ("check --profile sec", "check --profile security"),
    ("check --format juni", "check --format junit"),
    ("check --junit-flavour az", "check --junit-flavour azure"),
    ("check my-im", "check my-image.tar"),
    ("check --config my-se", "check --config my-settings.toml"),
    ("check --as load my-im", "check --as load my-image.tar"),
    ("convert --to rootf", "convert --to rootfs"),
    ("compare --ignore times", "compare --ignore timestamps"),
    ("baseline wr", "baseline write"),
    ("completion fi", "completion fish"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the script of each shell, and files to complete."""
    path = tmp_path_factory.mktemp("shells")
    checker = Checker(path)
    for shell in SHELLS:
        done = checker("completion", shell)
        assert (done.code, done.err) == (0, "")
        path.joinpath(f"script.{shell}").write_text(done.out)
    for name in ("my-image.tar", "my-settings.toml"):
        path.joinpath(name).touch()
    return path


def require(shell: str) -> None:
    if shutil.which(shell):
        return
    if os.environ.get("CHECKER_REQUIRE_ENGINES") == "1":
        pytest.fail(f"{shell} is not installed")
    pytest.skip(f"{shell} is not installed")


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def completed(shell: str, folder: Path, typed: Sequence[str]) -> list[str]:
    """The commands that an interactive shell runs after ``checker WORDS``, the tab key and Return.

    Returns:
        The arguments of each command; fewer than were typed if the shell does not answer.
    """
    result = folder / f"{shell}-result"
    result.touch()
    # In place of the program, so that what was completed is seen as its arguments.
    stub = f"checker() {{ printf '%s\\n' \"$*\" >> {result}; }}"
    prepared = PREPARES[shell].format(script=folder / f"script.{shell}")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(STARTS[shell][0], STARTS[shell], environment(folder))
    try:
        os.write(terminal, f"{stub}; {prepared}; checker ready\r".encode())
        wait_for_lines(terminal, result, 1)
        for count, words in enumerate(typed, start=2):
            os.write(terminal, f"checker {words}\t\r".encode())
            wait_for_lines(terminal, result, count)
    finally:
        os.close(terminal)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    return [line.strip() for line in result.read_text().splitlines()[1:]]


def wait_for_lines(terminal: int, result: Path, count: int) -> None:
    """Wait until a file has a number of lines and the shell waits for input."""
    end = time.monotonic() + SECONDS
    while len(result.read_text().splitlines()) < count and time.monotonic() < end:
        drain(terminal, 0.02)
    drain(terminal, 0.1)


def drain(terminal: int, seconds: float) -> None:
    """Read what a shell prints until it is silent for a time."""
    try:
        while select.select([terminal], [], [], seconds)[0]:
            if not os.read(terminal, 65536):
                return
    except OSError:  # the shell has ended
        return


@pytest.mark.parametrize("shell", sorted(STARTS))
def test_a_shell_completes_what_is_typed(shell: str, folder: Path) -> None:
    require(shell)
    ran = completed(shell, folder, [typed for typed, _ in CASES])
    assert ran == [expected for _, expected in CASES]


@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_fish_completes_what_is_typed(typed: str, expected: str, folder: Path) -> None:
    require("fish")
    done = subprocess.run(
        ["fish", "--no-config", "-c", 'source script.fish; complete -C "checker $argv"', typed],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert found == [expected.rsplit(maxsplit=1)[-1]]


def test_everything_that_an_argument_takes_can_be_completed_or_is_free() -> None:
    valued = [
        action
        for action in actions_of(command_parser())
        if action.choices is None and action.nargs != 0
    ]
    assert len(valued) > 20
    unknown = {
        key_of(action)
        for action in valued
        if action.metavar not in FILES | FREE and key_of(action) not in NAMES
    }
    assert unknown == set()
    assert NAMES.keys() <= {key_of(action) for action in valued}
    assert {action.metavar for action in valued} >= FILES | FREE


def test_names_are_those_of_the_loaded_plugins(checker: Checker) -> None:
    assert "HYG013" in checker("completion", "bash").out
    assert "HYG013" not in checker("completion", "bash", "--no-plugin", "checker_hygiene").out


def test_another_shell_is_refused(checker: Checker) -> None:
    done = checker("completion", "fsh")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'fish'?" in done.err


def test_the_library_is_imported_by_this_command_alone() -> None:
    script = "import sys, checker.cli; checker.cli.main(['rules']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    modules = done.stdout.decode().split()
    assert "checker.cli.catalogue" in modules
    assert {"shtab", "checker.cli.completion"} & set(modules) == set()
