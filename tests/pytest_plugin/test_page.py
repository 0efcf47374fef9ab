"""The page on pytest, and the example that it names.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the page is written again; read the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from checker.testing import sample
from tests.pytest_plugin.running import outcomes, run_pytest, terminal

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pytest.md"
EXAMPLE = ROOT / "examples" / "image-tests"
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
SECONDS = re.compile(r" in \d+\.\d+s$", re.MULTILINE)
DESELECTED = re.compile(r"\d+ deselected")
"""The number of the other rules, which grows."""


def printed(command: str, directory: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env={**terminal(), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line.rstrip() for line in done.stdout.rstrip().splitlines()]
    return SECONDS.sub(" in 0.50s", "\n".join((f"$ {command}", *lines, "")))


def session_of(commands: list[str], directory: Path) -> str:
    return "".join(printed(each, directory) for each in commands)


def test_sessions_print_what_the_page_says(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    tmp_path.joinpath("test_image.py").write_text(source, "utf-8")
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    shown = SESSION.findall(text)
    now = [session_of(re.findall(r"^\$ (.*)$", each, re.MULTILINE), tmp_path) for each in shown]
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        for before, after in zip(shown, now, strict=True):
            text = text.replace(before, after)
        PAGE.write_text(text, "utf-8")
        shown = now
    assert DESELECTED.sub("", "".join(now)) == DESELECTED.sub("", "".join(shown))
    assert "1 failed, 2 passed" in now[0]
    assert "ARC004" in now[1]


def test_the_example_passes(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    project.joinpath("app.tar").write_bytes(sample())
    done = run_pytest(project, "-rA", "--archive-checks", "-k", "test_ or ARC or complete")
    found = outcomes(done.stdout)
    assert done.returncode == 0, done.stdout
    assert found["tests/test_image.py::test_no_private_keys[sample:1]"] == "PASSED"
    assert found["app.tar::complete"] == "PASSED"
