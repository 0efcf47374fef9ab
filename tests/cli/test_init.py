"""The command init writes a settings file that fits the archives."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from checker.settings import load_settings
from checker.testing import sample

from .conftest import Checker


def sections(path: Path) -> dict[str, str | None]:
    table = tomllib.loads(path.read_text("utf-8"))
    return {each["path"]: each.get("as") for each in table.get("archive", ())}


def test_the_archives_below_are_found(checker: Checker, image: Path, rootfs: Path) -> None:
    assert (image.name, rootfs.name) == ("image.tar", "fs.tar")
    dist = checker.folder / "dist"
    dist.mkdir()
    dist.joinpath("oci.tar.gz").write_bytes(sample("oci-archive"))
    dist.joinpath("notes.txt").write_text("no archive")
    checker.folder.joinpath(".hidden").mkdir()
    checker.folder.joinpath(".hidden", "a.tar").write_bytes(sample("export"))
    dist.joinpath("broken.tar").write_text("not a tar")
    done = checker("init")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"checker.toml: settings for {len(found_in(checker))} archives\n"
    assert found_in(checker)["image.tar"] == "load"
    assert found_in(checker)["fs.tar"] == "import"
    assert found_in(checker)["dist/broken.tar"] is None
    assert "dist/oci.tar.gz" in found_in(checker)
    assert ".hidden/a.tar" not in found_in(checker)
    assert checker("check", "image.tar", "fs.tar").code == 0
    assert "settings from checker.toml" in checker("config").out


def found_in(checker: Checker) -> dict[str, str | None]:
    return sections(checker.folder / "checker.toml")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("oci.tar", sample("oci-archive"), "not every engine loads it"),
        ("old.tar", sample("legacy"), "not every engine loads it"),
        ("text.tar", b"not a tar", "neither docker load nor docker import restores it"),
    ],
)
def test_a_section_without_a_command_says_why(
    checker: Checker, name: str, data: bytes, why: str
) -> None:
    checker.folder.joinpath(name).write_bytes(data)
    assert checker("init").code == 0
    text = checker.folder.joinpath("checker.toml").read_text("utf-8")
    assert f'path = "{name}"\n# as = "load"  # {why}\n' in text


def test_what_is_commented_out_is_valid(checker: Checker) -> None:
    assert checker("init").out == "checker.toml: settings for 0 archives\n"
    text = checker.folder.joinpath("checker.toml").read_text("utf-8")
    code = re.compile(r"^# (?=[a-z-]+ = |[A-Z]+\d+ = |\[)", re.MULTILINE)
    table = tomllib.loads(code.sub("", text))
    assert set(table) >= {"profile", "fail-on", "select", "engine", "format", "waive", "limits"}
    load_settings(table)


def test_the_settings_can_go_into_a_pipe(checker: Checker, image: Path) -> None:
    words = shlex.join([sys.executable, "-m", "checker", "init", "--force", image.name])
    done = subprocess.run(
        ["sh", "-c", f"{words} --output /dev/stdout | cat"],
        capture_output=True,
        text=True,
        check=True,
        cwd=checker.folder,
        timeout=60,
    )
    assert '[[archive]]\npath = "image.tar"' in done.stdout


def test_a_file_is_not_replaced(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text("jobs = 2\n")
    done = checker("init", image)
    assert (done.code, done.err) == (
        2,
        "checker: checker.toml: the file exists; --force replaces it\n",
    )
    assert checker("init", image, "--force").code == 0
    assert 'as = "load"' in checker.folder.joinpath("checker.toml").read_text("utf-8")
    assert checker("init", image, "--force", "--output", image).code == 2
    assert checker("init", image, "--output", "no/such/checker.toml").code == 3


@pytest.mark.parametrize(
    "name",
    [
        'a"b.tar',
        "a\nb.tar",
        "a\\b.tar",
        "[x]*.tar",
        "\x7f\x1b.tar",
        "ä.tar",
        "##[x].tar",
        "\u202eb.tar",
    ],
)
def test_names_are_quoted(checker: Checker, name: str) -> None:
    checker.folder.joinpath(name).write_bytes(sample("docker-archive"))
    done = checker("init")
    assert (done.code, done.err) == (0, "")
    text = checker.folder.joinpath("checker.toml").read_text("utf-8")
    assert text.replace("\n", "").isprintable()
    (pattern,) = found_in(checker)
    checker.folder.joinpath("checker.toml").write_text(
        checker.folder.joinpath("checker.toml").read_text("utf-8").replace('"load"', '"import"')
    )
    # The section is for the archive, whatever its name contains.
    assert checker("check", name, "--select", "ENG001").code == 1
    assert os.path.exists(checker.folder / name)
    assert pattern
