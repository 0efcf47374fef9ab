"""The files that the code host and the tools of contributors read."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from checker import __version__

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
FORMS = sorted(set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"})
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def make_targets() -> set[str]:
    return set(
        re.findall(r"^([a-z-]+):", ROOT.joinpath("Makefile").read_text("utf-8"), re.MULTILINE)
    )


def python_versions() -> list[str]:
    """The versions of Python that the package names."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    classifiers = "\n".join(project["classifiers"])
    return re.findall(r"^Programming Language :: Python :: (\d+\.\d+)$", classifiers, re.MULTILINE)


def commands_of(workflow: Path) -> list[str]:
    jobs = parsed(workflow)["jobs"].values()
    return [step["run"] for step in chain(*(job["steps"] for job in jobs)) if "run" in step]


def test_there_are_forms_and_workflows() -> None:
    assert [path.name for path in FORMS] == ["bug.yml", "rule.yml"]
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert parsed(GITHUB / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": False}
    assert parsed(GITHUB / "dependabot.yml")["version"] == 2


@pytest.mark.parametrize("form", FORMS, ids=name_of)
def test_a_form_has_what_the_code_host_asks_for(form: Path) -> None:
    document = parsed(form)
    assert {"name", "description", "body"} <= document.keys()
    elements = document["body"]
    assert {one["type"] for one in elements} <= {"markdown", "textarea", "input", "dropdown"}
    questions = [one for one in elements if one["type"] != "markdown"]
    assert all(one["attributes"]["label"] for one in questions)
    assert all(one["attributes"]["options"] for one in questions if one["type"] == "dropdown")
    names = [one["id"] for one in questions]
    assert len(set(names)) == len(names) > 0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("classification", "checker classify --format json FILE"),
        ("origin", "The commands, the tool and its version"),
        ("engine", "Its name, version"),
    ],
)
def test_the_form_for_bugs_asks_for_what_reproduces_them(question: str, text: str) -> None:
    body = parsed(GITHUB / "ISSUE_TEMPLATE" / "bug.yml")["body"]
    (found,) = (one for one in body if one.get("id") == question)
    assert text in found["attributes"]["description"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_workflows_use_targets_of_the_makefile_and_pinned_actions(workflow: Path) -> None:
    made = re.findall(r"^make ((?:[a-z-]+ ?)+)", "\n".join(commands_of(workflow)), re.MULTILINE)
    targets = set(" ".join(made).split())
    assert targets
    assert targets <= make_targets()
    used = re.findall(r"uses: (.+)", workflow.read_text("utf-8"))
    assert used
    assert [one for one in used if not PINNED.fullmatch(one)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_workflows_run_on_ubuntu_with_least_rights(workflow: Path) -> None:
    document = parsed(workflow)
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert job["timeout-minutes"] <= 60
        assert set(job.get("permissions", {}).items()) <= {
            ("contents", "read"),
            ("id-token", "write"),
        }


def test_the_tests_run_on_every_version_of_python_that_the_package_names() -> None:
    matrix = parsed(GITHUB / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {"python": python_versions()}


def test_hooks_of_pre_commit_are_whole() -> None:
    hooks = [
        hook
        for repository in parsed(ROOT / ".pre-commit-config.yaml")["repos"]
        for hook in repository["hooks"]
    ]
    assert {"lint", "types"} <= {hook["id"] for hook in hooks}
    assert all({"name", "entry", "language"} <= hook.keys() for hook in hooks)
    made = {hook["entry"].removeprefix("make ") for hook in hooks if hook["language"] == "system"}
    assert made <= make_targets()
    pinned = [one for hook in hooks for one in hook.get("additional_dependencies", ())]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", one) for one in pinned)


@pytest.mark.skipif(not ROOT.joinpath("checker").is_dir(), reason="needs the source packages")
def test_owners_own_what_exists() -> None:
    lines = GITHUB.joinpath("CODEOWNERS").read_text("utf-8").splitlines()
    owned = [line.split() for line in lines if line and not line.startswith("#")]
    assert owned[0][0] == "*"
    for pattern, *owners in owned:
        assert pattern == "*" or ROOT.joinpath(pattern.lstrip("/")).exists(), pattern
        assert owners
        assert all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners)


def test_the_newest_release_in_the_changelog_is_this_version() -> None:
    text = ROOT.joinpath("CHANGELOG.md").read_text("utf-8")
    unreleased, newest, *_ = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert unreleased == "Unreleased"
    version, _, date = newest.partition(" - ")
    assert version == __version__
    assert dt.date.fromisoformat(date).isoformat() == date
