"""Commands that fix a root: quoted, for the Dockerfile of an image or for the root itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import Command, DockerfileEdit, Fix
from checker.testing import Image, build
from checker.testing.tar import file
from tests.sessions import new_session


def fixes(kind: str, name: str, tmp_path: Path) -> set[Fix | None]:
    path = tmp_path / "archive.tar"
    image = Image(layers=((file(name, "x", mode=0o666),),))
    path.write_bytes(build(kind, image).tar())
    checked = new_session({"select": ["world-writable"]}).check(path)
    return {finding.fix for finding in checked.findings}


TITLE = "remove the write permission of others"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("usr/bin/tool", "chmod o-w /usr/bin/tool"),
        ("usr/bin/a b", "chmod o-w '/usr/bin/a b'"),
        ("usr/bin/$(id)", "chmod o-w '/usr/bin/$(id)'"),
        ("usr/bin/it's", "chmod o-w '/usr/bin/it'\"'\"'s'"),
    ],
)
def test_names_are_quoted(name: str, line: str, tmp_path: Path) -> None:
    assert fixes("docker-archive", name, tmp_path) == {Fix(TITLE, DockerfileEdit(f"RUN {line}"))}
    assert fixes("export", name, tmp_path) == {Fix(TITLE, Command(line))}


def test_no_command_has_characters_that_cannot_be_printed(tmp_path: Path) -> None:
    assert fixes("docker-archive", "usr/bin/\x1b[2Jx\nrm", tmp_path) == {Fix(TITLE)}
