"""Mistyped names: the nearest one is suggested, whatever it is the name of."""

from __future__ import annotations

import pytest

from .conftest import Checker


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("chek", "a.tar"), "did you mean 'check'?"),
        (("base-line", "write"), "did you mean 'baseline'?"),
        (("baseline", "wirte", "a.json"), "did you mean 'write'?"),
        (("check", "a.tar", "--fial-on", "error"), "--fial-on error; did you mean '--fail-on'?"),
        (("check", "a.tar", "--engin=docker"), "did you mean '--engine'?"),
        (("check", "--no-plugins", "x", "a.tar"), "did you mean '--no-plugin'?"),
        (("classify", "a.tar", "--confg", "x"), "did you mean '--config'?"),
        (("convert", "a", "b", "--to", "docker-archiv"), "did you mean 'docker-archive'?"),
        (("rules", "--serach", "x"), "did you mean '--search'?"),
        (("rules", "--format", "jsn"), "did you mean 'json'?"),
        (("explain", "HYH"), "did you mean 'HYG'?"),
        (("explain", "zzz"), "unknown rule 'zzz'; `checker rules` lists the rules"),
        (("check", "a.tar", "--select", "zzz"), "'zzz'; `checker rules` lists the rules"),
        (("check", "a.tar", "--select", "ACR"), "did you mean 'ARC'?"),
        (("check", "a.tar", "--ignore", "HYH"), "did you mean 'HYG'?"),
        (("explain", "mising-label"), "did you mean 'missing-label'?"),
        (("explain", "unused-waver"), "did you mean 'unused-waiver'?"),
        (("check", "a.tar", "--select", "mising-label"), "did you mean 'missing-label'?"),
        (("check", "a.tar", "--format", "jnit"), "did you mean 'junit'?"),
        (("check", "a.tar", "--engine", "dokcer"), "); did you mean 'docker'?\n"),
        (("check", "a.tar", "--engine", "podman5"), "did you mean 'podman-5'?"),
        (("check", "a.tar", "--engine", "docker:imprt"), "docker has no action 'imprt' (choose"),
        (("check", "a.tar", "--limit", "entrees=5"), "did you mean 'entries'?"),
        (("check", "a.tar", "--profile", "securty"), "did you mean 'security'?"),
        (
            ("check", "a.tar", "--as", "imprt"),
            "load, import); did you mean 'import'?",
        ),
        (("check", "a.tar", "--fail-on", "nevr"), "warning, note, never); did you mean 'never'?"),
        (("check", "a.tar", "--select", "ARC3"), "did you mean 'ARC003'?"),
        (("explain", "arc3"), "did you mean 'ARC003'?"),
        (("check", "a.tar", "--engine", "docker-28:imprt"), "did you mean 'import'?"),
        (("check", "a.tar", "--no-plugin", "checker_hygine"), "did you mean 'checker_hygiene'?"),
        (("rules", "--no-plugin", "checker_hygine"), "did you mean 'checker_hygiene'?"),
        (("compare", "a.tar", "b.tar", "--ignore", "timestamp"), "did you mean 'timestamps'?"),
        (("import-plan", "a.tar", "--engine", "dcker"), "did you mean 'docker'?"),
        (("rules", "--search", "zebra"), "--search: no rule contains 'zebra'"),
    ],
)
def test_the_nearest_name(checker: Checker, words: tuple[str, ...], hint: str) -> None:
    checker.folder.joinpath("a.tar").touch()
    done = checker(*words)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err
    assert "Traceback" not in done.err


def test_nothing_is_suggested_for_what_resembles_nothing(checker: Checker) -> None:
    done = checker("check", "a.tar", "--zzzzzz")
    assert done.err.endswith("unrecognized arguments: --zzzzzz\n")


def test_an_archive_without_a_command(checker: Checker) -> None:
    checker.folder.joinpath("image.tar").touch()
    done = checker("image.tar")
    assert done.code == 2
    assert done.err.endswith("; did you mean 'checker check image.tar'?\n")


def test_families(checker: Checker) -> None:
    done = checker("explain", "hyg")
    assert done.code == 0
    assert done.out.startswith("HYG (")
    assert "Good practice" in done.out
    assert "HYG013  note     missing-label " in done.out
    rules = checker("rules").out.splitlines()
    of_family = [line for line in rules if line.startswith("HYG")]
    assert done.out.count("\nHYG") == len(of_family)
    for family in sorted({line[:3] for line in rules} | {"SET"}):
        assert len(checker("explain", family).out.splitlines()[2]) > 20, family


def test_rules_on_settings(checker: Checker) -> None:
    by_id = checker("explain", "set001").out
    assert by_id.startswith("SET001 expired-waiver (warning)\n")
    assert checker("explain", "expired-waiver").out == by_id


def test_search(checker: Checker) -> None:
    found = checker("rules", "--search", "SECRET environment").out.splitlines()
    assert found[0].startswith("HYG006 ")
    assert 1 <= len(found) < 10
    assert checker("rules", "--search", "HYG006").out.startswith("HYG006 ")
    rows = checker("rules", "--search", "HYG006", "--format", "json").out
    assert '"id": "HYG006"' in rows
