"""The page on pipelines: every file follows the schema of its system, every command runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tree_sitter_groovy
import yaml
from pre_commit.clientlib import load_config, load_manifest
from tree_sitter import Language, Node, Parser

from checker import __version__

from .schemas import assert_tekton, faults
from .workshop import Workshop

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "ci.md"
SCHEMAS = {
    "GitHub Actions": "github-workflows",
    "GitLab CI": "gitlab-ci",
    "Azure Pipelines": "azure-pipelines",
    "CircleCI": "circle-ci",
    "Buildkite": "buildkite",
}
SCRIPTS = {"run", "script", "command", "bash"}
"""The keys whose values are scripts."""
DECLARATIVE = {
    *(
        "pipeline",
        "agent",
        "docker",
        "image",
        "options",
        "timeout",
        "environment",
        "stages",
        "stage",
    ),
    *("steps", "post", "always"),
}
ENDINGS = (
    *(".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"),
    *(".tgz", ".tbz", ".tbz2", ".txz", ".tzst"),
)
STEPS = {"sh", "junit", "archiveArtifacts"}
INLINE = re.compile(r"`(?:eval \"\$\()?(checker [^`)]+)")
PLACEHOLDERS = {"SHELL": "bash"}


class Block(NamedTuple):
    """A block of code on the page."""

    section: str
    language: str
    text: str


def blocks() -> list[Block]:
    found = []
    for section in PAGE.read_text("utf-8").split("\n## ")[1:]:
        heading = section.partition("\n")[0]
        for language, text in re.findall(
            r"^```(\w*)\n(.*?)^```", section, re.DOTALL | re.MULTILINE
        ):
            found.append(Block(heading, language, text))
    return found


BLOCKS = blocks()
YAML = [block for block in BLOCKS if block.language == "yaml"]
(GROOVY,) = (block.text for block in BLOCKS if block.language == "groovy")


def scripts_of(value: Any) -> Iterator[str]:
    """The scripts in a document of a CI system."""
    if isinstance(value, list):
        for one in value:
            yield from scripts_of(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in SCRIPTS and isinstance(one, str):
                yield one
            elif key in SCRIPTS and isinstance(one, list):
                yield "\n".join(one)
            else:
                yield from scripts_of(one)


def groovy_tree(text: str) -> Node:
    return Parser(Language(tree_sitter_groovy.language())).parse(text.encode()).root_node


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def groovy_scripts() -> Iterator[str]:
    """The scripts of the Jenkinsfile, as Groovy reads its strings."""
    for text in re.findall(r"sh '''(.*?)'''", GROOVY, re.DOTALL):
        joined = text.replace("\\\n", "")
        assert "\\" not in joined
        yield joined


def all_scripts() -> Iterator[tuple[str, str]]:
    """The scripts of the page in their order, with their section."""
    for block in BLOCKS:
        if block.language == "sh":
            yield block.section, block.text
        elif block.language == "groovy":
            yield from ((block.section, script) for script in groovy_scripts())
        else:
            for script in scripts_of(yaml.safe_load(block.text)):
                # Buildkite replaces variables itself, unless the sign is doubled.
                text = script.replace("$$", "$") if block.section == "Buildkite" else script
                yield block.section, text


def commands_in(text: str) -> int:
    return len(re.findall(r"(?<![\w./-])checker (?:check|baseline|classify|config|comp)", text))


def test_languages_and_sections() -> None:
    assert {block.language for block in BLOCKS} == {"yaml", "groovy", "sh"}
    assert {block.section for block in YAML} == {*SCHEMAS, "Tekton", "pre-commit"}


@pytest.mark.parametrize(
    "block",
    [block for block in YAML if block.section in SCHEMAS],
    ids=lambda block: block.section,
)
def test_files_follow_the_schema_of_their_system(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "file.yml"
    path.write_text(block.text)
    assert faults(SCHEMAS[block.section], path) == ""


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("github-workflows", "on: push\njobs: {check: {runs-on: ubuntu-latest, stepz: []}}\n"),
        ("gitlab-ci", "check: {script: [true], artefacts: {}}\n"),
        ("azure-pipelines", "steps: [{bahs: x}]\n"),
        ("circle-ci", "version: 2.1\njobs: {a: {steps: 5}}\n"),
        ("buildkite", "steps: [{command: x, timeout_in_minutes: soon}]\n"),
        (
            "github-actions",
            "name: x\ndescription: x\nruns: {using: composite, steps: [{run: x}]}\n",
        ),
    ],
)
def test_schemas_find_faults(schema: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.yml"
    path.write_text(text)
    assert faults(schema, path) != ""


def test_the_action_follows_the_schema_of_actions() -> None:
    assert faults("github-actions", ROOT / "action.yml") == ""


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda p: p.name)
def test_the_workflows_of_this_project_follow_theirs(path: Path) -> None:
    assert faults("github-workflows", path) == ""


def test_the_pipeline_of_tekton() -> None:
    (block,) = (block for block in YAML if block.section == "Tekton")
    pipeline = yaml.safe_load(block.text)
    assert_tekton(pipeline)
    task = yaml.safe_load(ROOT.joinpath("tekton/check-archives.yaml").read_text("utf-8"))
    (used,) = pipeline["spec"]["tasks"]
    assert used["taskRef"]["name"] == task["metadata"]["name"]
    kinds = {one["name"]: one["type"] for one in task["spec"]["params"]}
    given = {one["name"]: one["value"] for one in used["params"]}
    assert all(isinstance(given[name], list) == (kinds[name] == "array") for name in given)
    required = {one["name"] for one in task["spec"]["params"] if "default" not in one}
    assert required <= given.keys() <= kinds.keys()


def test_the_inputs_of_the_github_action_exist() -> None:
    (block,) = (block for block in YAML if block.section == "GitHub Actions")
    (step,) = (
        step
        for step in yaml.safe_load(block.text)["jobs"]["check"]["steps"]
        if step.get("id") == "checker"
    )
    action = yaml.safe_load(ROOT.joinpath("action.yml").read_text("utf-8"))
    assert step["with"].keys() <= action["inputs"].keys()
    assert step["uses"].endswith(f"/archive-checker@v{__version__}")
    outputs = set(re.findall(r"steps\.checker\.outputs\.([\w-]+)", block.text))
    assert outputs
    assert outputs <= action["outputs"].keys()
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in PAGE.read_text("utf-8"), name


def test_the_inputs_of_the_gitlab_component_exist() -> None:
    block = next(block for block in YAML if block.section == "GitLab CI")
    (included,) = yaml.safe_load(block.text)["include"]
    header = next(yaml.safe_load_all(ROOT.joinpath("templates/check.yml").read_text("utf-8")))
    assert included["inputs"].keys() <= header["spec"]["inputs"].keys()
    assert included["component"].endswith(f"/check@{__version__}")


def test_the_hook_of_pre_commit(tmp_path: Path) -> None:
    hooks = {hook["id"]: hook for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    (block,) = (block for block in YAML if block.section == "pre-commit")
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(block.text)
    (repository,) = load_config(str(path))["repos"]
    assert repository["rev"] == f"v{__version__}"
    assert {hook["id"] for hook in repository["hooks"]} <= hooks.keys()


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_hook_of_pre_commit_gets_what_is_written_as_an_archive(ending: str) -> None:
    """Endings that GNU tar chooses a compression by (``--auto-compress``)."""
    (hook,) = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    assert re.search(hook["files"], f"dist/app{ending}")
    assert not re.search(hook["files"], f"dist/app{ending}.md")
    assert not re.search(hook["files"], f"dist/app{ending[1:]}")


def test_the_jenkinsfile_is_groovy_and_uses_known_steps() -> None:
    root = groovy_tree(GROOVY)
    assert not root.has_error
    called = {
        node.child_by_field_name("name").text.decode()  # type: ignore[union-attr]
        for node in nodes(root)
        if node.type in {"method_invocation", "juxt_function_call"}
    }
    assert called == DECLARATIVE | STEPS
    assert groovy_tree(GROOVY.rstrip()[:-1]).has_error
    assert GROOVY.count("sh '") == len(list(groovy_scripts()))


def test_every_script_runs(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.workspace.joinpath("reports").mkdir()
    scripts = list(all_scripts())
    assert len(scripts) > 15
    for section, script in scripts:
        done = workshop.run(script, ERRORS="0")
        assert done.returncode == 0, f"{section}:\n{script}\n{done.stdout}"
        assert "Traceback" not in done.stdout
    assert workshop.workspace.joinpath("reports", "checker.md").stat().st_size > 0
    assert workshop.home.joinpath(".local/share/bash-completion/completions/checker").exists()


def test_no_command_of_the_page_is_left_out() -> None:
    text = PAGE.read_text("utf-8")
    ran = sum(commands_in(script) for _, script in all_scripts())
    inline = sum(commands_in(command) for command in inline_commands())
    in_docker = text.count("archive-checker check ")
    fenced = "".join(block.text for block in BLOCKS)
    assert ran > 12
    assert ran == commands_in(fenced)
    assert in_docker == 2
    assert inline == commands_in(INLINE_TEXT)


INLINE_TEXT = re.sub(r"^```.*?^```", "", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def inline_commands() -> list[str]:
    """The commands in running text."""
    found = INLINE.findall(INLINE_TEXT)
    return [re.sub("|".join(PLACEHOLDERS), lambda m: PLACEHOLDERS[m[0]], one) for one in found]


@pytest.mark.parametrize("command", sorted(set(inline_commands())))
def test_commands_in_running_text_run(command: str, tmp_path: Path) -> None:
    done = Workshop(tmp_path).run(command)
    assert done.returncode == 0, done.stdout
