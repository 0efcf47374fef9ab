"""Every example of ``docs/api.md`` runs as it is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from checker.testing import sample

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example(number: int, tmp_path: Path) -> None:
    tmp_path.joinpath("image.tar").write_bytes(sample("docker-archive"))
    tmp_path.joinpath("rootfs.tar").write_bytes(sample("export"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXAMPLES[number], "image.tar"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout


def test_the_first_program_has_ten_lines_and_prints_findings(tmp_path: Path) -> None:
    program = EXAMPLES[0]
    assert len([line for line in program.splitlines() if line.strip()]) <= 10
    path = tmp_path / "cut.tar"
    path.write_bytes(sample("docker-archive")[:2000])
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "error ARC004 " in done.stdout
