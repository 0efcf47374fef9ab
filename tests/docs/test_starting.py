"""``docs/starting.md`` shows what the program prints, and names every cause."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker import Session
from checker.reports.json_report import render_json
from checker.reports.text.report import render_text
from checker.starting.obstacle import Cause
from checker.testing import Image, build
from tests.starting.roots import dynamic, program

TEXT = (Path(__file__).parents[2] / "docs" / "starting.md").read_text("utf-8")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    nothing = dict.fromkeys(("Entrypoint", "Cmd", "Env", "User", "WorkingDir"))
    config = {"config": {**nothing, "Cmd": ["/app"]}}
    image = Image(layers=((program("app", dynamic("libone.so")),),), config=config, tags=("app:1",))
    Path("app.tar").write_bytes(build("docker-archive", image).tar())
    return "app.tar"


def test_the_transcript(archive: str) -> None:
    match = re.search(r"\$ checker classify app.tar\n(.*?)…\n", TEXT, re.DOTALL)
    with Session() as session:
        run = session.classify_all([archive])
    assert match is not None
    assert render_text(run).startswith(match[1])


def test_the_json(archive: str) -> None:
    match = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    with Session() as session:
        run = session.classify_all([archive])
    assert match is not None
    assert "".join(match[1].split()) in "".join(render_json(run).split())


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_named(cause: Cause) -> None:
    assert f"`{cause}`" in TEXT
