"""Runs the tests in a copy of the project, with and without a mutant."""

from __future__ import annotations

import contextlib
import difflib
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.mutants.sampling import Mutant

_LEFT_OUT: Final = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "build", "dist"
)
_PLUGIN: Final = ("-p", "benchmarks.mutants.plugin", "-p", "no:cacheprovider")
# They start processes, whose lines are not attributed to a test.
_UNTOLD: Final = ("tests/cli", "tests/engines")
_MEMORY: Final = 4 << 30
_SECONDS_TO_START: Final = 60
# A busy machine, or a mutant that only slows the tests down, must not count as killed.
_PATIENCE: Final = 10
_MOST_SECONDS: Final = 600
_OUTPUT: Final = "output.txt"
# Exit codes of pytest. All others say that a test fails, or that a module cannot be imported.
_PASSED, _FAILED = 0, 1
_NO_TESTS = 5


class BrokenTestsError(Exception):
    """The tests fail without a mutant."""


class Outcome(StrEnum):
    """The result of the tests with a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNSEEN = "unseen"


_OUTCOMES: Final = {_PASSED: Outcome.SURVIVED, _NO_TESTS: Outcome.UNSEEN}


class Result(NamedTuple):
    """A mutant and its result.

    Attributes:
        mutant: The mutant.
        outcome: The result of the tests.
        tests: How many tests were chosen.
        diff: The change.
    """

    mutant: Mutant
    outcome: Outcome
    tests: int
    diff: str

    @property
    def is_killed(self) -> bool:
        """Whether a test detected it."""
        return self.outcome in {Outcome.KILLED, Outcome.TIMEOUT}


def copy_project(source: Path, target: Path) -> None:
    """Copy the project, compiled such that a changed module is detected by its content."""
    shutil.copytree(source, target, ignore=_LEFT_OUT, dirs_exist_ok=True)
    compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash"]
    subprocess.run([*compiling, "checker", "plugins", "schemas"], cwd=target, check=True)


def watch_all_tests(project: Path, directories: Sequence[str], data: Path, seconds: Path) -> None:
    """Run all tests without a mutant, and write down which lines each of them runs.

    Those that fail are left out, since they would fail with every mutant.

    Args:
        project: A copy of the project.
        directories: The directories whose lines matter.
        data: Where coverage.py writes to.
        seconds: Where the seconds of each test are written to.

    Raises:
        BrokenTestsError: They did not run to their end.
    """
    words = [sys.executable, "-m", "coverage", "run", "--rcfile=", f"--data-file={data}"]
    ignored = [f"--ignore={directory}" for directory in _UNTOLD]
    tests = ["-m", "pytest", "-q", *_PLUGIN, *ignored]
    environment = {**_environment(project), "TEST_SECONDS": str(seconds)}
    command = [*words, f"--source={','.join(directories)}", *tests]
    code = subprocess.run(command, cwd=project, env=environment, check=False).returncode
    if code not in (_PASSED, _FAILED):
        raise BrokenTestsError(f"the tests without a mutant end with exit code {code}")


def check_without_mutant(project: Path, tests: Sequence[str]) -> None:
    """Make sure that tests of which each mutant runs some pass without one.

    Raises:
        BrokenTestsError: They do not.
    """
    if tests and _run(project, tests, _MOST_SECONDS) is not Outcome.SURVIVED:
        output = (project / _OUTPUT).read_text("utf-8", "replace")
        raise BrokenTestsError(f"the tests fail without a mutant:\n{output}")


def try_mutant(project: Path, mutant: Mutant, tests: Sequence[str], seconds: float) -> Result:
    """Apply a mutant, run tests, and restore the module.

    Args:
        project: A copy of the project.
        mutant: The mutant.
        tests: The tests that can see it.
        seconds: Their time without it, from which the time limit follows.
    """
    module = project / mutant.path
    original = module.read_text("utf-8")
    mutated = mutant.apply(original)
    diff = _diff(mutant.path, original, mutated)
    if not tests:
        return Result(mutant, Outcome.UNSEEN, 0, diff)
    module.write_text(mutated, "utf-8")
    try:
        outcome = _run(project, tests, _SECONDS_TO_START + _PATIENCE * seconds)
    finally:
        module.write_text(original, "utf-8")
    return Result(mutant, outcome, len(tests), diff)


def _run(project: Path, tests: Sequence[str], seconds: float) -> Outcome:
    chosen, output = project / "chosen-tests.txt", project / _OUTPUT
    chosen.write_text("\n".join(tests), "utf-8")
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=short", *_PLUGIN, *files]
    with (
        output.open("wb") as stream,
        subprocess.Popen(
            command,
            cwd=project,
            env={**_environment(project), "CHOSEN_TESTS": str(chosen)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ) as process,
    ):
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return Outcome.TIMEOUT
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return _OUTCOMES.get(code, Outcome.KILLED)


def _environment(project: Path) -> Mapping[str, str]:
    """The packages come from the copy; Hypothesis tries the same examples each time."""
    packages = [str(project), str(project / "plugins"), str(project / "schemas")]
    changed = {
        "PYTHONPATH": os.pathsep.join(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": "true",
        "HYPOTHESIS_PROFILE": "thorough",
    }
    return {**os.environ, **changed}


def _diff(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=1
    )
    return "\n".join(lines)
