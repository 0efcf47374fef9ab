"""What is used by reference: the component of GitLab CI and the task of Tekton."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from checker import __version__
from checker.testing import sample

from .schemas import assert_tekton, faults
from .workshop import Workshop

ROOT = Path(__file__).parents[2]
COMPONENT = ROOT / "templates" / "check.yml"
TASK = ROOT / "tekton" / "check-archives.yaml"
_INPUT = re.compile(r"\$\[\[ inputs\.([\w-]+) \]\]")
Value = str | bool


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def header() -> Mapping[str, Any]:
    """The inputs of the component."""
    return dict(next(yaml.safe_load_all(COMPONENT.read_text("utf-8")))["spec"]["inputs"])


def interpolated(node: Any, values: Mapping[str, Value]) -> Any:
    """A part of the component with the inputs in place, as GitLab does it: in parsed YAML."""
    if isinstance(node, dict):
        return {interpolated(key, values): interpolated(one, values) for key, one in node.items()}
    if isinstance(node, list):
        return [interpolated(one, values) for one in node]
    if not isinstance(node, str):
        return node
    whole = _INPUT.fullmatch(node)
    return values[whole[1]] if whole else _INPUT.sub(lambda match: str(values[match[1]]), node)


def job(**given: Value) -> dict[str, Any]:
    """The jobs of the component; underscores in names of inputs are hyphens."""
    named = {name.replace("_", "-"): value for name, value in given.items()}
    declared = header()
    assert named.keys() <= declared.keys()
    values = {name: one["default"] for name, one in declared.items() if "default" in one}
    _, jobs = yaml.safe_load_all(COMPONENT.read_text("utf-8"))
    return dict(interpolated(jobs, {**values, **named}))


def run_job(workshop: Workshop, **given: Value) -> tuple[int, str]:
    """Run the job of the component; the exit code and what was printed."""
    (one,) = job(**given).values()
    variables = {
        name: value["value"] for name, value in one["variables"].items() if isinstance(value, dict)
    }
    assert all(
        value["expand"] is False
        for name, value in one["variables"].items()
        if name.startswith("INPUT_")
    )
    script = "\n".join([*one["before_script"], *one["script"]])
    done = workshop.run(script, **variables)
    return done.returncode, done.stdout


def test_the_component_follows_the_schema_of_gitlab(tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text(yaml.safe_dump(job(paths="*.tar")))
    assert faults("gitlab-ci", path) == ""


def test_inputs_of_the_component() -> None:
    declared = header()
    assert {name for name, one in declared.items() if "default" not in one} == {"paths"}
    assert all(one["description"] for one in declared.values())
    assert declared["version"]["default"] == __version__
    _, text = COMPONENT.read_text("utf-8").split("\n---\n")
    assert set(_INPUT.findall(text)) == declared.keys()
    assert job(paths="x", job_name="other").keys() == {"other"}
    assert job(paths="x", allow_failure=True)["check-archives"]["allow_failure"] is True


def test_inputs_of_the_component_are_variables_and_not_parts_of_the_script() -> None:
    _, jobs = yaml.safe_load_all(COMPONENT.read_text("utf-8"))
    (one,) = jobs.values()
    assert "[[ inputs" not in "".join([*one["before_script"], *one["script"]])


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"paths": "dist/*.tar\n dist/my images/* \n"}, 0),
        ({"paths": "dist/app.tar", "as": "load", "engine": "docker-28"}, 0),
        ({"paths": "dist/app.tar", "engine": "docker-28, podman-5"}, 0),
        ({"paths": "dist/app.tar", "as": "import"}, 1),
        ({"paths": "dist/app.tar", "profile": "release"}, 1),
        ({"paths": "dist/app.tar", "profile": "release", "ignore": "HYG,RFS"}, 0),
        ({"paths": "dist/app.tar", "fail-on": "note", "select": "HYG"}, 1),
        ({"paths": "dist/app.tar", "config": "missing.toml"}, 2),
        ({"paths": "dist/app.tar", "baseline": "missing.json"}, 2),
        ({"paths": "nothing/*"}, 2),
        ({"paths": "missing.tar"}, 3),
    ],
)
def test_the_job_of_the_component(workshop: Workshop, inputs: Mapping[str, str], code: int) -> None:
    found, printed = run_job(workshop, **inputs)
    assert found == code, printed
    written = workshop.workspace.joinpath("checker-codequality.json").is_file()
    assert written == (code != 2)
    assert written == workshop.workspace.joinpath("checker-junit.xml").is_file()


def test_the_component_checks_all_that_match(workshop: Workshop) -> None:
    run_job(workshop, paths="dist/**/*.tar", fail_on="never", select="HYG")
    report = json.loads(workshop.workspace.joinpath("checker-codequality.json").read_text("utf-8"))
    paths = {one["location"]["path"] for one in report}
    assert paths == {"dist/app.tar", "dist/other.tar", "dist/my images/app.tar"}


def test_values_of_the_component_are_never_run(workshop: Workshop) -> None:
    hostile = "$(touch hit)`touch hit`;touch hit;\"'\n${IFS}touch hit\n"
    texts = header().keys() - {"allow-failure", "job-name", "stage", "image"}
    for name in texts:
        run_job(workshop, **{"paths": "dist/app.tar", name: hostile})
    assert list(workshop.workspace.rglob("hit")) == []


def task() -> dict[str, Any]:
    return dict(yaml.safe_load(TASK.read_text("utf-8")))


def test_the_task_follows_its_schema() -> None:
    assert_tekton(task())
    spec = task()["spec"]
    versions = {one["name"]: one.get("default") for one in spec["params"]}
    assert versions["version"] == __version__
    assert task()["metadata"]["labels"]["app.kubernetes.io/version"] == __version__
    declared = {*versions} | {"path" for _ in spec["workspaces"]}
    used = set(re.findall(r"\$\((?:params|workspaces\.source)\.([\w-]+)", TASK.read_text("utf-8")))
    assert used == declared


def run_task(
    workshop: Workshop, paths: Sequence[str], options: Sequence[str] = ()
) -> tuple[int, str]:
    """Run the step of the task; its exit code and the result."""
    (step,) = task()["spec"]["steps"]
    lists = {"$(params.paths[*])": paths, "$(params.options[*])": options}
    arguments = [word for one in step["args"] for word in lists.get(one, [one])]
    result = workshop.home / "result"
    done = workshop.run(
        step["script"], shell="sh", arguments=tuple(arguments), VERSION="", RESULT=str(result)
    )
    assert "Traceback" not in done.stdout
    return done.returncode, result.read_text("utf-8")


@pytest.mark.parametrize(
    ("paths", "options", "code"),
    [
        (["dist/app.tar", "dist/my images/app.tar"], ["--as=load", "--engine=kubernetes"], 0),
        (["dist/cut.tar"], [], 1),
        (["dist/app.tar"], ["--nonsense"], 2),
        (["$(touch hit);touch hit"], [], 3),
    ],
)
def test_the_step_of_the_task(
    workshop: Workshop, paths: list[str], options: list[str], code: int
) -> None:
    workshop.workspace.joinpath("dist", "cut.tar").write_bytes(sample()[:12000])
    assert run_task(workshop, paths, options) == (code, str(code))
    assert list(workshop.workspace.rglob("hit")) == []


def test_the_task_installs_the_release(workshop: Workshop) -> None:
    (step,) = task()["spec"]["steps"]
    done = workshop.run(
        step["script"],
        shell="sh",
        arguments=("dist/app.tar",),
        VERSION=__version__,
        RESULT=str(workshop.home / "result"),
    )
    assert done.returncode == 0, done.stdout
    assert workshop.home.joinpath("archive-checker", "bin", "pip").is_file()
