"""How many processors a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker import cores


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cores, "_GROUP", str(tmp_path / "cgroup"))
    monkeypatch.setattr(cores, "_GROUPS", str(tmp_path))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(16)), raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000\n", 16),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("1000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("0 0\n", 16),
        ("", 16),
        ("\xff nonsense", 16),
    ],
)
@pytest.mark.parametrize("group", ["/", "/system.slice/runner.service"])
def test_the_quota_of_the_control_group(groups: Path, text: str, expected: int, group: str) -> None:
    (groups / "cgroup").write_text(f"1:cpu:/other\n0::{group}\n")
    place = groups / group.strip("/")
    place.mkdir(parents=True, exist_ok=True)
    (place / "cpu.max").write_text(text, "latin-1")
    assert cores.available_cores() == expected


def test_in_a_container_the_group_is_at_the_top(groups: Path) -> None:
    (groups / "cgroup").write_text("0::/docker/abc\n")
    (groups / "cpu.max").write_text("300000 100000\n")
    assert cores.available_cores() == 3


def test_without_control_groups(groups: Path) -> None:
    assert groups.is_dir()
    assert cores.available_cores() == 16
