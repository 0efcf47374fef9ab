"""Runs pytest with the plugin, as a user does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def terminal() -> dict[str, str]:
    """The environment of a user at a terminal of 80 columns, where pytest shortens lines."""
    # In the first two pytest sees a CI system.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"CI", "BUILD_NUMBER"} and not name.startswith("PYTEST_")
    }
    return {**kept, "COLUMNS": "80"}


def run_pytest(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory; both outputs are in ``stdout``."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=terminal(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def outcomes(output: str) -> dict[str, str]:
    """The outcome of each test, from the lines that ``-v`` and ``-rA`` print."""
    found = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) (\S+::\S+)", output, re.MULTILINE)
    return {name: outcome for outcome, name in found}
