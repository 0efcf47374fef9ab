"""Sections of the settings: what an archive's own settings change, and that others keep theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.testing import sample

from .conftest import Checker

TWO = ("a.tar", "b.tar")
STRICT = 'profile = "strict"'


@pytest.fixture
def two(checker: Checker) -> Checker:
    """Two archives with the same content: warnings and notes, but no errors."""
    for name in TWO:
        (checker.folder / name).write_bytes(sample("docker-archive"))
    return checker


def settings(checker: Checker, text: str) -> None:
    (checker.folder / "checker.toml").write_text(text)


def section(*lines: str, path: str = "a.tar") -> str:
    return "\n".join(("[[archive]]", f'path = "{path}"', *lines, ""))


def severities(checker: Checker, *words: str) -> dict[str, dict[str, str]]:
    report = checker("check", *TWO, "--format", "json", *words).report
    return {
        archive["path"]: {finding["rule"]: finding["severity"] for finding in archive["findings"]}
        for archive in report["archives"]
    }


def waived(checker: Checker) -> dict[str, set[str]]:
    report = checker("check", *TWO, "--format", "json").report
    return {
        archive["path"]: {one["rule"] for one in archive["findings"] if one["waived"] is not None}
        for archive in report["archives"]
    }


def waiver_findings(checker: Checker, *names: str) -> list[dict[str, Any]]:
    return list(checker("check", *names, "--format", "json").report["waiver_findings"])


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("", 0, 0),
        ('fail-on = "note"\n', 1, 1),
        (section('fail-on = "note"'), 1, 0),
        ('fail-on = "note"\n' + section('fail-on = "never"'), 0, 1),
        ('fail-on = "never"\n' + section('fail-on = "note"'), 1, 0),
        (section('profile = "release"'), 1, 0),
        ('profile = "release"\n' + section('profile = "default"'), 0, 1),
        (
            'fail-on = "error"\n' + section('profile = "strict"', 'severity.HYG013 = "warning"'),
            1,
            0,
        ),
        ('fail-on = "note"\n' + section('waive = [{ rule = "HYG", reason = "known" }]'), 0, 1),
        ('fail-on = "note"\n' + section("[[archive.waive]]", 'rule = "HYG"', 'reason = "x"'), 0, 1),
        (section('fail-on = "note"') + section('fail-on = "never"', path="*.tar"), 0, 0),
        (section('engine = ["docker-28:import"]'), 1, 0),
        (section('as = "import"'), 1, 0),
    ],
)
def test_the_exit_code_follows_each_archive(two: Checker, text: str, a: int, b: int) -> None:
    settings(two, text)
    assert two("check", "a.tar").code == a
    assert two("check", "b.tar").code == b
    assert two("check", *TWO).code == max(a, b)


def test_reports_show_what_fails_in_each_archive(two: Checker) -> None:
    settings(two, section('fail-on = "note"'))
    suites = two("check", *TWO, "--format", "junit").junit
    failures = {suite.get("name"): int(suite.get("failures", "0")) for suite in suites}
    assert failures["a.tar"] > 0
    assert failures["b.tar"] == 0
    settings(two, 'fail-on = "note"\n')
    suites = two("check", *TWO, "--format", "junit").junit
    assert {int(suite.get("failures", "0")) for suite in suites} == {failures["a.tar"]}


def test_the_command_line_has_precedence(two: Checker) -> None:
    settings(two, section('fail-on = "note"', 'profile = "release"'))
    assert two("check", "a.tar", "--fail-on", "never").code == 0
    assert two("check", "a.tar", "--profile", "default").code == 1  # of fail-on
    assert severities(two)["a.tar"]["HYG013"] == "error"
    assert severities(two, "--profile", "default")["a.tar"]["HYG013"] == "note"


def test_a_profile_of_a_section_is_in_place_of_that_of_the_file(two: Checker) -> None:
    settings(
        two, 'profile = "release"\n[severity]\nHYG001 = "note"\n' + section('profile = "strict"')
    )
    found = severities(two)
    assert found["a.tar"]["HYG013"] == "note"
    assert found["b.tar"]["HYG013"] == "error"


def test_waivers_of_a_section(two: Checker) -> None:
    settings(two, section('waive = [{ rule = "HYG013", reason = "known" }]'))
    assert waived(two) == {"a.tar": {"HYG013"}, "b.tar": set()}
    assert waiver_findings(two, *TWO) == []


@pytest.mark.parametrize("first", ["", '[[waive]]\nrule = "HYG013"\nreason = "all"\n'])
def test_waivers_of_sections_that_are_not_used(two: Checker, first: str) -> None:
    text = first + section('fail-on = "error"', path="*.tar")
    text += section(
        '[[archive.waive]]\nrule = "ARC003"\nreason = "unused"',
        '[[archive.waive]]\nrule = "HYG012"\nreason = "late"\nuntil = 2020-01-31',
    )
    text += section('[[archive.waive]]\nrule = "HYG"\nreason = "used"', path="?.tar")
    settings(two, text)
    expired, unused = waiver_findings(two, *TWO)
    line = 1 + text[: text.index('rule = "ARC003"')].count("\n") - 1
    assert unused["message"] == (
        f"checker.toml:{line}: the waiver of ARC003 (unused) does not cover any finding"
    )
    assert unused["location"]["pointer"] == "/archive/1/waive/0"
    assert expired["location"]["pointer"] == "/archive/1/waive/1"
    assert {expired["rule"], unused["rule"]} == {"SET001", "SET002"}
    # No archive is checked that the section is for, but the day has passed in any case.
    assert [one["rule"] for one in waiver_findings(two, "b.tar")] == ["SET001"]


def test_strict_waivers_of_a_section(two: Checker) -> None:
    text = section("strict-waivers = true", '[[archive.waive]]\nrule = "ARC003"\nreason = "x"')
    settings(two, '[[waive]]\nrule = "ARC003"\nreason = "y"\n' + text)
    found = {one["location"]["pointer"]: one["severity"] for one in waiver_findings(two, *TWO)}
    assert found == {"/waive/0": "warning", "/archive/0/waive/0": "error"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('fail-on = "nte"', "archive: fail-on: invalid value 'nte' (choose from: "),
        ('profile = "stict"', "did you mean 'strict'?"),
        ("strict-waivers = 1", "strict-waivers: must be a boolean, found an integer"),
        ('waive = [{ rule = "ARC" }]', "waive: a waiver must have a rule and a reason"),
        ('waive = [{ rule = "ARC9", reason = "x" }]', "unknown rule 'ARC9'"),
        ('format = ["json"]', "archive: format is for the whole run, not for some archives"),
        ('no-plugin = ["checker_hygiene"]', "or ignore the rules of the plugin here"),
        ("baseline = 1", "baseline: must be the name of a file, found 1"),
        ('baseline = "none.json"', "baseline: none.json: cannot be read: No such file"),
        ('fail_on = "note"', "unknown key 'fail_on'; did you mean 'fail-on'?"),
    ],
)
@pytest.mark.parametrize("command", ["check a.tar", "classify a.tar", "config"])
def test_values_that_are_wrong(two: Checker, line: str, said: str, command: str) -> None:
    settings(two, section(line))
    done = two(*command.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("checker: checker.toml:")
    assert said in done.err


def test_config_shows_them(two: Checker) -> None:
    text = section('fail-on = "note"', 'profile = "strict"', "strict-waivers = true")
    text += '[[archive.waive]]\nrule = "HYG013"\nreason = "x"\n'
    settings(two, 'profile = "release"\nfail-on = "never"\n' + text)
    shown = two("config", "a.tar").out.splitlines()
    rows = {row.split()[0]: row.split()[1:] for row in shown if row}
    assert rows["profile"] == ["strict", "checker.toml:6"]
    assert rows["fail-on"] == ["note", "checker.toml:5"]
    assert rows["strict-waivers"] == ["true", "checker.toml:7"]
    assert rows["waive"][0] == "HYG013"
    assert "severity.HYG013" not in rows
    whole = two("config").out
    assert "severity.HYG013" in whole
    assert "for archives a.tar" in whole
    assert two("config", "a.tar", "--profile", "release").out.count("profile release") > 1


def test_a_baseline_has_what_fails_in_each_archive(two: Checker) -> None:
    settings(two, 'fail-on = "error"\n' + section('fail-on = "note"'))
    assert two("baseline", "write", "known.json", *TWO).code == 0
    known = (two.folder / "known.json").read_text()
    assert '"a"' in known
    assert '"b"' not in known
    assert two("check", *TWO, "--baseline", "known.json").code == 0


def test_a_baseline_for_some_archives(two: Checker) -> None:
    """Each archive is compared with its baseline, and what is gone is told of each."""
    settings(two, 'fail-on = "note"\n')
    for name in TWO:
        assert two("baseline", "write", f"{name}.json", name).code == 0
    settings(two, 'fail-on = "note"\n' + section('baseline = "a.tar.json"'))
    assert two("check", "a.tar").code == 0
    assert two("check", "b.tar").code == 1
    report = two("check", *TWO, "--format", "json").report
    known = {one["path"]: [f["in_baseline"] for f in one["findings"]] for one in report["archives"]}
    assert all(known["a.tar"])
    assert not any(known["b.tar"])
    assert report["baseline"] == {"file": "a.tar.json", "known": len(known["a.tar"]), "gone": []}

    settings(
        two,
        'fail-on = "note"\nbaseline = "b.tar.json"\n' + section('baseline = "a.tar.json"'),
    )
    assert two("check", *TWO).code == 0
    (two.folder / "a.tar").write_bytes(sample("podman-archive"))
    (two.folder / "b.tar").write_bytes(sample("podman-archive"))
    baseline = two("check", *TWO, "--format", "json").report["baseline"]
    assert baseline["file"] == "b.tar.json, a.tar.json"
    assert {one["archive"] for one in baseline["gone"]} == {"a", "b"}


def test_the_baseline_of_the_command_line_is_for_all_archives(two: Checker) -> None:
    settings(two, 'fail-on = "note"\n')
    assert two("baseline", "write", "both.json", *TWO).code == 0
    assert two("baseline", "write", "other.json", "b.tar").code == 0
    settings(two, 'fail-on = "note"\n' + section('baseline = "other.json"'))
    assert two("check", *TWO).code == 1
    assert two("check", *TWO, "--baseline", "both.json").code == 0


@pytest.mark.parametrize("profile", ["", 'profile = "strict"'])
def test_a_baseline_is_written_without_what_other_baselines_have(
    two: Checker, profile: str
) -> None:
    settings(two, 'fail-on = "note"\n' + section(profile))
    assert two("baseline", "write", "known.json", *TWO).code == 0
    first = (two.folder / "known.json").read_bytes()
    for place in ('baseline = "known.json"\n{}', "{}" + 'baseline = "known.json"\n'):
        settings(two, place.format('fail-on = "note"\n' + section(profile)))
        assert two("check", "a.tar").code == 0
        assert two("baseline", "write", "known.json", *TWO).code == 0
        assert (two.folder / "known.json").read_bytes() == first


def test_the_baseline_of_a_program_is_for_all_archives(tmp_path: Path) -> None:
    from checker import Session
    from checker.baseline import Baseline

    path = tmp_path / "a.tar"
    path.write_bytes(sample("docker-archive"))
    (tmp_path / "own.json").write_text('{"version": 1, "findings": []}')
    own = {"path": "*.tar", "baseline": str(tmp_path / "own.json")}
    given = Baseline("given", frozenset())
    for baseline, file in ((None, str(tmp_path / "own.json")), (given, "given")):
        with Session({"archive": [own]}, baseline=baseline) as session:
            applied = session.run([path]).baseline
        assert applied is not None
        assert applied.file == file


def test_the_settings_of_a_program(tmp_path: Path) -> None:
    from checker import Session

    path = tmp_path / "a.tar"
    path.write_bytes(sample("docker-archive"))
    sections = [{"path": "*.tar", "profile": "release"}]
    with Session({"profile": "strict", "archive": sections}) as session:
        (checked,) = session.run([path]).archives
        assert {one.rule for one in checked.failures()} >= {"HYG013"}
        assert session.run([path]).exit_code == 1


READING = {
    "convert": "convert a.tar out.tar --to oci-archive",
    "show": "show a.tar",
    "compare": "compare a.tar b.tar",
    "import-plan": "import-plan root.tar",
    "classify": "classify a.tar",
}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs = 0\n", "checker.toml:1: jobs: invalid value 0"),
        ('host = "amd64"\n', "checker.toml:1: host: invalid value 'amd64'"),
        ("[limits]\nentrys = 1\n", "checker.toml:2: limits: unknown limit 'entrys'; did you mean"),
        ('no-plugin = [""]\n', "checker.toml:1: no-plugin: must be a list of names"),
    ],
)
def test_all_commands_read_the_settings(two: Checker, command: str, text: str, said: str) -> None:
    (two.folder / "root.tar").write_bytes(sample("rootfs"))
    settings(two, text)
    done = two(*READING[command].split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"checker: {said}")
    assert two(*READING[command].split(), "--config", "missing.toml").code == 2
    settings(two, "")
    assert two(*READING[command].split()).code in {0, 1}


def test_convert_takes_the_platform_of_the_host_from_the_settings(checker: Checker) -> None:
    (checker.folder / "a.tar").write_bytes(sample("multi-platform"))
    written: dict[str, bytes] = {}
    for host in ("linux/amd64", "linux/arm64"):
        settings(checker, f'host = "{host}"\n')
        done = checker("convert", "a.tar", "out.tar", "--to", "docker-archive")
        assert done.code == 0, done.err
        written[host] = (checker.folder / "out.tar").read_bytes()
        (checker.folder / "out.tar").unlink()
        done = checker("convert", "a.tar", "out.tar", "--to", "docker-archive", "--host", host)
        assert (checker.folder / "out.tar").read_bytes() == written[host]
        (checker.folder / "out.tar").unlink()
    assert len(set(written.values())) == 2
