"""Runs pytest with the plugin, as a user does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def run_pytest(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory; both outputs are in ``stdout``."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env={**environment, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def outcomes(output: str) -> dict[str, str]:
    """The outcome of each test, from the lines that ``-v`` and ``-rA`` print."""
    found = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) (\S+::\S+)", output, re.MULTILINE)
    return {name: outcome for outcome, name in found}
