"""The wheel of the project, built for a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path, **environment: str) -> Path:
    """Build the wheel in an empty folder, without an index of packages.

    Args:
        folder: Where the wheel is written.
        environment: Variables of the environment, besides those of this process.
    """
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, env={**os.environ, **environment})
    (wheel,) = folder.glob("*.whl")
    return wheel
