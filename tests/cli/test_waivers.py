"""Waivers that expired, and those that cover nothing, are findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Checker


def waiver(rule: str, *more: str) -> str:
    return "\n".join(("[[waive]]", f'rule = "{rule}"', 'reason = "known"', *more, ""))


def findings(checker: Checker, archive: Path, *words: str) -> list[dict[str, Any]]:
    report = checker("check", archive, "--format", "json", *words).report
    return list(report["waiver_findings"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (waiver("HYG013"), []),
        (waiver("HYG013", 'archive = "other.tar"'), []),
        (waiver("HYG013", "until = 2999-12-31"), []),
        (waiver("HYG013", "until = 2020-01-31"), ["SET001"]),
        (waiver("HYG013", "until = 2020-01-31", 'archive = "other.tar"'), ["SET001"]),
        (waiver("HYG013", 'path = "etc/*"'), ["SET002"]),
        (waiver("ARC003"), ["SET002"]),
        (waiver("HYG013") + waiver("missing-label"), []),
        (waiver("ARC003", 'archive = "other.tar"'), []),
        (waiver("RFS028"), []),  # not applicable to images
        ('select = ["HYG", "SET"]\n' + waiver("ARC003"), []),  # the rule does not run
        ('select = ["ARC"]\n' + waiver("ARC003"), []),
        ('ignore = ["SET002"]\n' + waiver("ARC003"), []),
        ('ignore = ["expired-waiver"]\n' + waiver("ARC003"), ["SET002"]),
    ],
)
def test_which_are_found(checker: Checker, image: Path, text: str, expected: list[str]) -> None:
    checker.folder.joinpath("checker.toml").write_text(text)
    assert [finding["rule"] for finding in findings(checker, image)] == expected


def test_they_say_where(checker: Checker, image: Path) -> None:
    text = f"{waiver('ARC003')}{waiver('HYG013', 'until = 2020-01-31')}"
    checker.folder.joinpath("checker.toml").write_text(text)
    expired, unused = findings(checker, image)
    assert unused["message"] == (
        "checker.toml:1: the waiver of ARC003 (known) does not cover any finding"
    )
    assert expired["message"] == (
        "checker.toml:4: the waiver of HYG013 (known) expired on 2020-01-31, so it is ignored"
    )
    assert expired["location"]["pointer"] == "/waive/1"
    assert {expired["severity"], unused["severity"]} == {"warning"}


def test_severities(checker: Checker, image: Path) -> None:
    file = checker.folder / "checker.toml"
    file.write_text(waiver("ARC003"))
    done = checker("check", image)
    assert done.code == 0
    assert "warning SET002 unused-waiver" in done.out
    assert "\nok      1 warning; load it with" in done.out
    assert checker("check", image, "--fail-on", "warning").code == 1
    assert checker("check", image, "--strict-waivers").code == 1
    file.write_text(f"strict-waivers = true\n{waiver('ARC003')}")
    done = checker("check", image)
    assert done.code == 1
    assert "error   SET002 unused-waiver" in done.out
    file.write_text(f"{waiver('ARC003')}[severity]\nSET002 = 'error'\n")
    assert checker("check", image).code == 1
    assert checker("classify", image).code == 0


def test_in_junit(checker: Checker, image: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text(waiver("ARC003"))
    suites = checker("check", image, "--format", "junit").junit
    suite = suites.find("testsuite[@name='waivers']")
    assert suite is not None
    assert suite[0].get("name") == "SET002 unused-waiver"
    assert "does not cover any finding" in str(suite.findtext("testcase/failure"))


def test_any_of_several_archives_needs_it(checker: Checker, image: Path, rootfs: Path) -> None:
    checker.folder.joinpath("checker.toml").write_text(waiver("HYG013"))
    report = checker("check", rootfs, image, "--format", "json").report
    assert report["waiver_findings"] == []
