"""Distributions with a plugin, as an installer leaves them in a directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def write_distribution(target: Path, name: str, entry_point: str, module: str, source: str) -> None:
    """Write version 2.5 of a distribution of one module, which is a plugin of the checker.

    Args:
        target: The directory, which is created.
        name: The name of the distribution.
        entry_point: The name of the plugin.
        module: The name of its module.
        source: The source of the module.
    """
    info = target / f"{name.replace('-', '_')}-2.5.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
    info.joinpath("entry_points.txt").write_text(f"[checker]\n{entry_point} = {module}\n")
    target.joinpath(f"{module}.py").write_text(source)


def install(source: Path, target: Path) -> None:
    """Install a distribution into a folder of its own, from its source alone."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-cache-dir",
        "--no-deps",
        "--no-index",
    ]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--root-user-action=ignore"]
    subprocess.run([*command, "--target", str(target), str(source)], check=True)
