"""A hook that raises or gives a wrong type: named with its distribution, everything else runs."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Checker
from .distributions import write_distribution

HEAD = """
from checker import Check, Engine, EngineProfile, Evidence, KnownKind, PluginCommand, Recognizer
from checker import Report, Severity, Verdict, VerdictOutcome, hookimpl

class Mine(Check):
    '''Mine.'''
    id = "MIN001"
    name = "mine"
    severity = Severity.NOTE

def judge(question):
    return Verdict("mine-1", "load", VerdictOutcome.ACCEPTS, "it takes everything")

MINE = Engine("mine-1", "load", judge)
COUNT = Report("count", lambda run: "counted\\n")
KIND = Recognizer(KnownKind("mine", "a thing of mine", "my tool reads it"), lambda traits: False)
COMMAND = PluginCommand("mine", "do it", lambda parser: None, lambda arguments: 0)
PROFILE = EngineProfile("mine-1", "mine", (), "", Evidence.READ)

@hookimpl
"""

# Hook, its body, and what must be said.
FAILING = [
    ("checker_checks", "raise ValueError('lost')", "checker_checks raised ValueError: lost"),
    ("checker_checks", "yield Mine; raise SystemExit(0)", "checker_checks raised SystemExit: 0"),
    ("checker_checks", "return 3", "checker_checks returned 3, not an iterable"),
    ("checker_checks", "yield 'Mine'", "checker_checks returned 'Mine', not a checker.Check"),
    ("checker_checks", "yield Engine", "is not a subclass of checker.Check"),
    ("checker_engines", "raise KeyError('lost')", "checker_engines raised KeyError: 'lost'"),
    ("checker_engines", "yield MINE; exit(0)", "checker_engines raised SystemExit: 0"),
    ("checker_engines", "return MINE.judge", "checker_engines returned <function judge"),
    (
        "checker_engines",
        "yield 'mine-1'",
        "checker_engines returned 'mine-1', not a checker.Engine",
    ),
    (
        "checker_engines",
        "yield MINE._replace(name='docker-28')",
        "engine docker-28 load is already registered by checker_engines",
    ),
    ("checker_reports", "raise OSError('lost')", "checker_reports raised OSError: lost"),
    ("checker_reports", "yield COUNT; 1 / 0", "checker_reports raised ZeroDivisionError"),
    ("checker_reports", "return 'count'", "checker_reports returned 'count', not an iterable"),
    ("checker_reports", "yield judge", "not a checker.Report"),
    (
        "checker_reports",
        "yield COUNT._replace(name='json')",
        "report json is already registered by checker",
    ),
    (
        "checker_reports",
        "yield COUNT._replace(stream='lines')",
        "checker_reports returned a Report whose stream is 'lines', which cannot be called",
    ),
    (
        "checker_reports",
        "yield COUNT._replace(options=('width',))",
        "not checker.Options",
    ),
    ("checker_kinds", "raise KeyError('lost')", "checker_kinds raised KeyError: 'lost'"),
    ("checker_kinds", "yield KIND.kind", ", not a checker.Recognizer"),
    (
        "checker_kinds",
        "yield KIND._replace(fits=1)",
        "checker_kinds returned a Recognizer whose fits is 1, which cannot be called",
    ),
    (
        "checker_kinds",
        "yield KIND._replace(kind=KIND.kind._replace(name='helm-chart'))",
        "kind helm-chart is already registered by checker",
    ),
    ("checker_commands", "raise KeyError('lost')", "checker_commands raised KeyError: 'lost'"),
    ("checker_commands", "yield 'mine'", "returned 'mine', not a checker.PluginCommand"),
    (
        "checker_commands",
        "yield COMMAND._replace(run='it')",
        "checker_commands returned a PluginCommand whose run is 'it', which cannot be called",
    ),
    (
        "checker_commands",
        "yield COMMAND._replace(name='check')",
        "command check is already registered by checker",
    ),
    ("checker_classify", "raise KeyError('lost')", "checker_classify raised KeyError: 'lost'"),
    ("checker_classify", "exit(0)", "checker_classify raised SystemExit: 0"),
    ("checker_classify", "return 'mine'", "returned 'mine', not a checker.Classification"),
]

# The same for the hooks that are only asked where other tools are listed or chosen.
FAILING_FOR_OTHER_TOOLS = [
    ("checker_readers", "raise KeyError('lost')", "checker_readers raised KeyError: 'lost'"),
    ("checker_readers", "yield MINE; exit(0)", "checker_readers raised SystemExit: 0"),
    ("checker_readers", "return 3", "checker_readers returned 3, not an iterable"),
    ("checker_readers", "yield 'crane'", "checker_readers returned 'crane', not a checker.Engine"),
    (
        "checker_readers",
        "yield MINE._replace(name='docker-28')",
        "engine docker-28 load is already registered by checker_engines",
    ),
    ("checker_profiles", "raise KeyError('lost')", "checker_profiles raised KeyError: 'lost'"),
    ("checker_profiles", "yield MINE", ", not a checker.EngineProfile"),
    ("checker_profiles", "yield PROFILE._replace(groups=3)", "checker_profiles returned "),
    (
        "checker_profiles",
        "yield PROFILE._replace(name='docker-28')",
        "profile docker-28 is already registered by checker_engines",
    ),
]


@pytest.fixture
def plugin(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An installed plugin of one hook."""
    hook, body = request.param
    arguments = "archive, quoted_path, verdicts" if hook == "checker_classify" else ""
    folder = tmp_path / "installed"
    lines = "\n".join(body.split("; "))
    source = f"{HEAD}def {hook}({arguments}):\n{textwrap.indent(lines, '    ')}\n"
    write_distribution(folder, "my-rules", "mine", "my_rules", source)
    monkeypatch.syspath_prepend(folder)
    yield
    sys.modules.pop("my_rules", None)


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("plugin", "message"),
    [((hook, body), message) for hook, body, message in FAILING_FOR_OTHER_TOOLS],
    indirect=["plugin"],
)
def test_a_failing_hook_for_other_tools(checker: Checker, message: str) -> None:
    done = checker("engines")
    assert done.code == 3
    assert "plugin mine (my-rules 2.5): " in done.err
    assert message in done.err
    assert {"docker-28", "crane-0"} <= set(done.out.splitlines())


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("plugin", "message"),
    [((hook, body), message) for hook, body, message in FAILING],
    indirect=["plugin"],
)
def test_a_failing_hook(checker: Checker, message: str, image: Path) -> None:
    done = checker("check", image, "--format", "json")
    assert done.code == 3
    assert done.err == ""
    (problem,) = done.report["problems"]
    assert (problem["name"], problem["dist"], problem["version"]) == ("mine", "my-rules", "2.5")
    assert message in problem["message"]
    (archive,) = done.report["archives"]
    assert archive["restore"] == f"docker load -i {image}"
    outcomes = {result["rule"]: result["outcome"] for result in archive["results"]}
    assert outcomes["ARC003"] == "passed"
    asked = {(one["engine"], one["action"]) for one in archive["verdicts"]}
    assert {("docker-28", "load"), ("podman-5", "import"), ("containerd-2", "ctr import")} <= asked


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("plugin", "message"),
    [((hook, body), message) for hook, body, message in FAILING if hook != "checker_classify"],
    indirect=["plugin"],
)
def test_the_list_of_plugins_tells_of_it(checker: Checker, message: str) -> None:
    done = checker("plugins")
    assert done.code == 3
    assert "plugin mine (my-rules 2.5): " in done.err
    assert message in done.err


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("plugin", [("checker_engines", "yield MINE; exit(0)")], indirect=True)
def test_what_came_before_the_failure_is_used(checker: Checker, image: Path) -> None:
    done = checker("check", image, "--engine", "mine-1", "--format", "json")
    (archive,) = done.report["archives"]
    assert "it takes everything" in [verdict["reason"] for verdict in archive["verdicts"]]


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("plugin", [("checker_classify", "return None")], indirect=True)
def test_a_plugin_leaves_the_classification_to_others(checker: Checker, image: Path) -> None:
    done = checker("check", image, "--format", "json")
    assert done.code == 0
    assert done.report["archives"][0]["restore"] == f"docker load -i {image}"


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    "plugin",
    [("checker_reports", "yield COUNT._replace(name='json')\nyield COUNT")],
    indirect=True,
)
def test_nobody_replaces_a_report_of_ours(checker: Checker, image: Path) -> None:
    assert checker("check", image, "--format", "json").report["version"] == 1
    assert checker("check", image, "--format", "count").out == "counted\n"
