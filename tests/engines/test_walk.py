"""The transcripts in the README and the walk are those of archives that Docker wrote.

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

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "walk.md")

pytestmark = pytest.mark.engines


@pytest.fixture
def folder(made: Callable[[str], Path], tmp_path: Path) -> Path:
    """The archives that the pages speak of."""
    saved = made("docker-save-one-tag").read_bytes()
    tmp_path.joinpath("app.tar").write_bytes(saved)
    tmp_path.joinpath("cut.tar").write_bytes(saved[:1_234_567])
    tmp_path.joinpath("fs.tar").write_bytes(made("docker-export").read_bytes())
    return tmp_path


def transcripts(page: Path) -> list[str]:
    return re.findall(r"```console\n\$ (checker .*?)```", page.read_text("utf-8"), re.DOTALL)


TRANSCRIPTS = [(page, transcript) for page in PAGES for transcript in transcripts(page)]


def masked(text: str) -> str:
    """The text without what differs from build to build: digests, sizes and counts of bytes."""
    text = re.sub(r"\b[0-9a-f]{12,}\b", "<hex>", text)
    return re.sub(r"\d+(\.\d+)?", "<n>", text)


@pytest.mark.parametrize(("page", "least"), list(zip(PAGES, (2, 8), strict=True)))
def test_the_page_has_transcripts(page: Path, least: int) -> None:
    assert len(transcripts(page)) >= least


@pytest.mark.parametrize(
    ("page", "transcript"),
    TRANSCRIPTS,
    ids=[f"{page.stem}-{transcript.partition(chr(10))[0]}" for page, transcript in TRANSCRIPTS],
)
def test_the_output_is_that_of_real_archives(page: Path, transcript: str, folder: Path) -> None:
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
        text = page.read_text("utf-8")
        page.write_text(text.replace(transcript, f"{command}\n{done.stdout}"), "utf-8")
        shown = done.stdout
    assert masked(done.stdout.rstrip()) == masked(shown.rstrip())
