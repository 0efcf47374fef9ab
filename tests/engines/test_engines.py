"""Archives of real engines: what they are, that they are clean, and that they come back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from .archives import CMD, PODMAN_APP, RECIPES, Workshop
from .takers import empty, loads_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.engines.host import Host

    from .takers import Taker

pytestmark = pytest.mark.engines

SOUNDNESS = re.compile(r"(ARC|DKR|OCI|CFG|LYR|RFS)")
TAKEN = [(name, taker) for name, recipe in RECIPES.items() for taker in recipe.takers]
RESTORABLE = [name for name, recipe in RECIPES.items() if recipe.restorable]


def run_checker(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the checker's command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "checker", *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def report_on(command: str, path: Path) -> dict[str, Any]:
    """Return the JSON report on one archive, of a run that went well."""
    done = run_checker(command, "--format", "json", path)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    report = json.loads(done.stdout)
    assert report["version"] == 1
    (archive,) = report["archives"]
    assert archive["path"] == str(path)
    return dict(archive)


@pytest.mark.parametrize(("name", "taker"), TAKEN)
def test_the_engine_takes_its_archive(
    name: str, taker: Taker, made: Callable[[str], Path], taker_host: Host
) -> None:
    done = loads_with(taker_host, taker, made(name))
    assert done.returncode == 0, f"{taker}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("name", RECIPES)
def test_classify_names_kind_producer_and_way_back(name: str, made: Callable[[str], Path]) -> None:
    recipe = RECIPES[name]
    archive = report_on("classify", made(name))
    assert archive["kind"] == recipe.kind
    assert re.search(recipe.producer, (archive["producer"] or "").lower()), archive["producer"]
    assert archive["loadable"] in recipe.loadable
    assert archive["importable"] == recipe.importable
    is_image = recipe.importable == "no"
    assert (archive["keeps_layers"], archive["keeps_metadata"]) == (is_image, is_image)


@pytest.mark.parametrize("name", RECIPES)
def test_check_finds_nothing_wrong(name: str, made: Callable[[str], Path]) -> None:
    recipe = RECIPES[name]
    archive = report_on("check", made(name))
    assert archive["kind"] == recipe.kind
    assert archive["compression"] in (
        {recipe.compression} if recipe.compression else {None, "none"}
    )
    complaints = [
        f"{finding['rule']} {finding['severity']}: {finding['message']}"
        for finding in archive["findings"]
        if finding["severity"] in {"error", "warning"} and SOUNDNESS.match(finding["rule"])
    ]
    assert complaints == []


@pytest.mark.parametrize("name", ["docker-save-two-images", "docker-save-three-layers"])
def test_check_counts_images_and_layers_as_the_engine_does(
    name: str, made: Callable[[str], Path], taker_host: Host
) -> None:
    archive = report_on("check", made(name))
    assert len(archive["images"]) == RECIPES[name].images
    empty(taker_host)
    taker_host.must("docker", "load", "--input", made(name))
    for image in archive["images"]:
        (reference,) = image["names"]
        inspected = json.loads(taker_host.must("docker", "image", "inspect", reference))[0]
        assert [layer["diff_id"] for layer in image["layers"]] == inspected["RootFS"]["Layers"]
        assert image["platform"] == f"{inspected['Os']}/{inspected['Architecture']}"


def commands_in_store(host: Host) -> list[list[str] | None]:
    """Return the CMD of every image that Docker and Podman have."""
    found: list[list[str] | None] = []
    for engine in ("docker", "podman"):
        ids = dict.fromkeys(host.must(engine, "image", "ls", "--quiet").split())
        for image in ids:
            inspected = json.loads(host.must(engine, "image", "inspect", image))[0]
            found.append(inspected["Config"].get("Cmd") or None)
    return found


@pytest.mark.parametrize("name", RESTORABLE)
def test_the_restore_command_works_as_it_is_typed(
    name: str, made: Callable[[str], Path], taker_host: Host
) -> None:
    recipe = RECIPES[name]
    archive = report_on("classify", made(name))
    empty(taker_host)
    taker_host.must_shell(archive["restore"])
    expected = json.loads(CMD) if archive["keeps_metadata"] else None
    assert commands_in_store(taker_host) == [expected] * max(recipe.images, 1)


def test_a_dir_layout_is_loaded_as_the_check_says(workshop: Workshop, taker_host: Host) -> None:
    folder = workshop.host.folder / "docker-dir"
    workshop.host.must(
        *("podman", "save", "--quiet", "--format", "docker-dir", "--output", folder, PODMAN_APP)
    )
    done = run_checker("check", folder)
    assert done.returncode == 0, done.stdout
    assert f"podman load -i {folder}" in " ".join(done.stdout.split())
    taker_host.must("podman", "load", "-i", folder)
