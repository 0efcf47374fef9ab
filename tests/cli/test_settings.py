"""The configuration file: what it takes, what it refuses, and that the command line wins."""

from __future__ import annotations

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
    ],
)
def test_a_wrong_file_says_where_and_what_is_meant(
    checker: Checker, rootfs: Path, text: str, message: str
) -> None:
    checker.folder.joinpath("checker.toml").write_text(text)
    done = checker("check", rootfs)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
