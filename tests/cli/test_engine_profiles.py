"""The list of profiles, releases that stand for profiles, and tools that are asked on request."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from checker import Engine, EngineProfile, Evidence, ReleaseRange, Session, Verdict, VerdictOutcome
from checker.engines import choose_engines, is_release_of
from checker.errors import SettingsError
from checker.plugins import LoadedReaders, load_plugins
from checker.verdicts import Question, Readers

from .conftest import Checker

PLUGINS = load_plugins()


def rows(checker: Checker) -> dict[str, dict[str, Any]]:
    done = checker("engines", "--format", "json")
    assert done.code == 0
    return {row["name"]: row for row in json.loads(done.out)}


def test_every_profile_is_listed_with_releases_and_evidence(checker: Checker) -> None:
    listed = rows(checker)
    text = checker("engines").out
    engines = {engine.name for engine in PLUGINS.engines}
    readers = {engine.name for engine in PLUGINS.readers().engines}
    assert set(listed) == engines | readers
    for name, row in listed.items():
        assert row["reader"] is (name in readers)
        assert row["releases"], name
        assert row["evidence"] in set(Evidence), name
        assert (row["evidence"] == "measured") is bool(row["measured_with"]), name
        assert f"{name}\n  actions:  {', '.join(one['name'] for one in row['actions'])}\n" in text


def test_profiles_and_engines_have_the_same_names() -> None:
    given = PLUGINS.readers()
    assert PLUGINS.load_readers().problems == ()
    names = [profile.name for profile in given.profiles]
    engines = dict.fromkeys(one.name for one in (*PLUGINS.engines, *given.engines))
    assert sorted(names) == sorted(engines)


@pytest.mark.parametrize(
    ("name", "profiles"),
    [
        ("docker-20.10.27", ["docker-20.10"]),
        ("docker-23", ["docker-28"]),
        ("docker-26", ["docker-28"]),
        ("docker-27.5.1", ["docker-28"]),
        ("docker-28.0", ["docker-28"]),
        ("docker-29", ["docker-29-graphdriver", "docker-29-containerd"]),
        ("docker-29.3.0", ["docker-29-graphdriver", "docker-29-containerd"]),
        ("podman-4.9", ["podman-4"]),
        ("podman-5.2", ["podman-5"]),
        ("skopeo-1.14", ["skopeo-1"]),
        ("containerd-2.1.4", ["containerd-2"]),
    ],
)
def test_a_release_means_the_profile_that_it_falls_under(name: str, profiles: list[str]) -> None:
    for action in ("", ":load" if name.startswith(("docker", "podman")) else ""):
        chosen = choose_engines(PLUGINS.engines, [name + action], PLUGINS.readers)
        assert [one.engines[0].name for one in chosen] == profiles
        assert all(one.is_exact is bool(action) for one in chosen)


@pytest.mark.parametrize(
    "name", ["docker-19.03", "docker-30", "docker-x", "docker-", "docker-1e3", "podman-6"]
)
def test_a_release_of_no_profile_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"unknown engine '{name}'.*; groups: docker"):
        choose_engines(PLUGINS.engines, [name], PLUGINS.readers)


@pytest.mark.parametrize(
    ("releases", "inside", "outside"),
    [
        (ReleaseRange("2.0", "2.4"), ["2", "2.0", "2.4.9"], ["2.5", "1.9", "3", "2.x", ""]),
        (ReleaseRange("2.3"), ["2", "2.3.1", "2.99"], ["2.2", "1", "3", "20"]),
        (ReleaseRange("1.5", "2.1"), ["1.9", "2.1.7", "1", "2"], ["2.2", "1.4", "3"]),
    ],
)
def test_what_is_in_a_range_of_releases(
    releases: ReleaseRange, inside: list[str], outside: list[str]
) -> None:
    profile = EngineProfile("tool-2", "tool", (releases,), "", Evidence.READ)
    assert [each for each in inside if not is_release_of(f"tool-{each}", profile)] == []
    assert [each for each in outside if is_release_of(f"tool-{each}", profile)] == []
    assert not is_release_of("other-2.3", profile)


def test_a_release_is_a_gate(checker: Checker, rootfs: Path) -> None:
    done = checker("check", rootfs, "--engine", "docker-26:load", "--format", "json")
    assert done.code == 1
    assert "ENG003" in done.rules


def _refuse(question: Question) -> Verdict:
    del question
    return Verdict("odd-1", "scan", VerdictOutcome.REJECTS, "it reads nothing", "odd: no")


def _crash(question: Question) -> Verdict:
    raise ValueError(str(question.host))


ODD = Engine("odd-1", "scan", _refuse)
PROFILE = EngineProfile(
    "odd-1", "odd", (ReleaseRange("1.0"),), "", Evidence.READ, "", ("oddities",)
)


def session_with(reader: Engine, **settings: Any) -> Session:
    loaded = LoadedReaders(Readers((reader,), (PROFILE,)))
    plugins = PLUGINS._replace(load_readers=lambda: loaded)
    return Session(settings, plugins=plugins)


@pytest.mark.parametrize("name", ["odd-1", "odd-1:scan", "oddities", "odd-1.7", "oddities:scan"])
def test_a_reader_that_is_selected_is_a_gate(image: Path, name: str) -> None:
    checked = session_with(ODD, engine=[name], select=["ENG003"]).check(image)
    assert [one.engine for one in checked.reader_verdicts] == ["odd-1"]
    assert checked.required_verdicts == checked.reader_verdicts
    assert [finding.rule for finding in checked.findings] == ["ENG003"]
    assert "odd-1" not in {one.engine for one in checked.verdicts}


def test_readers_are_asked_by_classify_and_change_nothing_else(image: Path) -> None:
    alone = session_with(ODD).check(image)
    asked = session_with(ODD).classify(image)
    assert alone.reader_verdicts == ()
    assert [one.engine for one in asked.reader_verdicts] == ["odd-1"]
    assert asked.verdict("odd-1", "scan") == asked.reader_verdicts[0]
    assert asked.classification == alone.classification
    assert asked.verdicts == alone.verdicts


def test_a_reader_that_crashes_is_its_own_crash(image: Path) -> None:
    checked = session_with(ODD._replace(judge=_crash)).classify(image)
    assert checked.crashes == ("engine odd-1 scan: ValueError: linux/amd64",)
    assert checked.verdicts
    assert checked.reader_verdicts == ()


def test_the_report_has_the_readers_apart(checker: Checker, image: Path) -> None:
    (classified,) = checker("classify", image, "--format", "json").report["archives"]
    (checked,) = checker("check", image, "--format", "json").report["archives"]
    assert checked["readers"] == []
    names = {engine.name for engine in PLUGINS.readers().engines if not engine.only_directories}
    assert {one["engine"] for one in classified["readers"]} == names


def test_a_plain_check_does_not_import_the_readers(image: Path) -> None:
    script = (
        "import sys\n"
        "from checker import check\n"
        "check(sys.argv[1])\n"
        "print([name for name in sys.modules if name in ("
        "'checker_engines.readers', 'checker_engines.profiles', 'checker.catalogue')])\n"
    )
    done = run(
        [sys.executable, "-c", script, str(image)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
