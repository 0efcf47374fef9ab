"""Structure tests mean what container-structure-test says, on the same files and images."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.structure_tests.cases import Outcome, StructureCase, recorded, structure_cases
from checker.errors import SettingsError
from checker.plugins import LoadedPlugins, load_plugins
from checker.policy import Policy, PolicyFile
from checker.session import Session
from checker.testing import sample
from checker_policy.rules import rules_of
from tests.cli.conftest import Checker
from tests.sessions import checked_whole

CASES = structure_cases()
RECORDED = recorded()


@pytest.fixture(scope="session")
def plugins() -> LoadedPlugins:
    return load_plugins()


def outcomes(case: StructureCase, plugins: LoadedPlugins, folder: Path) -> list[Outcome]:
    """What the checker says of each test of a case."""
    archive, file = case.write(folder)
    session = Session({"select": ["POL"], "structure-test": [str(file)]}, plugins=plugins)
    checked = checked_whole(session, archive)
    titles = {rule.id: rule.summary for rule in session.rules}
    return [Outcome(titles[one.rule], one.outcome) for one in checked.results]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert {case.name for case in CASES} == RECORDED.keys()
    said = {outcome.outcome for found in RECORDED.values() for outcome in found}
    assert said == {"passed", "failed"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: StructureCase, plugins: LoadedPlugins, tmp_path: Path) -> None:
    found = outcomes(case, plugins, tmp_path)
    if not case.differs:
        assert sorted(found) == sorted(RECORDED[case.name])
        return
    assert sorted(found) == sorted(case.checker)
    assert sorted(found) != sorted(RECORDED[case.name])


HEAD = "schemaVersion: 2.0.0\n"
BROKEN = [
    ("fileExistenceTests: []", ':1: must have a schemaVersion, which is "2.0.0"'),
    ("schemaVersion: 1.0.0", ":1: schemaVersion: '1.0.0' is not supported, only '2.0.0' is"),
    ("schemaVersion: 2", ":1: schemaVersion: '2' is not supported, only '2.0.0' is"),
    (HEAD, ":1: has no tests"),
    (HEAD + "metadataTest: {}", ":1: has no tests"),
    (HEAD + "fileExistanceTests: []", ":2: unknown key 'fileExistanceTests'; did you mean"),
    (HEAD + "fileContentTests: {}", ":2: fileContentTests: must be a list, found a table"),
    (HEAD + "fileContentTests:\n- path: a", ":3: fileContentTests: must have a name"),
    (HEAD + "fileContentTests:\n- name: a", ":3: fileContentTests: must have a path"),
    (
        HEAD + "fileContentTests:\n- name: a\n  path: b\n  expectedContents:\n  - '('",
        ":5: fileContentTests.expectedContents: is not a regular expression of RE2",
    ),
    (
        HEAD + "fileContentTests:\n- name: a\n  path: b\n  expectedContent: [x]",
        ":5: fileContentTests: unknown key 'expectedContent'; did you mean 'expectedContents'?",
    ),
    (
        HEAD + "fileExistenceTests:\n- name: a\n  path: b\n  uid: root",
        ":5: fileExistenceTests.uid: must be a whole number, found a string",
    ),
    (
        HEAD + "fileExistenceTests:\n- name: a\n  path: b\n  shouldExist: perhaps",
        ":5: fileExistenceTests.shouldExist: must be a boolean, found a string",
    ),
    (
        HEAD + "fileExistenceTests:\n- name: a\n  path: b\n  isExecutableBy: me",
        ":5: fileExistenceTests.isExecutableBy: invalid value 'me' (choose from: any, owner,",
    ),
    (HEAD + "metadataTest:\n  cmd: serve", ":3: metadataTest.cmd: must be a list, found a string"),
    (HEAD + "metadataTest:\n  envVars: [{value: a}]", ":3: metadataTest.envVars: must have a key"),
    (
        HEAD + "metadataTest:\n  volumes: ['']",
        ":3: metadataTest.volumes: must not contain an empty",
    ),
    (HEAD + "licenseTests:\n- debian: 1", ":3: licenseTests.debian: must be a boolean, found an"),
    (HEAD + "commandTests:\n- command: a", ":3: commandTests: must have a name"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_broken_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        rules_of(Policy(structure_tests=(PolicyFile(str(path)),)))
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


TESTS = """\
schemaVersion: 2.0.0
commandTests:
- {name: It runs, command: /bin/app}
fileExistenceTests:
- {name: App, path: /bin/app}
- {name: App, path: /bin/none}
metadataTest: {user: app}
"""


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    tmp_path.joinpath("app.tar").write_bytes(sample("docker-archive"))
    tmp_path.joinpath("app_test.yaml").write_text(TESTS)
    return Checker(tmp_path)


def test_each_test_is_a_test_case(checker: Checker) -> None:
    words = ("--structure-test", "app_test.yaml", "--select", "POL", "--format", "junit")
    done = checker("check", "app.tar", *words)
    assert done.code == 1
    cases = {
        (each.get("name") or "").partition(" ")[2]: [child.tag for child in each]
        for each in done.junit.iter("testcase")
    }
    assert cases == {
        "app-test-command-it-runs": ["skipped"],
        "app-test-file-existence-app": [],
        "app-test-file-existence-app-2": ["failure"],
        "app-test-metadata": [],
    }
    (skipped,) = done.junit.iter("skipped")
    assert skipped.get("message") == (
        "a commandTest runs a command in a container; nothing was run"
    )


def test_commands_are_skipped_in_every_report(checker: Checker) -> None:
    words = ("app.tar", "--structure-test", "app_test.yaml", "--select", "app-test-command-it-runs")
    why = "a commandTest runs a command in a container; nothing was run"
    done = checker("check", *words)
    assert done.code == 0
    assert "skipped POL" in done.out
    assert "app-test-command-it-runs: a commandTest runs a command in a" in done.out
    (result,) = checker("check", *words, "--format", "json").report["archives"][0]["results"]
    assert (result["outcome"], result["reason"]) == ("skipped", why)
    tap = checker("check", *words, "--format", "tap").out
    assert f"app-test-command-it-runs # SKIP {why}" in tap
    junit = checker("check", *words, "--format", "junit", "--junit-cases", "findings").junit
    assert len(list(junit.iter("skipped"))) == 1


def test_a_requirement_names_files_of_tests(checker: Checker) -> None:
    below = checker.folder / "below"
    below.mkdir()
    checker.folder.joinpath("app_test.yaml").rename(below / "app_test.yaml")
    below.joinpath("policy.yaml").write_text(
        "require:\n- name: shop\n  message: as the shop needs it\n  severity: warning\n"
        "  image: sample\n  user: app\n  structure-test: app_test.yaml\n"
    )
    words = ("--policy", "below/policy.yaml", "--select", "POL", "--format", "json")
    done = checker("check", "app.tar", *words)
    (finding,) = done.report["archives"][0]["findings"]
    assert (finding["name"], finding["severity"]) == ("shop-file-existence-app-2", "warning")
    assert finding["message"] == (
        "as the shop needs it (File Existence Test: App): file /bin/none should exist but does not"
    )
    assert len(done.report["archives"][0]["results"]) == 5


def test_a_file_of_tests_that_does_not_exist(checker: Checker) -> None:
    text = "require:\n- name: shop\n  structure-test: none.yaml\n"
    checker.folder.joinpath("policy.yaml").write_text(text)
    done = checker("check", "app.tar", "--policy", "policy.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "checker: policy.yaml:3: require.structure-test: none.yaml: cannot be read: "
        "No such file or directory\n"
    )
    done = checker("check", "app.tar", "--structure-test", "tests.toml")
    assert (done.code, done.out) == (2, "")
    message = "tests.toml: the name must end with one of .yaml, .yml, .json"
    assert done.err == f"checker: {message}\n"


def test_a_root_filesystem_is_tested(checker: Checker) -> None:
    checker.folder.joinpath("root.tar").write_bytes(sample("rootfs"))
    words = ("--structure-test", "app_test.yaml", "--select", "POL", "--format", "json")
    results = checker("check", "root.tar", *words).report["archives"][0]["results"]
    assert sorted(one["outcome"] for one in results) == ["failed", "passed", "skipped", "skipped"]
