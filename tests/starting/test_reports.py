"""How reports tell whether containers start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from checker.reports.json_report import render_json
from checker.reports.layout import Style
from checker.reports.text.report import lines, render_text
from checker.testing import Archive, Image, build
from checker.testing.tar import Member, file, write_tar
from tests.sessions import new_session

from .roots import APP, program

if TYPE_CHECKING:
    from pathlib import Path

    from checker.results import Run

NOTHING = dict.fromkeys(("Entrypoint", "Cmd", "Env", "User", "WorkingDir"))
BASE = tuple(file(f"{name}/x") for name in ("etc", "usr", "var", "sbin", "home", "tmp"))


def image(name: str, *members: Member) -> Image:
    return Image(layers=(members,), config={"config": {**NOTHING, **APP}}, tags=(name,))


STARTS, MISSES = image("a:1", program("app")), image("b:1", file("x"))


def run_on(path: Path, archive: Archive) -> Run:
    path.write_bytes(archive.tar())
    with new_session() as session:
        return session.classify_all([path], keep=lambda checked: checked.without_content())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.tar"


def styles(run: Run, label: str) -> set[Style]:
    """The styles of the words "yes" and "no" in a row."""
    rows = [line for line in lines(run) if line and line[0][1].strip() == label]
    return {style for line in rows for style, text in line if text.strip() in ("yes", "no")}


def test_no_answer_is_green_above_an_image_that_does_not_start(path: Path) -> None:
    fine = run_on(path, build("docker-archive", STARTS))
    assert styles(fine, "load") == styles(fine, "starts") == {Style.GOOD}
    useless = run_on(path, build("docker-archive", STARTS, MISSES))
    assert styles(useless, "load") == {Style.WARNING}
    assert "load    yes" in render_text(useless)


def test_images_with_the_same_answer_share_a_row(path: Path) -> None:
    third = image("c:1", file("y"))
    text = render_text(run_on(path, build("docker-archive", STARTS, MISSES, third)))
    start = text.index("starts")
    assert text[start : text.index("engines")] == (
        "starts  yes      /app is in the root with all that it needs\n"
        "                 a:1\n"
        '        no       exec: "/app": stat /app: no such file or directory: /app is not\n'
        "                 in the root\n"
        "                 b:1, c:1\n"
    )


def test_one_image_is_not_named(path: Path) -> None:
    text = render_text(run_on(path, build("docker-archive", STARTS)))
    assert "starts  yes      /app is in the root with all that it needs\nengines" in text


def test_json_has_one_answer_for_each_image(path: Path) -> None:
    (archive,) = json.loads(render_json(run_on(path, build("docker-archive", STARTS, MISSES))))[
        "archives"
    ]
    assert archive["starts"] is None
    assert [each["starts"]["answer"] for each in archive["images"]] == ["yes", "no"]
    assert archive["images"][0]["starts"] == {
        "answer": "yes",
        "reason": "/app is in the root with all that it needs",
        "message": None,
        "command": ["/app"],
        "cause": None,
    }


@pytest.mark.parametrize(
    ("shell", "answer", "message"),
    [((program("bin/sh"),), "yes", None), ((), "no", "no command specified")],
)
def test_json_has_the_answer_for_a_root_filesystem(
    path: Path, shell: tuple[Member, ...], answer: str, message: str | None
) -> None:
    path.write_bytes(write_tar((*BASE, *shell)))
    with new_session() as session:
        (archive,) = json.loads(render_json(session.classify_all([path])))["archives"]
    assert archive["kind"] == "rootfs"
    assert (archive["starts"]["answer"], archive["starts"]["message"]) == (answer, message)


def test_a_file_that_cannot_be_read_has_no_answer(path: Path) -> None:
    with new_session() as session:
        run = session.classify_all([path])
    assert json.loads(render_json(run))["archives"][0]["starts"] is None
