"""What the tests of several archives at once share: a command, and a plugin that misbehaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from checker.testing import sample
from tests.cli.distributions import write_distribution
from tests.unmeasured import unmeasured

# Does what the name of an archive says.
PLUGIN = """
import ctypes, os, signal, threading, time
from checker import Check, Severity, hookimpl

def misbehave(name):
    if name.startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("segfault"):
        ctypes.string_at(0)
    if name.startswith("left"):
        os._exit(7)
    if name.startswith("memory"):
        raise MemoryError
    if name.startswith("printing"):
        print("printed by a plugin")
    if name.startswith("slow"):
        with open("running", "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(60)

class Misbehaving(Check):
    '''Does what the name of the archive says.

    What it means:
        Nothing.
    '''
    id = "MIS001"
    name = "misbehaving"
    severity = Severity.NOTE

    def check_archive(self, archive):
        misbehave(os.path.basename(archive.path))
        yield self.finding(archive, "it behaved")

@hookimpl
def checker_checks():
    yield Misbehaving
"""
THREADED = PLUGIN + "\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"

Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a plugin that misbehaves as the names of archives say."""
    write_distribution(tmp_path / "plugins", "misbehaving", "misbehaving", "misbehaving", PLUGIN)
    return tmp_path


def put(folder: Path, *names: str) -> list[str]:
    """Write a sound archive with each of some names."""
    for name in names:
        folder.joinpath(name).write_bytes(sample("docker-archive"))
    return list(names)


@pytest.fixture
def start(folder: Path) -> Start:
    """Starts the command in the directory, with the plugin."""

    def run(*words: str, session: bool = False) -> subprocess.Popen[bytes]:
        environment = {**unmeasured(), "PYTHONPATH": str(folder / "plugins")}
        return subprocess.Popen(
            [sys.executable, "-m", "checker", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=session,
        )

    return run


def is_running(process: int) -> bool:
    """Whether a process is there that has not ended."""
    try:
        status = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z" and os.path.exists(f"/proc/{process}")
