"""The configuration file: what it takes, what it refuses, and that the command line wins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Checker


def findings(checker: Checker, rootfs: Path, *words: str) -> list[dict[str, str]]:
    done = checker("check", rootfs, "--as", "load", "--select", "ENG", "--format", "json", *words)
    return list(done.report["archives"][0]["findings"])


def test_a_file_in_the_folder_is_found(checker: Checker, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text('as = "load"\nselect = ["ENG"]\n')
    done = checker("check", rootfs, "--format", "json")
    assert done.code == 1
    assert done.rules == {"ENG001"}
    assert checker("check", rootfs, "--as", "import").code == 0


@pytest.mark.parametrize("command", ["check", "classify", "show", "config"])
def test_a_file_without_a_name_is_not_ignored(checker: Checker, rootfs: Path, command: str) -> None:
    """So a variable that is not set does not switch a policy off."""
    done = checker(command, rootfs, "--config", "")
    assert (done.code, done.out) == (2, "")
    assert done.err == "checker: --config: the name of the file is missing\n"


def test_severities_and_fail_on(checker: Checker, rootfs: Path) -> None:
    config = checker.folder / "mine.toml"
    config.write_text('[severity]\nwrong-command = "note"\n')
    words = ("--config", str(config))
    assert [one["severity"] for one in findings(checker, rootfs, *words)] == ["note"]
    check = ("check", rootfs, "--as", "load", "--select", "ENG", *words)
    assert checker(*check).code == 0
    assert checker(*check, "--fail-on", "note").code == 1


WAIVER = """
[[waive]]
rule = "ENG001"
reason = "we unpack it ourselves"
"""


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        ("", True),
        ('archive = "*/fs.tar"\n', True),
        ('archive = "*/other.tar"\n', False),
        ('path = "etc/*"\n', False),
        ("until = 2999-12-31\n", True),
        ("until = 2020-01-01\n", False),
    ],
)
def test_waivers(checker: Checker, rootfs: Path, more: str, covered: bool) -> None:  # noqa: FBT001
    checker.folder.joinpath("checker.toml").write_text(WAIVER + more)
    (finding,) = findings(checker, rootfs)
    assert finding["waived"] == ("we unpack it ourselves" if covered else None)
    done = checker("check", rootfs, "--as", "load", "--select", "ENG")
    assert done.code == (0 if covered else 1)


def test_limits(checker: Checker, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text("[limits]\nentries = 3\n")
    done = checker("check", rootfs, "--format", "json", "--select", "ARC010")
    assert done.rules == {"ARC010"}
    assert checker("check", rootfs, "--select", "ARC010", "--limit", "entries=1000").code == 0


def test_options_of_a_rule(checker: Checker, image: Path) -> None:
    check = ("check", image, "--format", "json", "--select", "missing-label")
    assert checker(*check).rules == {"HYG013"}
    checker.folder.joinpath("checker.toml").write_text("[rules.missing-label]\nlabels = []\n")
    assert checker(*check).rules == set()


def test_a_blocked_plugin(checker: Checker, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text('no-plugin = ["checker_archive"]\n')
    assert checker("check", rootfs, "--select", "ARC").code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sellect = []", "unknown key 'sellect'; did you mean 'select'?"),
        ("select = 5", "must be a list of strings, found an integer"),
        ('select = ["ARC", 5]', "must be a list of strings, found a list that contains an integer"),
        ('fail-on = "warnin"', "did you mean 'warning'?"),
        ('as = "run"', "as: invalid value 'run' (choose from: load, import)"),
        ('[severity]\nARC003 = "fatal"', "severity: invalid value 'fatal' (choose from: error,"),
        ('[severity]\nARC999x = "note"', "unknown rule 'ARC999x'"),
        ("[limits]\nentrees = 5", "did you mean 'entries'?"),
        ('[limits]\nentries = "many"', "entries: must be a whole number above 0, found 'many'"),
        ("[limits]\nentries = true", "entries: must be a whole number above 0, found True"),
        ("waive = 5", "[[waive]]"),
        ("[[waive]]\nrule = 'ARC003'", "must have a rule and a reason"),
        ("[[waive]]\nrule = 'ARC003'\nreason = 'x'\nuntill = 2020-01-01", "did you mean 'until'?"),
        (
            "[[waive]]\nrule = 'ARC003'\nreason = 'x'\nuntil = 'soon'",
            "must be a date, found a string",
        ),
        ("[[waive]]\nrule = 'NOPE'\nreason = 'x'", "unknown rule 'NOPE'"),
        ("[rules.nope]\nx = 1", "unknown rule 'nope'"),
        ("[rules]\nARC003 = 5", "must be a table, found an integer"),
        ("[rules.ARC003]\nx = 1", "ARC003 bad-header-checksum has no option 'x'; it has no"),
        ("[rules.HYG017]\nlowest-eficiency = 1", "did you mean 'lowest-efficiency'?"),
        ("[rules.wasteful-layers]\nlowest-efficiency = 2", "must be a number from 0 to 1, found 2"),
        ("[rules.HYG013]\nlabels = 'a'", "labels: must be a list of strings, found 'a'"),
        ("severity = 5", "severity: must be a table, found an integer"),
        ("select = [", "checker.toml"),
        ("jobs = 1\nsellect = []", "checker.toml:2: unknown key 'sellect'"),
        ("\n\nselect = 5", "checker.toml:3: select: must be a list of strings"),
        (
            'ignore = [\n  "ARC",\n  "",\n]',
            "checker.toml:1: ignore: unknown rule ''",
        ),
        ('ignore = [" "]', "unknown rule ' '"),
        ('no-plugin = [""]', "no-plugin: must be a list of names, found an empty string"),
        ('ignore = ["ARK"]', "checker.toml:1: ignore: unknown rule 'ARK'"),
        ('engine = ["docker-1"]', "checker.toml:1: engine: unknown engine 'docker-1'"),
        ("[rules.HYG017]\n\nx = 1", "checker.toml:1: rules: HYG017 wasteful-layers has no option"),
        ("[limits]\nmembers = 1\nentries = 0", "checker.toml:3: limits: limit entries: must be"),
        (f"[limits]\nentries = {2**63}", "limit entries: must be a whole number above 0"),
        (f"[limits]\nentries = 0x{'f' * 5000}", "checker.toml:2: limits: limit entries: must be"),
        (f"jobs = {'9' * 5000}", "checker.toml: a number has too many digits"),
        (f"jobs = 0x{'f' * 5000}", "jobs: invalid value"),
        ("jobs = 1025", "jobs: invalid value 1025"),
        (f"select = {'[' * 20_000}", "checker.toml: nested too deeply"),
        (f"select = {'[' * 200}{']' * 200}", "checker.toml:1: select: must be a list of strings"),
        ("host = ['linux/amd64']", "host: invalid value"),
        ("host = 'linux/amd64/v8'", "host: invalid value"),
        ("as = ['load']", "as: invalid value"),
        ("fail-on = true", "fail-on: invalid value True"),
        ("[severity]\nARC003 = ['note']", "checker.toml:2: severity: invalid value ['note']"),
        (
            "[[waive]]\nrule = 'ARC003'\nreason = 'x'\n[[waive]]\nrule = ''\nreason = 'x'",
            "checker.toml:4: waive: a waiver must have a rule and a reason",
        ),
        (
            "[[waive]]\nrule = 'ARC003'\nreason = 'x'\nuntil = 2030-01-01T10:00:00",
            "checker.toml:4: waive: until: must be a date, found a date with time",
        ),
        ("waive = [5]", "waive: must be a table, found an integer"),
        ("[rules.HYG017]\nlowest-efficiency = nan", "must be a number from 0 to 1, found nan"),
        (f"[rules.HYG017]\nlowest-efficiency = {'9' * 400}", "must be a number from 0 to 1"),
        ("select = ['a\u2028b\\n::error::']", "checker.toml:1: select: unknown rule"),
        ("x = '\xff'", "checker.toml"),
    ],
)
def test_a_wrong_file_says_where_and_what_is_meant(
    checker: Checker, rootfs: Path, text: str, message: str
) -> None:
    checker.folder.joinpath("checker.toml").write_text(text)
    done = checker("check", rootfs)
    assert done.code == 2
    assert done.err.startswith("checker: checker.toml:")
    assert done.err.count("\n") == 1
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_byte_order_mark_of_a_windows_editor(checker: Checker, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_bytes(b'\xef\xbb\xbffail-on = "ever"\n')
    done = checker("check", rootfs)
    assert done.code == 2
    assert "checker.toml:1: fail-on: invalid value 'ever'" in done.err


def test_bytes_that_are_not_text(checker: Checker, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_bytes(b"jobs = 1\nselect = ['\xff']\n")
    done = checker("check", rootfs)
    assert (done.code, done.err) == (2, "checker: checker.toml:2: not valid UTF-8\n")


@pytest.mark.parametrize("value", ["9" * 5000, "\u0663", "1_000", "-1", "+1", " 1", ""])
def test_a_limit_that_is_not_a_number(checker: Checker, rootfs: Path, value: str) -> None:
    done = checker("check", rootfs, "--limit", f"entries={value}")
    assert done.code == 2
    assert done.err.startswith("checker: --limit: invalid value 'entries=")


HOSTILE = """
ignore = ["ARC", "HYG008"]
no-plugin = ["checker_rootfs"]
fail-on = "never"
[severity]
ENG = "note"
[[waive]]
rule = "DKR001"
reason = "::error::"
[limits]
entries = 5
"""


@pytest.mark.parametrize("command", ["check", "classify"])
def test_what_a_file_changes_is_shown(checker: Checker, image: Path, command: str) -> None:
    assert "settings from" not in checker(command, image).out
    assert checker(command, image, "--format", "json").report["settings"] is None
    checker.folder.joinpath("checker.toml").write_text(HOSTILE)
    settings = checker(command, image, "--format", "json").report["settings"]
    assert settings["file"] == "checker.toml"
    ignored, *others = settings["changes"]
    assert int(ignored.removesuffix(" rules ignored")) > 10
    assert others == [
        "1 severity changed",
        "1 waiver",
        "plugins not loaded: checker_rootfs",
        "limits set: entries",
        "fail-on: never",
    ]
    told = " ".join(checker(command, image).out.split())
    assert f"settings from checker.toml: {', '.join(settings['changes'])}" in told
    suite = checker(command, image, "--format", "junit").junit[0]
    case = suite.find("testcase")
    assert case is not None
    assert case.get("name") == "settings from checker.toml"
    assert case.findtext("system-out") == ", ".join(settings["changes"])


def test_a_file_that_changes_nothing(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text("")
    assert "settings from checker.toml: no changes" in checker("check", image).out


def test_in_the_root_of_the_file_system(image: Path) -> None:
    """A container without a working directory has it there."""
    done = subprocess.run(
        [sys.executable, "-m", "checker", "check", str(image)],
        cwd="/",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
