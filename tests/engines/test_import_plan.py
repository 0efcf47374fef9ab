"""The commands of import-plan, run: the image is what the plan promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from checker.testing import Image, build, elf
from tests.importing.records import settings_of

from .rootfs import build_rootfs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.engines.host import Host


pytestmark = pytest.mark.engines

PROFILES = {"docker": "docker-20.10", "podman": "podman-4"}
GIVEN: tuple[str, ...] = (
    *("--change", 'CMD ["/bin/sh","-c","echo \\"it\'s\\" $A"]', "--change", "ENV A='a b' B=$A"),
    *("--change", 'LABEL \u00e9="x y"', "--change", "EXPOSE 80/tcp"),
    *("--change", "VOLUME /data", "--change", "USER 1000:1000", "--change", "WORKDIR /tmp/a b"),
    *("--message", "it's imported"),
)
PODMAN_GIVEN: tuple[str, ...] = (
    *("--change", 'CMD ["/bin/sh","-c","echo \\"it\'s\\" $A"]', "--change", "ENV A=a\nb c"),
    *("--change", 'LABEL "\u00e9"="x y"', "--change", "STOPSIGNAL SIGQUIT"),
    *("--change", "USER 1000:1000", "--change", "WORKDIR /tmp/a b", "--message", "it's imported"),
)


def plan(*words: str | Path, cwd: Path, stdin: bytes | None = None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "checker", "import-plan", "--json", *map(str, words)],
        cwd=cwd,
        input=stdin,
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return dict(json.loads(done.stdout))


def carried_out(host: Host, plan: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The image that the command makes, as the engine inspects it."""
    engine = str(plan["engine"])
    made = host.must_shell(prefix + str(plan["command"])).split()[-1]
    (image,) = json.loads(host.must(engine, "image", "inspect", made))
    return dict(image)


def promised(plan: dict[str, Any]) -> dict[str, Any]:
    (result,) = [each for each in plan["results"] if each["engine"] == PROFILES[plan["engine"]]]
    assert result["accepted"]
    return dict(result)


def check(image: dict[str, Any], plan: dict[str, Any]) -> None:
    result = promised(plan)
    assert settings_of(image) == result["config"]
    assert result["name"] in image["RepoTags"]
    parts = [image["Os"], image["Architecture"], image.get("Variant")]
    wanted = result["platform"].split("/")
    # Podman does not show the variant.
    assert [each for each in parts if each] == wanted[: 2 if plan["engine"] == "podman" else 3]


@pytest.fixture(scope="session")
def busybox_root(taker_host: Host, engines_folder: Path) -> Path:
    """A directory with a root filesystem, with a name that a shell would split."""
    folder = engines_folder / "its root's"
    build_rootfs(folder, (taker_host.folder / "bin" / "busybox").resolve())
    return folder


@pytest.mark.parametrize("engine", ["docker", "podman"])
@pytest.mark.parametrize(
    "form", ["directory", "tar", "gzip", "standard input", "colon", "hyphen", "quote"]
)
def test_every_form_of_source(engine: str, form: str, busybox_root: Path, taker_host: Host) -> None:
    """The suggested plan starts; the archive comes from wherever the plan says."""
    folder = taker_host.folder
    names = {"colon": "a:b.tar", "hyphen": "-a.tar", "quote": "it's \x01.tar"}
    name = names.get(form, "root.tar")
    packed = folder / name
    subprocess.run(["tar", "-C", busybox_root, "-cf", f"./{name}", "."], cwd=folder, check=True)
    options = ("--engine", engine, "--ref", "localhost/planned:1")
    prefix, stdin = "", None
    source: tuple[str, ...] = ("--", name)
    if form == "directory":
        source = (str(busybox_root),)
    elif form == "gzip":
        subprocess.run(["gzip", "-kf", packed], check=True)
        source = ("root.tar.gz",)
    elif form == "standard input":
        source, stdin, prefix = ("-",), packed.read_bytes(), "cat root.tar | "
    found = plan(*options, *source, cwd=folder, stdin=stdin)
    assert found["starts"]["answer"] == "yes"
    image = carried_out(taker_host, found, prefix)
    check(image, found)
    assert image["Config"]["Cmd"] == ["/bin/sh"]


@pytest.mark.parametrize(("engine", "given"), [("docker", GIVEN), ("podman", PODMAN_GIVEN)])
def test_given_options(
    engine: str, given: Sequence[str], busybox_root: Path, taker_host: Host
) -> None:
    found = plan("--engine", engine, *given, busybox_root, cwd=taker_host.folder)
    image = carried_out(taker_host, found)
    check(image, found)
    assert "it's imported" in json.dumps(image, ensure_ascii=False)


@pytest.mark.parametrize("engine", ["docker", "podman"])
@pytest.mark.parametrize("platform", ["linux/arm64", "linux/arm/v7", "linux/386"])
def test_platforms(engine: str, platform: str, taker_host: Host, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("bin", "etc"):
        (root / name).mkdir(parents=True)
    (root / "bin/sh").write_bytes(elf(platform.split("/")[1]))
    (root / "bin/sh").chmod(0o755)
    found = plan("--engine", engine, "--platform", platform, root, cwd=tmp_path)
    check(carried_out(taker_host, found), found)


@pytest.mark.parametrize("platform", ["x", "windows/amd64", "linux/*", "a/b/c/d", "l inux/a"])
def test_platforms_that_are_refused(
    platform: str, tiny_root: Path, taker_host: Host, busybox_root: Path
) -> None:
    """Docker checks them; podman does not."""
    done = taker_host.run("docker", "import", "--platform", platform, tiny_root, "x:1")
    words = ("import-plan", "--json", "--engine", PROFILES["docker"], "--platform", platform)
    said = subprocess.run(
        [sys.executable, "-m", "checker", *words, str(busybox_root)],
        capture_output=True,
        check=False,
    )
    assert said.returncode == 1
    (result,) = json.loads(said.stdout)["results"]
    assert done.returncode
    assert result["refusals"] == [done.stderr.strip()]


CONFIG: dict[str, Any] = {
    "Entrypoint": ["/bin/sh", "-c"],
    "Cmd": ["echo \"$0\" 'a b' \\ $A", "\u00e9\u202e"],
    "Env": ["PATH=/usr/bin:/bin", 'A=a "b" $c \\ \'d', "EMPTY=", "B=${A}"],
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "Healthcheck": {"Test": ["CMD-SHELL", "true || exit 1"], "Interval": 1_500_000_000},
    "Labels": {"a b": 'c="d"', "e": "", "$f": "\\"},
    "OnBuild": ["RUN a \\b"],
    "User": "nobody:nogroup",
    "Volumes": {"/data": {}, "/a b$": {}},
    "WorkingDir": "/usr/bin",
}


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_settings_of_an_image_survive_save_export_and_import(
    engine: str, busybox_root: Path, taker_host: Host
) -> None:
    host = taker_host
    folder = host.folder / f"round-trip-{engine}"
    folder.mkdir()
    saved, exported = folder / "saved.tar", folder / "exported.tar"
    packed = subprocess.run(
        ["tar", "-C", busybox_root, "-c", "."], stdout=subprocess.PIPE, check=True
    ).stdout
    config = {"config": CONFIG}
    made = build("docker-archive", Image(layers=(packed,), config=config, tags=("made:1",)))
    (folder / "made.tar").write_bytes(made.tar())
    host.must(engine, "load", "--input", folder / "made.tar")
    (before,) = json.loads(host.must(engine, "image", "inspect", "made:1"))
    host.must(engine, "save", "--output", saved, "made:1")
    container = host.must(engine, "create", "made:1")
    host.must(engine, "export", "--output", exported, container)
    host.must(engine, "rm", "--volumes", container)
    words = ("--engine", engine, "--from-image", saved, "--ref", "localhost/again:1")
    found = plan(*words, exported, cwd=folder)
    image = carried_out(host, found)
    check(image, found)
    # Podman does not show these two.
    lost = {each["setting"] for each in found["lost"]} & CONFIG.keys()
    assert lost == ({"Healthcheck", "OnBuild"} if engine == "podman" else set())
    kept = {key: value for key, value in settings_of(before).items() if key not in lost}
    assert kept.keys() == CONFIG.keys() - lost
    assert settings_of(image) == kept


def test_the_save_of_an_engine_and_the_export_of_its_container(
    made: Callable[[str], Path], taker_host: Host
) -> None:
    saved, exported = made("docker-save-one-tag"), made("docker-export")
    found = plan("--from-image", saved, "--ref", "again:1", exported, cwd=taker_host.folder)
    image = carried_out(taker_host, found)
    check(image, found)
    assert os.path.basename(str(saved)) not in str(found["command"])
