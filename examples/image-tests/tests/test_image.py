"""What this project requires of its images."""

from __future__ import annotations

from checker import CheckedArchive
from checker.pytest_plugin.config import ConfigView
from checker.pytest_plugin.rootfs import RootView
from checker.pytest_plugin.verdicts import VerdictsView


def test_runs_as_an_ordinary_user(config: ConfigView) -> None:
    assert config.user == "app"


def test_the_program_cannot_be_changed_by_others(rootfs: RootView) -> None:
    program = rootfs["bin/app"]
    assert program.is_executable
    assert not program.mode & 0o022
    assert program.uid == 0


def test_the_user_exists(rootfs: RootView) -> None:
    assert "\napp:x:1000:" in rootfs["etc/passwd"].text


def test_no_private_keys(rootfs: RootView) -> None:
    assert rootfs.glob("*.key") == []


def test_both_engines_load_it(verdicts: VerdictsView) -> None:
    assert verdicts["docker-28:load"].accepts
    assert verdicts["podman-5:load"].accepts


def test_nothing_was_found(archive: CheckedArchive) -> None:
    assert archive.failures() == ()
