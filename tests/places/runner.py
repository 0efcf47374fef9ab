"""Runs the steps of a composite action as a runner of GitHub Actions does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
_MULTILINE = re.compile(r"([\w-]+)<<(.+)")


@dataclass
class Ran:
    """An action that ran.

    Attributes:
        code: The exit code of the last step.
        log: What its steps printed.
        outputs: The outputs of the action.
        summary: The summary of the job.
    """

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


@dataclass
class Runner:
    """A runner with a workspace.

    Attributes:
        action: The file ``action.yml``.
        workspace: The working directory of the job.
        temp: The directory for files of the job.
        environment: The environment of the job.
        provided: Outputs of the steps that use other actions, by the name of the action.
    """

    action: Path
    workspace: Path
    temp: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    provided: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def run(self, given: Mapping[str, str], only: str | None = None) -> Ran:
        """Run the steps until one fails.

        Args:
            given: The inputs.
            only: The name of the only step to run besides those that use other actions.
        """
        document = yaml.safe_load(self.action.read_text("utf-8"))
        inputs = {
            name: given.get(name, one.get("default", ""))
            for name, one in document["inputs"].items()
        }
        assert given.keys() <= inputs.keys()
        steps: dict[str, Mapping[str, str]] = {}
        code, log = 0, []
        for step in document["runs"]["steps"]:
            if "uses" in step:
                steps[step["id"]] = self.provided[step["uses"].partition("@")[0]]
            elif only in {None, step["name"]} and code == 0:
                code, text, outputs = self._step(step, inputs, steps)
                log.append(text)
                steps[step.get("id", "")] = outputs
        outputs = {
            name: evaluated(one["value"], inputs, steps)
            for name, one in document["outputs"].items()
        }
        summary = self._file("GITHUB_STEP_SUMMARY")
        return Ran(code, "".join(log), outputs, summary.read_text("utf-8"))

    def _step(
        self, step: Mapping[str, Any], inputs: Mapping[str, str], steps: Mapping[str, Any]
    ) -> tuple[int, str, Mapping[str, str]]:
        """The exit code, the log and the outputs of a step."""
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        script = self.temp / "script.sh"
        script.write_text(step["run"], "utf-8")
        files = {name: self._file(name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_bytes(b"")
        directory = evaluated(step.get("working-directory", "."), inputs, steps)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace / directory,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.temp),
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(self.action.parent),
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                **{name: str(path) for name, path in files.items()},
                **self.environment,
                **{
                    name: evaluated(value, inputs, steps)
                    for name, value in step.get("env", {}).items()
                },
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        return done.returncode, done.stdout, parsed_outputs(files["GITHUB_OUTPUT"])

    def _file(self, name: str) -> Path:
        path = self.temp / name
        path.touch()
        return path


def evaluated(text: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]]) -> str:
    """A text with its expressions replaced by their values."""

    def value(match: re.Match[str]) -> str:
        match match[1].split("."):
            case ["inputs", name]:
                return inputs[name]
            case ["steps", step, "outputs", name]:
                return steps.get(step, {}).get(name, "")
        raise AssertionError(match[1])

    return _EXPRESSION.sub(value, text)


def parsed_outputs(path: Path) -> Mapping[str, str]:
    """The outputs in a file, read as the runner reads them."""
    found: dict[str, str] = {}
    lines = iter(path.read_text("utf-8").split("\n"))
    for line in lines:
        if match := _MULTILINE.fullmatch(line):
            name, end = match.groups()
            value = []
            for following in lines:
                if following == end:
                    break
                value.append(following)
            else:
                raise AssertionError(f"{name} does not end")
            found[name] = "\n".join(value)
        elif line:
            name, equals, text = line.partition("=")
            assert equals, line
            found[name] = text
    return found
