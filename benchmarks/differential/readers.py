"""The tools of ``make readers``, tried like the engines."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

from benchmarks.differential.engines import SECONDS_TO_TAKE, Installed, Real
from benchmarks.engines.host import Host
from benchmarks.readers.tools import Bench, Tool, found
from checker.plugins import load_plugins
from checker.verdicts import VerdictOutcome


def reader_engines(tools: list[Tool], bench: Bench) -> list[Installed]:
    """Tools with the profile of each.

    Args:
        tools: The tools, which are installed.
        bench: Where they run.
    """
    readers = load_plugins().readers().engines
    judges = {f"{judge.name} {judge.action}": judge for judge in readers}
    return [
        Installed(
            judges[tool.title],
            partial(_take, tool, bench),
            (found(tool.program) or tool.program, *tool.version),
        )
        for tool in tools
    ]


def _take(tool: Tool, bench: Bench, host: Host, archive: Path) -> Real:
    del host
    try:
        said = tool.read(bench, archive)
    except subprocess.TimeoutExpired as error:
        seconds = error.timeout or SECONDS_TO_TAKE
        hangs = f"it was still running after {seconds:.0f} seconds"
        return Real(VerdictOutcome.REJECTS, hangs)
    outcome = VerdictOutcome.ACCEPTS if said.accepts else VerdictOutcome.REJECTS
    return Real(outcome, said.message)
