"""A plugin that was written for 0.1 runs: every hook, record and method that it uses."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from checker.hookspecs import CheckerSpec
from checker.testing import sample
from tests.cli.conftest import Checker
from tests.cli.distributions import write_distribution

SOURCE = Path(__file__).with_name("plugin_0_1.py").read_text("utf-8")


@pytest.fixture
def old(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "installed"
    write_distribution(folder, "old", "old", "plugin_0_1", SOURCE)
    tmp_path.joinpath("image.tar").write_bytes(sample())
    return [folder]


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


def marked(name: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return data.getvalue()


LATER = {"checker_settings"}
"""Hooks that were added after the plugin was written."""


def test_it_uses_every_hook() -> None:
    hooks = {name for name in vars(CheckerSpec) if name.startswith("checker_")} - LATER
    assert {hook for hook in hooks if f"def {hook}(" in SOURCE} == hooks


def test_its_rule_engine_and_report(checker: Checker, old: list[Path]) -> None:
    done = checker.process(
        *("check", "image.tar", "--select", "OLD", "--engine", "old-1:load", "--format", "json"),
        paths=old,
    )
    assert done.code == 0, done.err
    (archive,) = done.report["archives"]
    assert done.report["problems"] == []
    messages = {finding["message"] for finding in archive["findings"]}
    assert {"sample:1 has a long name", "has a passwd", "passwd was read"} <= messages
    verdicts = {verdict["engine"]: verdict for verdict in archive["verdicts"]}
    assert verdicts["old-1"]["reason"] == "it takes docker-archive"
    counted = checker.process(
        *("check", "image.tar", "--select", "OLD", "--format", "old-count"),
        *("--format-option", "old-count.width=3"),
        paths=old,
    )
    assert counted.out.startswith("=== 1 archives, ")


def test_its_reader_profile_and_option(checker: Checker, old: list[Path]) -> None:
    listed = checker.process("engines", paths=old)
    assert "\nold-1\n" in listed.out
    shown = checker.process("classify", "image.tar", paths=old)
    assert "old-reader-1" in shown.out
    checker.folder.joinpath("checker.toml").write_text("[rules.OLD001]\nlongest-name = 99\n")
    done = checker.process("check", "image.tar", "--select", "OLD", "-v", paths=old)
    assert "long name" not in done.out


def test_its_kind_command_and_classification(checker: Checker, old: list[Path]) -> None:
    checker.folder.joinpath("kind.tar").write_bytes(marked("old.marker"))
    checker.folder.joinpath("classified.tar").write_bytes(marked("classified.marker"))
    assert "an old thing" in checker.process("classify", "kind.tar", paths=old).out
    assert (
        "old restore classified.tar" in checker.process("classify", "classified.tar", paths=old).out
    )
    done = checker.process("old-command", "image.tar", paths=old)
    assert (done.code, done.out) == (0, "1 images, loadable: yes\n")
