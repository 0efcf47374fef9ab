"""The transcripts in the README are those of archives that Docker wrote.

With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment they are written again; read the diff.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"

pytestmark = pytest.mark.engines


@pytest.fixture
def folder(made: Callable[[str], Path], tmp_path: Path) -> Path:
    """The archives that the README speaks of."""
    saved = made("docker-save-one-tag").read_bytes()
    tmp_path.joinpath("app.tar").write_bytes(saved)
    tmp_path.joinpath("cut.tar").write_bytes(saved[:1_234_567])
    tmp_path.joinpath("fs.tar").write_bytes(made("docker-export").read_bytes())
    return tmp_path


def transcripts() -> list[str]:
    text = README.read_text("utf-8")
    return re.findall(r"```console\n\$ (checker .*?)```", text, re.DOTALL)


def masked(text: str) -> str:
    """The text without what differs from build to build: digests, sizes and counts of bytes."""
    text = re.sub(r"\b[0-9a-f]{12,}\b", "<hex>", text)
    return re.sub(r"\d+(\.\d+)?", "<n>", text)


def test_the_readme_has_transcripts() -> None:
    assert len(transcripts()) >= 4


@pytest.mark.parametrize(
    "transcript", transcripts(), ids=lambda transcript: transcript.partition("\n")[0]
)
def test_the_output_in_the_readme_is_that_of_real_archives(transcript: str, folder: Path) -> None:
    command, _, shown = transcript.partition("\n")
    words = shlex.split(command.removeprefix("checker "))
    done = subprocess.run(
        [sys.executable, "-m", "checker", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        text = README.read_text("utf-8")
        README.write_text(text.replace(transcript, f"{command}\n{done.stdout}"), "utf-8")
        shown = done.stdout
    assert masked(done.stdout.rstrip()) == masked(shown.rstrip())
