"""What is shown of archives of real engines is what the engines say of the images."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from .archives import RECIPES
from .takers import Taker, loads_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines

LOADED = [name for name, recipe in RECIPES.items() if Taker.DOCKER_LOAD in recipe.takers]


def shown(path: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "checker", "show", str(path), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", RECIPES)
def test_the_summary_fits_a_terminal(name: str, made: Callable[[str], Path]) -> None:
    lines = shown(made(name)).splitlines()
    # The first line is the path, which is not broken.
    assert max(map(len, lines[1:])) <= 80
    assert len(lines) < 24


@pytest.mark.parametrize("name", LOADED)
def test_an_image_is_shown_as_docker_inspects_it(
    name: str, made: Callable[[str], Path], taker_host: Host
) -> None:
    path = made(name)
    images = json.loads(shown(path, "--json"))["images"]
    assert loads_with(taker_host, Taker.DOCKER_LOAD, path).returncode == 0
    for image in images:
        assert_same(image, taker_host)


def assert_same(image: dict[str, Any], host: Host) -> None:
    wanted = image["names"][0] if image["names"] else image["config_digest"]
    (loaded,) = json.loads(host.must("docker", "image", "inspect", wanted))
    config, settings = loaded["Config"], image["settings"]
    assert image["config_digest"] == loaded["Id"]
    assert [layer["diff_id"] for layer in image["layers"]] == loaded["RootFS"]["Layers"]
    assert image["platform"].split("/")[:2] == [loaded["Os"], loaded["Architecture"]]
    assert settings["cmd"] == config["Cmd"]
    assert settings["entrypoint"] == config["Entrypoint"]
    assert settings["env"] == config["Env"]
    assert settings["user"] == (config["User"] or None)
    assert settings["working_dir"] == (config["WorkingDir"] or None)
    assert settings["labels"] == (config["Labels"] or {})
    assert settings["exposed_ports"] == list(config.get("ExposedPorts") or {})
    assert settings["volumes"] == list(config["Volumes"] or {})
