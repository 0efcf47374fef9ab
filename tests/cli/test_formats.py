"""Formats on the command line: their options, their paths, and what GitHub Actions gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.testing import sample
from tests.cli.conftest import Checker
from tests.cli.distributions import write_distribution
from tests.reports.consumers import sarif_schema

FILES = ("sarif", "github", "gitlab", "markdown", "tap", "junit", "json", "text", "html")


def test_one_run_writes_all_formats(checker: Checker, image: Path) -> None:
    orders = [word for name in FILES for word in ("--format", f"{name}=out/{name}")]
    done = checker("check", image.name, *orders)
    assert (done.code, done.out, done.err) == (0, "", "")
    written = {path.name for path in (checker.folder / "out").iterdir()}
    assert written == set(FILES)


def test_the_anchor_of_sarif(checker: Checker, image: Path) -> None:
    done = checker("check", image.name, "--format", "sarif", "--sarif-anchor", "Dockerfile")
    (run,) = done.report["runs"]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"Dockerfile"}


def test_the_rules_of_sarif_are_those_that_ran(checker: Checker, image: Path) -> None:
    done = checker("check", image.name, "--format", "sarif", "--select", "ARC001,HYG006")
    driver = done.report["runs"][0]["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["ARC001", "HYG006"]


def test_options_of_junit(checker: Checker, image: Path) -> None:
    flavoured = checker(
        *("check", image.name, "--format", "junit", "--junit-cases", "archives"),
        *("--junit-flavour", "gitlab"),
    )
    (case,) = flavoured.junit.iter("testcase")
    assert case.get("name") == "image.tar"
    azure = checker("check", image.name, "--format", "junit", "--junit-flavour", "azure")
    names = [each.get("name", "") for each in azure.junit.iter("testcase")]
    assert all(name.startswith("image.tar: ") for name in names)
    gitlab = checker(
        "check", image.name, "--format", "junit", "--format-option", "junit.flavour=gitlab"
    )
    assert {each.get("file") for each in gitlab.junit.iter("testcase")} == {"image.tar"}


WRONG = {
    "a value": (
        ["--junit-cases", "files"],
        "--format-option junit.cases: must be one of rules, findings,",
    ),
    "an empty value": (["--junit-cases", ""], "findings, archives, found ''"),
    "an option": (["--format-option", "junit.case=x"], "did you mean 'cases'?"),
    "a format": (["--format-option", "jnit.cases=x"], "did you mean 'junit'?"),
    "no value": (["--format-option", "junit"], "not of the form FORMAT.OPTION=VALUE"),
    "no option": (["--format-option", "html=1"], "'html=1' is not of the form FORMAT.OPTION=VALUE"),
    "no options": (["--format-option", "json.x=1"], "the format json has no options"),
    "a truth": (["--format-option", "junit.hostname=maybe"], "must be true or false"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_options_that_are_not_valid(
    checker: Checker, image: Path, words: list[str], message: str
) -> None:
    done = checker("check", image.name, *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_paths_are_tried_before_anything_is_read(checker: Checker) -> None:
    (checker.folder / "file").touch()
    done = checker("check", "missing.tar", "--format", "sarif=file/a.sarif")
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("checker: report sarif cannot be written to file/a.sarif: ")
    assert done.err.count("\n") == 1


def test_a_path_that_is_tried_keeps_its_file(checker: Checker) -> None:
    (checker.folder / "old.json").write_text("old")
    done = checker("check", "--format", "json=old.json", "missing.tar", "--limit", "x=1")
    assert done.code == 2
    assert (checker.folder / "old.json").read_text() == "old"
    assert [path.name for path in checker.folder.iterdir()] == ["old.json"]


# --- GitHub Actions


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of a step of GitHub Actions; the file of the summary."""
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    return summary


def test_annotations_follow_the_text(checker: Checker, image: Path, actions: Path) -> None:
    done = checker("check", image.name, "missing.tar")
    assert "\n::error file=missing.tar,title=archive not read::" in done.out
    assert "\n::notice file=image.tar,title=HYG" in done.out
    assert done.err == ""
    summary = actions.read_text()
    assert summary.startswith("# before\n<!-- archive-checker -->\n## archive-checker: ")


def test_annotations_are_beside_a_report_for_programs(
    checker: Checker, image: Path, actions: Path
) -> None:
    done = checker.process("check", image.name, "--format", "json")
    assert done.report["version"] == 1
    assert done.err.startswith("::notice ")
    assert "archive-checker: " in actions.read_text()


def test_annotations_can_go_elsewhere(checker: Checker, image: Path, actions: Path) -> None:
    done = checker("check", image.name, "--format", "text", "--format", "github=/dev/null")
    assert "::" not in done.out
    assert actions.read_text().count("<!-- archive-checker -->") == 1


def test_text_and_annotations_share_standard_output(checker: Checker, image: Path) -> None:
    done = checker("check", image.name, "--format", "text", "--format", "github")
    assert "\n::notice " in done.out


@pytest.mark.parametrize("value", ["false", "", "1"])
def test_there_are_no_annotations_elsewhere(
    checker: Checker, image: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    assert "::notice" not in checker("check", image.name).out


def test_a_summary_that_cannot_be_written(
    checker: Checker, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(checker.folder))
    done = checker("check", image.name, "--format", "github")
    assert done.code == 2
    assert "Is a directory" in done.err or "this is a directory" in done.err


# --- plugins

RULES = '''
from checker import Check, Severity, hookimpl

class Exposed(Check):
    """It is exposed."""
    id = "ACM001"
    name = "exposed"
    severity = Severity.WARNING
    security = 7.5
    aliases = ("open", "OLD001")

    def check_archive(self, archive):
        yield self.finding(archive, "[click](http://evil.example)")

class Wrong(Exposed):
    id, name, aliases = "ACM002", "wrong", ()
    security = 11

@hookimpl
def checker_checks():
    return [Exposed, Wrong]
'''


def test_rules_of_plugins_are_in_extensions(checker: Checker, image: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_distribution(site, "acme-house-rules", "house_rules", "house_rules", RULES)
    done = checker.process(
        *("check", image.name, "--format", "sarif", "--select", "ACM,ARC001"), paths=[site]
    )
    sarif_schema().validate(done.report)
    (run,) = done.report["runs"]
    (result,) = run["results"]
    reference = result["rule"]
    extension = run["tool"]["extensions"][reference["toolComponent"]["index"]]
    assert (extension["name"], extension["version"]) == ("house_rules", "2.5")
    rule = extension["rules"][reference["index"]]
    assert (rule["id"], rule["properties"]["security-severity"]) == ("ACM001", "7.5")
    assert (rule["deprecatedIds"], rule["deprecatedNames"]) == (["OLD001"], ["open"])
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["ARC001"]
    assert {"checker_archive", "checker_oci"} <= {
        each["name"] for each in run["tool"]["extensions"]
    }
    assert r"\](" in result["message"]["text"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "security is 11, but must be a number from 0.1 to 10" in notification["message"]["text"]


PLUGIN = """
from checker import Option, Report, hookimpl

def rows(run, row_limit, title="none"):
    if title == "raise":
        raise LookupError("no such title")
    return f"{title} {row_limit} {len(run.archives)}\\n"

@hookimpl
def checker_reports():
    yield Report(
        "rows",
        lambda run, row_limit=7, title="none": rows(run, row_limit, title),
        options=(
            Option("row-limit", int, 7, "how many rows", least=1),
            Option("title", str, "none", "the title"),
        ),
    )
    yield Report("bad", None)
    yield Report("worse", rows, options=("title",))
"""


STREAM = """
import os
from checker import Report, hookimpl

class Rows:
    def __init__(self, title="rows"):
        self.title, self.count = title, 0

    def archive(self, checked):
        self.count += 1
        if checked.path == "bad.tar":
            raise LookupError("no row")
        if checked.path == "late.tar":
            # What was reported of the archives before it has been written.
            with open("seen", "w") as file:
                file.write(str(os.path.getsize("out")))
        return f"{self.title} {checked.path}\\n"

    def end(self, run):
        return f"{self.count} of {len(run.archives)}\\n"

@hookimpl
def checker_reports():
    yield Report("rows", lambda run: "whole", stream=Rows)
"""


@pytest.fixture
def streaming(tmp_path: Path) -> Path:
    """A directory with a plugin whose format is written archive by archive."""
    site = tmp_path / "site"
    write_distribution(site, "acme-rows", "acme_rows", "acme_rows", STREAM)
    return site


def test_a_format_is_written_archive_by_archive(checker: Checker, streaming: Path) -> None:
    for name in ("late.tar", "image.tar"):
        (checker.folder / name).write_bytes(sample())
    command = [sys.executable, "-m", "checker", "check", "image.tar", "late.tar"]
    with (checker.folder / "out").open("wb") as out:
        subprocess.run(
            [*command, "--format", "rows", "--format", "json=report.json"],
            cwd=checker.folder,
            env={**os.environ, "PYTHONPATH": str(streaming)},
            stdout=out,
            check=True,
        )
    assert (checker.folder / "out").read_text() == "rows image.tar\nrows late.tar\n2 of 2\n"
    assert (checker.folder / "seen").read_text() == str(len("rows image.tar\n"))
    assert (checker.folder / "report.json").read_text().startswith("{")


def test_a_file_of_such_a_format_is_written_whole(
    checker: Checker, image: Path, streaming: Path
) -> None:
    words = ("check", image.name, "missing.tar", "--format", "rows=a/rows")
    done = checker.process(*words, paths=[streaming])
    assert (done.code, done.out) == (3, "")
    text = (checker.folder / "a" / "rows").read_text()
    assert text == "rows image.tar\nrows missing.tar\n2 of 2\n"


def test_such_a_format_that_raises_hurts_no_other(
    checker: Checker, image: Path, streaming: Path
) -> None:
    (checker.folder / "bad.tar").write_bytes(sample())
    words = ("check", "bad.tar", image.name, "--format", "rows=rows", "--format", "json")
    done = checker.process(*words, paths=[streaming])
    assert done.code == 3
    assert len(done.report["archives"]) == 2
    assert "report rows of plugin acme_rows (acme-rows 2.5): LookupError: no row" in done.err
    assert not (checker.folder / "rows").exists()


def test_a_format_of_a_plugin_has_options(checker: Checker, image: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_distribution(site, "acme-house-rules", "house_rules", "house_rules", PLUGIN)
    words = ("check", image.name, "--format", "rows")
    done = checker.process(*words, "--format-option", "rows.row-limit=3", paths=[site])
    assert done.out == "none 3 1\n"
    assert done.code == 3
    wrong = checker.process(*words, "--format-option", "rows.row-limit=0", paths=[site])
    assert wrong.code == 2
    assert "row-limit: must be a whole number, at least 1, found 0" in wrong.err
    raised = checker.process(*words, "--format-option", "rows.title=raise", paths=[site])
    assert raised.code == 3
    assert "report rows of plugin house_rules (acme-house-rules 2.5): " in raised.err
    assert "LookupError: no such title" in raised.err
