"""The GitHub action: its steps run as a runner runs them."""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from checker import __version__
from checker.testing import sample

from .runner import Ran, Runner

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
SETUP = "actions/setup-python"
IMAGE = sample("docker-archive")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner on which the checker is installed where the action installs it."""
    workspace, temp = tmp_path / "work space", tmp_path / "temp"
    for path in (workspace / "dist" / "deep er", temp / "archive-checker"):
        path.mkdir(parents=True)
    temp.joinpath("archive-checker", "bin").symlink_to(Path(sys.prefix, "bin"))
    workspace.joinpath("dist", "app.tar").write_bytes(IMAGE)
    workspace.joinpath("dist", "my app.tar").write_bytes(IMAGE)
    workspace.joinpath("dist", "deep er", "cut.tar").write_bytes(IMAGE[:12000])
    return Runner(ACTION, workspace, temp, provided={SETUP: {"python-path": sys.executable}})


def check(runner: Runner, **inputs: str) -> Ran:
    """Run the step that checks; underscores in names of inputs are hyphens."""
    return runner.run({name.replace("_", "-"): text for name, text in inputs.items()}, "Check")


def archives(ran: Ran) -> list[str]:
    """The archives in the summary."""
    return re.findall(r"^\| `(.+?)` \|", ran.summary, re.MULTILINE)


def counts(ran: Ran) -> list[str]:
    return [ran.outputs[name] for name in ("exit-code", "errors", "warnings", "notes")]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("dist/app.tar", ["dist/app.tar"]),
        ("dist/my app.tar", ["dist/my app.tar"]),
        ("dist/*.tar\n", ["dist/app.tar", "dist/my app.tar"]),
        ("  dist/my*.tar  \r\n\n\tdist/app.tar\r\n", ["dist/my app.tar", "dist/app.tar"]),
        ("dist/[am]*.tar", ["dist/app.tar", "dist/my app.tar"]),
        ("dist/**/*.tar", ["dist/app.tar", "dist/deep er/cut.tar", "dist/my app.tar"]),
        ("dist/deep er/*", ["dist/deep er/cut.tar"]),
    ],
)
def test_paths_and_patterns(runner: Runner, paths: str, expected: list[str]) -> None:
    ran = check(runner, paths=paths, fail_on="never")
    assert sorted(archives(ran)) == sorted(expected)


def test_a_name_that_is_also_a_pattern(runner: Runner) -> None:
    runner.workspace.joinpath("a[1]*.tar").write_bytes(IMAGE)
    runner.workspace.joinpath("-x.tar").write_bytes(IMAGE)
    assert archives(check(runner, paths="a[1]*.tar\n-x.tar")) == ["a[1]*.tar", "-x.tar"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"paths": "nothing/*.tar"}, "no file matches nothing/*.tar"),
        ({"paths": " \n"}, "the input paths is empty"),
        ({"paths": "%0A::warning::x*"}, "no file matches %250A::warning::x*"),
    ],
)
def test_nothing_to_check(runner: Runner, inputs: Mapping[str, str], message: str) -> None:
    ran = check(runner, **inputs)
    assert (ran.code, counts(ran)) == (2, ["2", "", "", ""])
    assert ran.log == f"::error title=archive-checker::{message}\n"


def test_counts_and_annotations(runner: Runner) -> None:
    ran = check(runner, paths="dist/app.tar\ndist/deep er/cut.tar")
    found = json.loads(report_of(runner))
    errors = sum(one["severity"] == "critical" for one in found)
    notes = sum(one["severity"] == "info" for one in found)
    assert (ran.code, counts(ran)) == (1, ["1", str(errors), "0", str(notes)])
    assert errors >= 1
    assert "\n::error file=dist/deep er/cut.tar,title=" in ran.log
    assert ran.summary.startswith("<!-- archive-checker -->\n")


def report_of(runner: Runner) -> str:
    (path,) = runner.temp.glob("archive-checker-*.json")
    return path.read_text("utf-8")


def test_a_clean_run(runner: Runner) -> None:
    ran = check(runner, paths="dist/app.tar", select="ARC, DKR001")
    assert (ran.code, counts(ran)) == (0, ["0", "0", "0", "0"])
    assert "::error" not in ran.log


def test_reports(runner: Runner) -> None:
    runner.workspace.joinpath("Dockerfile").touch()
    ran = check(
        runner,
        paths="dist/deep er/cut.tar",
        sarif="out put/a.sarif",
        sarif_anchor="Dockerfile",
        junit="junit.xml",
    )
    assert ran.code == 1
    assert ran.outputs["sarif"] == str(runner.workspace.resolve() / "out put" / "a.sarif")
    assert ran.outputs["html"] == ""
    results = json.loads(Path(ran.outputs["sarif"]).read_text("utf-8"))["runs"][0]["results"]
    artifact = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == "Dockerfile"
    assert ET.parse(ran.outputs["junit"]).getroot().get("failures") == "1"


def test_a_report_of_an_earlier_run_is_not_an_output(runner: Runner) -> None:
    old = runner.workspace / "a.sarif"
    old.write_text("{}")
    os.utime(old, (1, 1))
    ran = check(runner, paths="dist/app.tar", sarif="a.sarif", select="NONE")
    assert (ran.code, counts(ran), ran.outputs["sarif"]) == (2, ["2", "", "", ""], "")
    assert old.read_text() == "{}"


def test_an_archive_that_is_missing(runner: Runner) -> None:
    ran = check(runner, paths="missing.tar")
    assert (ran.code, counts(ran)) == (3, ["3", "0", "0", "0"])
    assert "missing.tar" in ran.log


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"as": "import"}, 1),
        ({"as": "load"}, 0),
        ({"engine": "docker-28:load, podman-5:load"}, 0),
        ({"engine": "docker-28:load\ndocker-28:import"}, 1),
        ({"select": "HYG\nARC", "fail-on": "note"}, 1),
        ({"select": "HYG,ARC", "ignore": "HYG ARC017", "fail-on": "note"}, 0),
        ({"profile": "release"}, 1),
        ({"profile": "release", "ignore": "HYG, RFS"}, 0),
        ({"config": "my settings.toml"}, 1),
        ({"config": "my settings.toml", "fail-on": "error"}, 0),
    ],
)
def test_inputs_are_options(runner: Runner, inputs: Mapping[str, str], code: int) -> None:
    runner.workspace.joinpath("my settings.toml").write_text('fail-on = "note"\n')
    ran = check(runner, paths="dist/app.tar", **inputs)
    assert ran.code == code, ran.log


def test_a_baseline(runner: Runner) -> None:
    entries = {"version": 1, "findings": []}
    runner.workspace.joinpath("known.json").write_text(json.dumps(entries))
    ran = check(runner, paths="dist/app.tar", fail_on="note", baseline="known.json")
    assert (ran.code, int(ran.outputs["notes"]) > 0) == (1, True)


def test_html_is_passed_on(runner: Runner) -> None:
    runner.temp.joinpath("archive-checker", "bin").unlink()
    programs = runner.temp / "archive-checker" / "bin"
    programs.mkdir()
    programs.joinpath("checker").write_text('#!/bin/sh\nprintf "[%s]" "$@"; exit 7\n')
    programs.joinpath("checker").chmod(0o755)
    ran = check(runner, paths="dist/app.tar", html="a b.html")
    assert "[--format=html=a b.html][--][dist/app.tar]" in ran.log
    assert (ran.code, counts(ran)) == (7, ["7", "", "", ""])


def test_a_working_directory(runner: Runner) -> None:
    ran = check(runner, paths="*.tar", working_directory="dist", junit="j.xml")
    assert archives(ran) == ["app.tar", "my app.tar"]
    assert ran.outputs["junit"] == str(runner.workspace.resolve() / "dist" / "j.xml")


def test_inputs_are_never_run(runner: Runner) -> None:
    document = yaml.safe_load(ACTION.read_text("utf-8"))
    hostile = "x$(touch hit)`touch hit`;touch hit;\"'\n${IFS}touch hit\n"
    names = document["inputs"].keys() - {"working-directory", "python-version", "version"}
    for name in names:
        ran = runner.run({"paths": "dist/app.tar", name: hostile}, "Check")
        assert ran.code in {0, 1, 2, 3}
        assert set(ran.outputs) == set(document["outputs"])
    ran = runner.run({"paths": "", "version": hostile}, "Install")
    assert (ran.code, ran.log.count("::error ")) == (2, 1)
    assert list(runner.workspace.rglob("hit")) == []
    assert list(runner.temp.rglob("hit")) == []


def test_inputs_reach_the_steps_as_environment_alone() -> None:
    document = yaml.safe_load(ACTION.read_text("utf-8"))
    used = set()
    for step in document["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        values = {**step.get("env", {}), **step.get("with", {})}
        values["directory"] = step.get("working-directory", "")
        used.update(re.findall(r"inputs\.([\w-]+)", " ".join(map(str, values.values()))))
    assert used == document["inputs"].keys()


@pytest.mark.skipif(not ROOT.joinpath("checker").is_dir(), reason="needs the source packages")
def test_the_checker_is_installed_from_the_action(runner: Runner) -> None:
    runner.temp.joinpath("archive-checker", "bin").unlink()
    offline = {
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    runner.environment = offline
    ran = runner.run({"paths": "dist/app.tar", "select": "ARC"})
    assert (ran.code, counts(ran)) == (0, ["0", "0", "0", "0"]), ran.log
    program = runner.temp / "archive-checker" / "bin" / "checker"
    assert str(runner.temp) in program.read_text("utf-8").splitlines()[0]
    installed = list(runner.temp.rglob("archive_checker-*.dist-info"))
    assert [path.name for path in installed] == [f"archive_checker-{__version__}.dist-info"]
