"""Plugins of others: one that works, broken ones, and those that claim what is taken."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .conftest import Checker
from .distributions import install, write_distribution

EXAMPLE = Path(__file__).parents[2] / "examples" / "checker-no-root"

RULE = """
from checker import Check, Severity, hookimpl

class Mine(Check):
    '''Mine.'''
    id = "{id}"
    name = "{name}"
    severity = Severity.NOTE

    def check_archive(self, archive):
        {body}

@hookimpl
def {hook}():
    yield Mine
"""

# What is installed: name of the distribution -> entry point, module, source.
DISTRIBUTIONS = {
    "broken-import": ("broken", "broken_import", "raise SystemExit('no licence')\n"),
    "claims-name": (
        "checker_archive",
        "claims_name",
        RULE.format(id="MIN001", name="mine", hook="checker_checks", body="yield"),
    ),
    "claims-rule": (
        "claims_rule",
        "claims_rule",
        RULE.format(id="ARC003", name="mine", hook="checker_checks", body="yield"),
    ),
    "unknown-hook": (
        "unknown_hook",
        "unknown_hook",
        RULE.format(id="MIN002", name="mine", hook="checker_cheks", body="yield"),
    ),
    "crashing-rule": (
        "crashing_rule",
        "crashing_rule",
        RULE.format(
            id="MIN003", name="mine", hook="checker_checks", body="raise ValueError('oh \\x1b[31m')"
        ),
    ),
    "crashing-hook": (
        "crashing_hook",
        "crashing_hook",
        textwrap.dedent("""
            from checker import hookimpl

            @hookimpl
            def checker_classify(archive, quoted_path):
                raise KeyError("lost")
        """),
    ),
}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with one installed distribution each, by name of the distribution."""
    base = tmp_path_factory.mktemp("distributions")
    folders = {"checker-no-root": base / "example"}
    install(EXAMPLE, folders["checker-no-root"])
    for name, plugin in DISTRIBUTIONS.items():
        folders[name] = base / name
        write_distribution(folders[name], name, *plugin)
    return folders


def test_a_plugin_of_others_gives_rules(
    checker: Checker, installed: dict[str, Path], image: Path
) -> None:
    paths = [installed["checker-no-root"]]
    listed = checker.process("plugins", paths=paths)
    assert listed.code == 0
    assert "checker_no_root" in listed.out
    assert "checker-no-root 1.0" in listed.out
    checked = checker.process("check", image, "--select", "XMP", "--format", "json", paths=paths)
    assert checked.code == 0
    results = checked.report["archives"][0]["results"]
    assert [(result["rule"], result["outcome"]) for result in results] == [("XMP001", "passed")]


def test_the_example_passes_its_own_test(installed: dict[str, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", str(EXAMPLE / "tests")],
        env={"PYTHONPATH": str(installed["checker-no-root"]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


PROBLEMS = [
    ("broken-import", "plugin broken (broken-import 2.5): cannot be loaded: SystemExit"),
    (
        "claims-name",
        "plugin checker_archive (claims-name 2.5): not loaded: the name is also used by",
    ),
    ("claims-rule", "plugin claims_rule (claims-rule 2.5): rule ARC003 of claims_rule is already"),
    ("unknown-hook", "plugin unknown_hook (unknown-hook 2.5): unknown hook checker_cheks"),
]


@pytest.mark.parametrize(("name", "message"), PROBLEMS)
def test_a_bad_plugin_is_named_with_its_distribution(
    checker: Checker, installed: dict[str, Path], image: Path, name: str, message: str
) -> None:
    listed = checker.process("plugins", paths=[installed[name]])
    assert listed.code == 3
    assert message in listed.err
    checked = checker.process("check", image, "--format", "json", paths=[installed[name]])
    assert checked.code == 3
    assert message in "\n".join(problem["message"] for problem in problems(checked.report))
    # Everything else ran, the built-in of the claimed name included.
    outcomes = {result["rule"]: result["outcome"] for result in results(checked.report)}
    assert outcomes["ARC003"] == "passed"
    assert "MIN001" not in outcomes


def problems(report: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [
        {
            "message": f"plugin {problem['name']} ({problem['dist']} {problem['version']}): "
            f"{problem['message']}"
        }
        for problem in report["problems"]
    ]


def results(report: dict[str, list[dict[str, list[dict[str, str]]]]]) -> list[dict[str, str]]:
    return report["archives"][0]["results"]


def test_a_blocked_plugin_is_not_loaded(
    checker: Checker, installed: dict[str, Path], image: Path
) -> None:
    paths = [installed["broken-import"]]
    assert checker.process("check", image, "--no-plugin", "broken", paths=paths).code == 0
    without = checker("rules", "--no-plugin", "checker_docker")
    assert "DKR" not in without.out
    assert "ARC" in without.out


def test_a_rule_that_crashes_stops_alone(
    checker: Checker, installed: dict[str, Path], image: Path
) -> None:
    checked = checker.process(
        "check", image, "--format", "json", paths=[installed["crashing-rule"]]
    )
    assert checked.code == 3
    outcomes = {result["rule"]: result for result in results(checked.report)}
    assert outcomes["MIN003"]["outcome"] == "error"
    assert "ValueError" in outcomes["MIN003"]["traceback"]
    assert outcomes["ARC003"]["outcome"] == "passed"
    text = checker.process("check", image, paths=[installed["crashing-rule"]])
    assert text.code == 3
    assert "ValueError" in text.out
    assert "\x1b" not in text.out


def test_a_hook_that_crashes_is_reported(
    checker: Checker, installed: dict[str, Path], image: Path
) -> None:
    checked = checker.process("check", image, paths=[installed["crashing-hook"]])
    assert checked.code == 3
    assert "crashing_hook" in checked.out
    assert "docker load -i" in checked.out


def test_no_checks_is_an_error_and_never_a_pass(checker: Checker, image: Path) -> None:
    listed = checker("plugins")
    names = [line.split()[0] for line in listed.out.splitlines()]
    blocked = [word for name in names for word in ("--no-plugin", name)]
    checked = checker("check", image, *blocked)
    assert checked.code == 3
    assert "no rules are loaded, so nothing can be checked" in checked.err
