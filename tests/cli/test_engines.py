"""Engines on the command line: chosen ones as a gate, all of them in classify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.testing import sample
from checker.testing.tar import compress

from .conftest import Checker


def verdicts_of(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    (archive,) = report["archives"]
    return {(one["engine"], one["action"]): one["outcome"] for one in archive["verdicts"]}


def test_classify_asks_every_engine(checker: Checker, image: Path, rootfs: Path) -> None:
    of_image = verdicts_of(checker("classify", image, "--format", "json").report)
    of_rootfs = verdicts_of(checker("classify", rootfs, "--format", "json").report)
    assert of_image.keys() == of_rootfs.keys()
    assert of_image["docker-28", "load"] == "accepts"
    assert of_rootfs["docker-28", "load"] == "rejects"
    assert of_rootfs["docker-28", "import"] == "accepts"


def test_classify_shows_a_table(checker: Checker, rootfs: Path) -> None:
    shown = checker("classify", rootfs).out
    assert "docker-28 load" in shown
    assert "rejects" in shown


def test_loadable_follows_from_the_verdicts(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    path.write_bytes(sample("legacy"))
    report = checker("classify", path, "--format", "json").report
    assert report["archives"][0]["loadable"] == "depends"
    outcomes = verdicts_of(report)
    assert outcomes["docker-28", "load"] == "accepts"
    assert outcomes["docker-29-graphdriver", "load"] == "rejects"


@pytest.mark.parametrize(
    ("engine", "code"),
    [("docker-28:load", 1), ("docker-28:import", 0), ("docker-28", 0), ("docker-20.10:import", 0)],
)
def test_a_chosen_engine_is_a_gate(checker: Checker, rootfs: Path, engine: str, code: int) -> None:
    done = checker("check", rootfs, "--engine", engine, "--format", "json")
    assert done.code == code
    assert ("ENG003" in done.rules) is (code == 1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--engine", "docker-28:import, docker-28:load"], 1),
        (["--engine", "docker-28:import,podman-5:import"], 0),
        (["--engine=docker-28:import", "--engine=docker-28:load"], 1),
        (["--engine", ""], 2),
        (["--engine", ","], 2),
    ],
)
def test_several_engines_are_named_with_commas(
    checker: Checker, rootfs: Path, words: list[str], code: int
) -> None:
    """A value without a name, as of a variable that is not set, does not switch the gate off."""
    assert checker("check", rootfs, *words, "--format", "json").code == code


def test_a_profile_means_the_action_that_fits(checker: Checker, image: Path, rootfs: Path) -> None:
    def asked(path: Path, *words: str) -> list[tuple[str, str]]:
        report = checker("check", path, "--select", "ENG003", "--format", "json", *words).report
        (archive,) = report["archives"]
        return [(one["rule"], one["message"]) for one in archive["findings"]]

    for engine in ("docker-28", "podman-5", "skopeo-1", "containerd-2"):
        assert asked(image, "--engine", engine) == []
    for engine in ("docker-28", "podman-5"):
        assert asked(rootfs, "--engine", engine) == []
        ((rule, message),) = asked(rootfs, "--engine", engine, "--as", "load")
        assert rule == "ENG003"
        assert message.startswith(f"{engine} load refuses it")


@pytest.mark.parametrize(
    ("group", "starts"),
    [
        ("docker", ["docker-20.10", "docker-28", "docker-29"]),
        ("podman", ["podman-4", "podman-5"]),
        ("kubernetes", ["containerd-2", "kind-0", "k3s-1", "rke2-1", "k0s-1", "cri-o-1"]),
        ("all", ["docker-20.10", "podman-4", "skopeo-1", "containerd-2"]),
    ],
)
def test_a_group_means_all_its_engines(
    checker: Checker, image: Path, group: str, starts: list[str]
) -> None:
    words = ("check", image, "--engine", group, "--format", "junit", "--select", "ENG003")
    names = {case.get("name") or "" for case in checker(*words).junit.iter("testcase")}
    asked = {name for name in names if not name.startswith("ENG003")}
    assert all(any(name.startswith(start) for name in asked) for start in starts)
    known: dict[str, str | tuple[str, ...]] = {
        "docker": "docker-",
        "podman": "podman-",
        "kubernetes": (
            *("containerd-", "nerdctl-", "ctr-", "kind-", "k3s-", "rke2-", "k0s-", "cri-o-"),
        ),
        "all": "",
    }
    assert all(name.startswith(known[group]) for name in asked)
    assert not any(name.endswith(" import") and "ctr" not in name for name in asked)


def test_a_group_with_an_action(checker: Checker, rootfs: Path) -> None:
    words = ("check", rootfs, "--select", "ENG003", "--format", "json", "--engine")
    assert checker(*words, "docker:import").code == 0
    assert checker(*words, "docker:load").code == 1


def test_the_finding_says_what_the_engine_would_print(checker: Checker, rootfs: Path) -> None:
    done = checker("check", rootfs, "--engine", "docker-29-graphdriver:load", "--format", "json")
    (finding,) = done.report["archives"][0]["findings"]
    assert "invalid archive: does not contain a manifest.json" in finding["message"]


def test_junit_has_a_case_for_each_chosen_engine(checker: Checker, rootfs: Path) -> None:
    words = ("--engine", "docker-28:load", "--engine", "docker-28:import", "--format", "junit")
    report = checker("check", rootfs, *words).junit
    cases = {case.get("name"): case for case in report.iter("testcase")}
    assert cases["docker-28 load"].find("failure") is not None
    assert cases["docker-28 import"].find("failure") is None


def test_check_tells_every_verdict_and_fails_by_none_of_them(
    checker: Checker, rootfs: Path
) -> None:
    checked = checker("check", rootfs, "--format", "json")
    assert verdicts_of(checked.report) == verdicts_of(
        checker("classify", rootfs, "--format", "json").report
    )
    assert checked.code == 0
    assert "ENG003" not in checked.rules


def test_check_and_classify_say_the_same(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    path.write_bytes(sample("legacy"))
    (checked,) = checker("check", path, "--format", "json").report["archives"]
    (classified,) = checker("classify", path, "--format", "json").report["archives"]
    told = ("loadable", "importable", "restore")
    assert [checked[key] for key in told] == [classified[key] for key in told]
    rules = [one.pop("rules") for one in checked["verdicts"]]
    # In classify no rule ran that could tell why.
    assert [one.pop("rules") for one in classified["verdicts"]] == [[]] * len(rules)
    assert any(rules)
    assert checked["verdicts"] == classified["verdicts"]


def test_the_text_report_lists_broken_results_and_assumptions(
    checker: Checker, tmp_path: Path
) -> None:
    path = tmp_path / "image.tar.xz"
    path.write_bytes(compress(sample("docker-archive"), "xz"))
    lines = checker("classify", path, "-v").out.splitlines()
    assert any(line.startswith("        loads but broken  docker-20.10 import") for line in lines)
    assert not any("accepts-broken" in line for line in lines)
    below = lines[lines.index("assumptions") + 1]
    assert below == "        xz is installed on the host: Docker needs it to decompress xz"
    assert lines.count(below) == 1


def test_check_shows_and_counts_chosen_engines_alone(checker: Checker, rootfs: Path) -> None:
    words = ("check", rootfs, "--engine", "docker-28:import")
    assert "docker-28 load" not in checker(*words).out
    assert "docker-28 import" in checker(*words).out
    cases = checker(*words, "--format", "junit").junit.iter("testcase")
    assert "docker-28 load" not in {case.get("name") for case in cases}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--engine", "docker-82"), "did you mean 'docker-28'?"),
        (
            ("--engine", "docker-28:push"),
            "docker-28 has no action 'push' (choose from: load, import)",
        ),
        (("--host", "linux"), "--host: invalid value 'linux' (expected OS/ARCH"),
    ],
)
def test_a_wrong_engine_names_the_right_ones(
    checker: Checker, image: Path, words: tuple[str, ...], hint: str
) -> None:
    done = checker("check", image, *words)
    assert done.code == 2
    assert hint in done.err


def test_one_chosen_engine_does_not_speak_for_all(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    path.write_bytes(sample("legacy"))
    done = checker("check", path, "--engine", "docker-28:load", "--format", "json")
    assert done.code == 0
    assert done.report["archives"][0]["loadable"] == "depends"


def test_a_verdict_names_the_rules_that_tell_why(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    path.write_bytes(sample("legacy"))
    report = checker("check", path, "--format", "json").report
    rules = {
        (one["engine"], one["action"]): one["rules"] for one in report["archives"][0]["verdicts"]
    }
    assert rules["docker-28", "load"] == []
    # Of those that may be behind it, the one that found something.
    assert rules["docker-29-graphdriver", "load"] == ["DKR015"]
    assert rules["podman-5", "load"] == ["DKR015"]
