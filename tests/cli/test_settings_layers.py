"""Where settings are found, and which of them have precedence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import Checker

WARNS = ("--format", "json", "--select", "HYG013")


@pytest.fixture
def below(checker: Checker) -> Checker:
    """The command in a directory two levels below a repository."""
    checker.folder.joinpath(".git").mkdir()
    folder = checker.folder / "one" / "two"
    folder.mkdir(parents=True)
    return Checker(folder)


def file_of(checker: Checker, archive: Path) -> str | None:
    settings = checker("check", archive, "--format", "json").report["settings"]
    return None if settings is None else str(settings["file"])


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"checker.toml": ""}, "../../checker.toml"),
        ({"pyproject.toml": "[tool.checker]\n"}, "../../pyproject.toml"),
        ({"pyproject.toml": "[tool]\nchecker = {}\n"}, "../../pyproject.toml"),
        ({"pyproject.toml": '["tool"."checker"]\n'}, "../../pyproject.toml"),
        ({"pyproject.toml": "[project]\nname = 'checker'\n"}, None),
        ({"pyproject.toml": "not TOML"}, None),
        ({"pyproject.toml": "tool = 5 # checker\n"}, None),
        ({"pyproject.toml": "[tool.checker]\n", "checker.toml": ""}, "../../checker.toml"),
        ({"checker.toml": "", "one/pyproject.toml": "[tool.checker]\n"}, "../pyproject.toml"),
        ({"checker.toml": "", "one/two/pyproject.toml": "[project]\n"}, "../../checker.toml"),
        ({"checker.toml": "", "one/.git": ""}, None),
        ({"checker.toml": "", "one/two/.git": ""}, None),
        ({"checker.toml/x": ""}, None),
        ({}, None),
    ],
)
def test_a_file_is_found_up_to_the_root_of_the_repository(
    below: Checker, image: Path, files: dict[str, str], found: str | None
) -> None:
    for name, text in files.items():
        path = image.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert file_of(below, image) == found


def test_the_search_ends_at_the_home_directory(
    below: Checker, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image.parent.joinpath("checker.toml").touch()
    monkeypatch.setenv("HOME", str(image.parent))
    assert file_of(below, image) is None
    assert file_of(Checker(image.parent), image) == "checker.toml"


def test_the_search_ends_where_every_user_can_write(below: Checker, image: Path) -> None:
    image.parent.joinpath("checker.toml").touch()
    image.parent.joinpath("one").chmod(0o1777)
    assert file_of(below, image) is None
    assert file_of(Checker(image.parent / "one"), image) == "../checker.toml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.checker]\nselekt = []\n", "pyproject.toml:2: unknown key 'selekt'; did you mean"),
        ("[tool]\nchecker = 5\n", "pyproject.toml:2: tool.checker: must be a table"),
        ("[tool.checker]\n[tool.checker.limits]\nentries = 0\n", "pyproject.toml:3: limits: limit"),
        (
            "[[tool.checker.waive]]\nrule = 'ARC003'\nreason = 5\n",
            "pyproject.toml:3: waive: reason: must be a string, found an integer",
        ),
        ("[tool.checker]\nselect = [\n", "pyproject.toml: "),
        (
            "[[tool.checker.archive]]\npath = '*'\n[tool.checker.archive.severity]\nARC = 'bad'\n",
            "pyproject.toml:4: archive: severity: invalid value 'bad'",
        ),
    ],
)
def test_a_wrong_project_file_says_where(
    checker: Checker, image: Path, text: str, message: str
) -> None:
    checker.folder.joinpath("pyproject.toml").write_text(text)
    done = checker("check", image)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert message in done.err


def test_a_project_file_without_settings_that_is_named(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("pyproject.toml").write_text("[project]\nname = 'checker'\n")
    done = checker("check", image, "--config", "pyproject.toml")
    assert (done.code, done.err) == (2, "checker: pyproject.toml: has no table [tool.checker]\n")


def test_reports_of_the_file(below: Checker, image: Path) -> None:
    image.parent.joinpath("checker.toml").write_text(
        'format = ["text", "json=report.json"]\nprogress = false\n'
    )
    assert below("check", image).out.startswith(f"ok      {image}: ")
    # Paths in the file are relative to it.
    assert image.parent.joinpath("report.json").is_file()
    os.unlink(image.parent / "report.json")
    assert below("check", image, "--format", "text").code == 0
    assert below("classify", image).code == 0
    assert not image.parent.joinpath("report.json").exists()


def test_options_of_reports(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text(
        'format = ["junit"]\nformat-option = ["junit.cases=archives"]\n'
    )
    assert [suite.get("name") for suite in checker("check", image).junit] == ["archives"]
    done = checker("check", image, "--junit-cases", "rules")
    assert [suite.get("name") for suite in done.junit] == [str(image)]


def test_a_report_of_the_file_does_not_replace_it(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text('format = ["json=checker.toml"]\n')
    done = checker("check", image)
    assert done.code == 2
    assert "the configuration file" in done.err


@pytest.mark.parametrize(
    "file", ["../report.json", "/report.json", "link/report.json", ".git/config", "", "a/../.."]
)
def test_a_file_of_others_does_not_write_elsewhere(
    checker: Checker, image: Path, file: str
) -> None:
    checker.folder.joinpath(".git").mkdir()
    checker.folder.joinpath("link").symlink_to("..")
    checker.folder.joinpath("checker.toml").write_text(f'format = ["json={file}"]\n')
    done = checker("check", image)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("checker: checker.toml:1: format: ")


def test_a_baseline_that_is_a_pipe_is_not_waited_for(checker: Checker, image: Path) -> None:
    os.mkfifo(checker.folder / "known.json")
    checker.folder.joinpath("checker.toml").write_text('baseline = "known.json"\n')
    done = checker("check", image)
    assert (done.code, done.out) == (2, "")
    assert done.err == "checker: checker.toml:1: baseline: known.json: is not a file\n"


def severities(checker: Checker, archive: Path, *words: str) -> set[str]:
    report = checker("check", archive, *WARNS, *words).report
    return {finding["severity"] for finding in report["archives"][0]["findings"]}


def test_layers_have_precedence_in_order(checker: Checker, image: Path) -> None:
    file = checker.folder / "checker.toml"
    assert severities(checker, image) == {"note"}
    assert severities(checker, image, "--profile", "release") == {"error"}
    file.write_text("profile = 'release'\n")
    assert severities(checker, image) == {"error"}
    assert severities(checker, image, "--profile", "default") == {"note"}
    file.write_text("profile = 'release'\n[severity]\nHYG013 = 'warning'\n")
    assert severities(checker, image) == {"warning"}
    assert severities(checker, image, "--profile", "security") == {"warning"}
    section = "[[archive]]\npath = '*.tar'\n[archive.severity]\nmissing-label = 'note'\n"
    file.write_text(f"{file.read_text()}{section}")
    assert severities(checker, image) == {"note"}
    assert severities(checker, image.rename(image.parent / "image")) == {"warning"}


SECTIONS = """
as = "load"
engine = ["docker-28"]

[[archive]]
path = "*/fs.tar"
as = "import"
ignore = ["HYG"]

[[archive]]
path = ["*.tar", "*.tgz"]
ignore = ["ARC"]
engine = ["podman-5"]

[archive.limits]
entries = 1000
"""


def test_sections_for_archives(checker: Checker, image: Path, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text(SECTIONS)
    report = checker("check", image, rootfs, "--format", "json").report
    first, second = report["archives"]
    ran = [{result["rule"][:3] for result in one["results"]} for one in (first, second)]
    assert ran[0] & {"ARC", "HYG"} == {"HYG"}
    assert ran[1] & {"ARC", "HYG"} == set()
    assert "ENG001" not in {finding["rule"] for finding in second["findings"]}
    assert "2 sections for archives" in report["settings"]["changes"]
    # The command line has precedence over sections.
    assert checker("check", rootfs, "--as", "load", "--select", "ENG001").code == 1
    assert checker("check", rootfs, "--select", "ENG001").code == 0


def test_patterns_of_sections_are_also_relative_to_the_file(below: Checker, image: Path) -> None:
    file = image.parent / "checker.toml"
    file.write_text("select = ['HYG013']\n[[archive]]\npath = 'image.tar'\nignore = ['HYG']\n")
    done = below("check", "../../image.tar")
    assert (done.code, done.err) == (
        2,
        "checker: ../../checker.toml:2: archive: no rules are left to run\n",
    )
    file.write_text("select = ['HYG01']\n[[archive]]\npath = 'image.tar'\nignore = ['HYG013']\n")
    found = below("check", "../../image.tar", "--format", "json").rules
    file.write_text("select = ['HYG01']\n[[archive]]\npath = 'two/*.tar'\nignore = ['HYG013']\n")
    more = below("check", "../../image.tar", "--format", "json").rules
    assert more - found == {"HYG013"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("archive = 5", "archive: each section must be a table [[archive]]"),
        ("archive = [5]", "archive: must be a table, found an integer"),
        ("[[archive]]\nselect = []", "archive: path: must be a pattern or a list of them, found"),
        ("[[archive]]\npath = ''", "archive: path: must be a pattern, found an empty string"),
        ("[[archive]]\npath = '*'\nselekt = []", ":3: archive: unknown key 'selekt'; did you mean"),
        ("[[archive]]\npath = '*'\nformat = ['json']", ":3: archive: format is for the whole run"),
        ("[[archive]]\npath = '*'\nname = 5", ":3: archive: name: must be a string, found an int"),
        ("[[archive]]\npath = '*'\nselect = ['NOPE']", ":3: select: unknown rule 'NOPE'"),
        ("[[archive]]\npath = '*'\nengine = ['docker']\nas = 5", ":4: archive: as: invalid value"),
        (
            "[[archive]]\npath = '*'\n[archive.limits]\nfoo = 5",
            ":4: archive: limits: unknown limit",
        ),
        ("profile = 'relase'", ":1: profile: invalid value 'relase' (choose from: default, strict"),
        ("profile = ['strict']", ":1: profile: invalid value ['strict']"),
        ("strict-waivers = 1", ":1: strict-waivers: must be a boolean, found an integer"),
        ("baseline = ''", ":1: baseline: must be the name of a file, found ''"),
        ("format = 'json'", ":1: format: must be a list of strings, found a string"),
        (
            "format = ['jsn']",
            ":1: format: unknown format 'jsn' (choose from: text, json, junit, ",
        ),
        ("format-option = ['junit.x=5']", ":1: format-option: --format-option: "),
    ],
)
def test_wrong_values_say_where(checker: Checker, image: Path, text: str, message: str) -> None:
    checker.folder.joinpath("checker.toml").write_text(text)
    done = checker("check", image)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert message in done.err


def test_an_unknown_profile(checker: Checker, image: Path) -> None:
    done = checker("check", image, "--profile", "strickt")
    assert done.code == 2
    assert done.err.endswith("release); did you mean 'strict'?\n")


def test_a_profile_names_rules_of_plugins_that_are_not_loaded(
    checker: Checker, image: Path
) -> None:
    words = ("--profile", "release", "--no-plugin", "checker_hygiene")
    assert checker("check", image, *words).code in (0, 1)
