"""``docs/adding-an-engine.md`` is followed step by step, as it is printed."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from checker.plugins import load_plugins
from checker.testing import sample
from checker.testing.cases import Case
from checker_engines.moby import graphdriver, versions
from checker_engines.readers import rooms

PAGE = Path(__file__).parents[2] / "docs" / "adding-an-engine.md"
TEXT = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of the page, which are indented as parts of its steps."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", TEXT, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def from_path(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


PLUGIN, TABLE, READER = blocks("python")
(PYPROJECT,) = blocks("toml")
CONSOLE, ASK_READER = blocks("console")
ROWS = re.findall(
    r"^\| [^|]+ \| `(checker_engines[\w.]+)` \| `(checker_engines[\w.]+)` \|$", TEXT, re.MULTILINE
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A directory with the plugin of the page, as pip installs it."""
    project = tomllib.loads(PYPROJECT)["project"]
    (entry_point,) = project["entry-points"]["checker"].items()
    assert entry_point == ("docker_30", "docker_30")
    return install(tmp_path, "docker_30", PLUGIN, project["version"])


def install(folder: Path, name: str, source: str, version: str) -> Path:
    """A directory with a plugin of one module."""
    directory = folder / "installed"
    info = directory / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    info.joinpath("entry_points.txt").write_text(f"[checker]\n{name} = {name}\n")
    directory.joinpath(f"{name}.py").write_text(source)
    return directory


def classified(command: str, installed: Path, folder: Path) -> list[dict[str, Any]]:
    """The verdicts that a command of the page gives with a plugin."""
    words = shlex.split(command.removeprefix("$ "))
    assert words[0] == "checker"
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (archive,) = json.loads(done.stdout)["archives"]
    return [*archive["verdicts"], *archive["readers"]]


def test_the_version_is_asked_and_differs_as_the_page_says(installed: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("legacy.tar").write_bytes(sample("legacy"))
    verdicts = classified(CONSOLE, installed, tmp_path)
    loads = {one["engine"]: one for one in verdicts if one["action"] == "load"}
    outcomes = re.findall(r"`(docker-\d+)`\s+is `([a-z]+)`", TEXT)
    message = re.search(r"message\s+`([^`]+)`", TEXT)
    assert message is not None
    assert outcomes == [("docker-28", "accepts"), ("docker-30", "rejects")]
    assert [(name, loads[name]["outcome"]) for name, _ in outcomes] == outcomes
    assert loads["docker-30"]["message"] == message[1]


def oci_archive(names: Sequence[str], folder: Path) -> None:
    """Write ``image.tar``, an OCI archive of some images."""
    images = [{"tags": [f"{name}:1"], "config": {"config": {"User": name}}} for name in names]
    table = {"base": "oci-archive", "images": images}
    Case("", "", "found", "pass", {}, (), PAGE, table).build().write(folder).rename(
        folder / "image.tar"
    )


def stacked(installed: Path, folder: Path) -> dict[str, Any]:
    verdicts = classified(ASK_READER, installed, folder)
    (verdict,) = (one for one in verdicts if one["engine"] == "stacker-1")
    return verdict


def test_the_reader_of_the_page_answers_as_it_says(tmp_path: Path) -> None:
    installed = install(tmp_path, "stacker", READER, "1.0")
    oci_archive(["app"], tmp_path)
    assert stacked(installed, tmp_path)["outcome"] == "accepts"
    oci_archive(["app", "other"], tmp_path)
    verdict = stacked(installed, tmp_path)
    told = re.search(r"of two images is `([a-z]+)`,\s+with the message\s+`([^`]+)`", TEXT)
    assert told is not None
    assert (verdict["outcome"], verdict["message"]) == told.groups()


def test_the_packages_of_the_page_are_those_of_the_rooms() -> None:
    named = re.findall(r"^ +\| [^|]+ \| `(checker_engines\.\w+)` \| [^|]+ \|$", TEXT, re.MULTILINE)
    packages = {".".join(room.engines.__module__.split(".")[:2]) for room in rooms()}
    assert packages == set(named)


def test_a_record_in_the_table_is_all_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: dict[str, Any] = {}
    exec(compile(PLUGIN, str(PAGE), "exec"), namespace)  # the page, as written
    tables = {**vars(versions), "DOCKER_30": namespace["DOCKER_30"]}
    exec(compile(TABLE, str(PAGE), "exec"), tables)
    monkeypatch.setattr(graphdriver, "VERSIONS", tables["VERSIONS"])
    added = [engine.action for engine in graphdriver.engines() if engine.name == "docker-30"]
    assert added == ["load", "import"]


def test_the_tables_of_the_page_are_the_one_place_where_versions_are() -> None:
    assert len(ROWS) >= 5
    records = [record for _, table in ROWS for record in from_path(table)]
    for kind, table in ROWS:
        assert {type(record) for record in from_path(table)} == {from_path(kind)}
    names = {engine.name for engine in load_plugins().engines}
    assert {record.name for record in records} == names


def test_every_field_of_a_record_is_explained() -> None:
    for kind, _ in ROWS:
        record = from_path(kind)
        explained = re.findall(r"^ {4}(\w+): ", inspect.getdoc(record) or "", re.MULTILINE)
        assert explained == list(record._fields), kind
