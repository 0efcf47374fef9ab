"""Comparisons of archives that real engines wrote of the same image."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from checker.comparison.files import MADE_BY_ENGINES

from .archives import APP, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.engines


def compared(a: Path, b: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "checker", "compare", str(a), str(b), *options, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"]
    return dict(report)


def changed_paths(report: dict[str, Any]) -> set[str]:
    """The paths of files that differ in more than their time."""
    (image,) = report["images"]
    return {
        one["where"]
        for one in image["files"]["listed"]
        if one["change"] != "changed" or any(each["name"] != "mtime" for each in one["fields"])
    }


@pytest.mark.parametrize(
    ("saved", "exported"),
    [
        ("docker-save-one-tag", "docker-export"),
        ("podman-save-docker-archive", "podman-export"),
    ],
)
def test_an_export_differs_in_what_engines_add(
    saved: str, exported: str, made: Callable[[str], Path]
) -> None:
    report = compared(made(saved), made(exported))
    assert changed_paths(report) <= MADE_BY_ENGINES
    assert "content" in report["differs_in"]


def test_the_settings_that_an_export_loses_are_those_of_the_image(
    made: Callable[[str], Path], workshop: Workshop
) -> None:
    report = compared(made("docker-save-one-tag"), made("docker-export"))
    lost = {one["instruction"]: json.loads(one["value"]) for one in report["lost_settings"]}
    config = json.loads(
        workshop.host.must("docker", "image", "inspect", "--format", "{{json .Config}}", APP)
    )
    assert lost["CMD"] == config["Cmd"]
    assert lost["ENV"] == config["Env"]


@pytest.mark.parametrize(
    ("a", "b", "differs_in"),
    [
        ("docker-save-three-layers", "skopeo-docker-archive", []),
        ("docker-save-one-tag", "docker-save-two-tags", []),
        ("docker-save-one-tag", "docker-save-zstd", []),
        ("podman-save-oci-archive", "podman-save-oci-archive-uncompressed", ["compression"]),
        ("skopeo-oci-archive-gzip", "skopeo-oci-archive-zstd", ["compression"]),
        ("skopeo-oci-archive-gzip", "skopeo-oci-layout", []),
    ],
)
def test_an_image_in_several_forms(
    a: str, b: str, differs_in: list[str], made: Callable[[str], Path]
) -> None:
    report = compared(made(a), made(b))
    assert report["images"][0]["same_image"] is True
    assert report["differs_in"] == differs_in
