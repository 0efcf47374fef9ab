"""The two counters, and the Pythons whose counts can be compared."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.counting.cases import Case
from benchmarks.measure import PROGRAM

_INSTRUCTIONS = re.compile(r"I\s+refs:\s+([0-9,]+)")
_PROJECT = Path(__file__).parents[2]
# The hashes of strings decide the order of sets, the locale and the terminal what is written.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "80",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(_PROJECT),
}


class CountError(Exception):
    """A run that is counted failed."""


class Counter(NamedTuple):
    """A way to count what a run costs.

    Attributes:
        name: Its name in the record.
        python: The Pythons with the same counts.
        take: Counts one run, whose files are in a directory.
    """

    name: str
    python: str
    take: Callable[[Case, Path], int]


def counters() -> tuple[Counter, ...]:
    """The counters that this host has, the best one first."""
    implementation, version = platform.python_implementation(), platform.python_version()
    compiler, machine = platform.python_compiler(), platform.machine()
    build = f"{implementation} {version}, {compiler}, {machine}"
    minor = f"{implementation} {'.'.join(platform.python_version_tuple()[:2])}"
    bytecodes = Counter("bytecodes", minor, count_bytecodes)
    if shutil.which("valgrind") is None:
        return (bytecodes,)
    return (Counter("instructions", build, count_instructions), bytecodes)


def count_instructions(case: Case, folder: Path) -> int:
    """The instructions of the processor that a run takes.

    Raises:
        CountError: The run has another exit code, or valgrind does not work.
    """
    valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
    command = [*valgrind, f"--cachegrind-out-file={os.devnull}", sys.executable, PROGRAM]
    said = _run([*command, *case.words(folder)], case, folder)
    found = _INSTRUCTIONS.search(said)
    if found is None:
        raise CountError(f"valgrind did not tell the instructions: {said[-500:]}")
    return int(found[1].replace(",", ""))


def count_bytecodes(case: Case, folder: Path) -> int:
    """The instructions of Python's interpreter that a run takes.

    Raises:
        CountError: The run has another exit code.
    """
    number = folder / "bytecodes"
    command = [sys.executable, "-m", "benchmarks.counting.traced", str(number)]
    _run([*command, *case.words(folder)], case, folder)
    return int(number.read_text("utf-8"))


def warm_up(cases: Mapping[str, Case], folder: Path) -> None:
    """Run everything once, so that no run compiles modules or looks for them.

    Raises:
        CountError: A run has another exit code.
    """
    for name, case in cases.items():
        _run([PROGRAM, *case.words(folder / name)], case, folder / name)


def _run(command: Sequence[str], case: Case, folder: Path) -> str:
    """Run a command in a directory; what it writes to standard error."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, env=_ENVIRONMENT
    )
    if done.returncode != case.code:
        raise CountError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stderr
