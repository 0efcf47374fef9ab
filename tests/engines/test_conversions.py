"""Converted archives load where they say, as the image that they were."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from checker import Session
from checker.testing.archive import docker_archive
from checker.testing.image import Image
from checker.testing.tar import file, hardlink, whiteout

from .takers import Taker, empty, loads_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.engines.host import Host

    from .archives import Workshop

pytestmark = pytest.mark.engines

SOURCES = (
    "docker-save-one-tag",
    "docker-save-by-id",
    "docker-save-zstd",
    "podman-save-docker-archive",
    "podman-save-oci-archive",
    "podman-save-oci-dir",
    "skopeo-oci-archive-zstd",
    "buildah-commit-oci-archive",
    "umoci-layout",
    "umoci-oci-archive",
)
TAKERS = {
    "docker-archive": (Taker.DOCKER_LOAD, Taker.PODMAN_LOAD, Taker.SKOPEO_DOCKER_ARCHIVE),
    "oci-archive": (Taker.PODMAN_LOAD, Taker.SKOPEO_OCI_ARCHIVE),
    "docker-oci-archive": (
        *(Taker.DOCKER_LOAD, Taker.PODMAN_LOAD),
        *(Taker.SKOPEO_DOCKER_ARCHIVE, Taker.SKOPEO_OCI_ARCHIVE),
    ),
    "oci-layout": (Taker.PODMAN_LOAD, Taker.SKOPEO_OCI),
}
COMPRESSIONS = ("none", "gzip")
LOADS = [
    (form, taker, compression)
    for form, takers in TAKERS.items()
    for taker in takers
    for compression in COMPRESSIONS
]
# What Docker writes into a container when it creates it (daemon, initlayer).
OF_CONTAINERS = frozenset(
    {
        *(".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc", "etc/hostname"),
        *("etc/hosts", "etc/mtab", "etc/resolv.conf", "proc", "sys"),
    }
)


def convert(source: Path, target: Path, form: str, *options: str) -> dict[str, Any]:
    """Convert an archive; what the command says as JSON."""
    if target.is_dir():
        shutil.rmtree(target)
    words = ("convert", str(source), str(target), "--to", form, "--json", *options)
    done = subprocess.run(
        [sys.executable, "-m", "checker", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def inspected(host: Host, engine: str, name: str) -> dict[str, Any]:
    """What an engine says of an image."""
    return dict(json.loads(host.must(engine, "image", "inspect", name))[0])


@pytest.mark.parametrize(("form", "taker", "compression"), LOADS)
def test_a_converted_archive_is_loaded_as_the_same_image(
    form: str,
    taker: Taker,
    compression: str,
    made: Callable[[str], Path],
    taker_host: Host,
    tmp_path: Path,
) -> None:
    options = ("--ref", "localhost/converted:1", "--compression", compression)
    source = made("docker-save-three-layers")
    report = convert(source, tmp_path / "out", form, *options)
    done = loads_with(taker_host, taker, tmp_path / "out")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    if taker not in (Taker.DOCKER_LOAD, Taker.PODMAN_LOAD):
        return
    engine = taker.value.partition(" ")[0]
    (image,) = report["images"]
    # podman 4.3 gives an image of a directory no name.
    name = image["id"] if form == "oci-layout" else "localhost/converted:1"
    found = inspected(taker_host, engine, name)
    assert found["Id"].removeprefix("sha256:") == image["id"].removeprefix("sha256:")
    assert found["RootFS"]["Layers"] == [layer["diff_id"] for layer in image["layers"]]
    wanted = _config(source)
    for key in ("Cmd", "Entrypoint", "Env", "WorkingDir"):
        assert (found["Config"].get(key) or None) == (wanted.get(key) or None)


def _config(source: Path) -> dict[str, Any]:
    """The settings in the config of a Docker archive."""
    with tarfile.open(source) as archive:
        manifest = json.load(_member(archive, "manifest.json"))
        config = json.load(_member(archive, manifest[0]["Config"]))
    return dict(config["config"])


def _member(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    file = archive.extractfile(name)
    assert isinstance(file, io.BufferedReader)
    return file


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive", "docker-oci-archive"])
def test_containerd_imports_it(
    form: str, made: Callable[[str], Path], taker_host: Host, tmp_path: Path
) -> None:
    name = "localhost/converted:1"
    report = convert(made("docker-save-three-layers"), tmp_path / "out", form, "--ref", name)
    ctr = ("ctr", "--namespace", f"converted-{form}")
    taker_host.must(*ctr, "image", "import", tmp_path / "out")
    assert taker_host.must(*ctr, "image", "ls", "--quiet").splitlines() == [name]
    (image,) = report["images"]
    stored = taker_host.must(*ctr, "content", "ls", "--quiet").splitlines()
    assert image["id"] in stored
    for layer in image["layers"]:
        assert layer["digest"] in stored


@pytest.mark.parametrize("form", TAKERS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_loaded(
    source: str, form: str, made: Callable[[str], Path], taker_host: Host, tmp_path: Path
) -> None:
    convert(made(source), tmp_path / "out", form)
    taker = TAKERS[form][0]
    done = loads_with(taker_host, taker, tmp_path / "out")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("form", ["docker-archive", "docker-oci-archive"])
def test_an_export_becomes_an_image_with_the_settings_that_it_lost(
    form: str, made: Callable[[str], Path], taker_host: Host, tmp_path: Path
) -> None:
    image, root = made("docker-save-one-tag"), made("docker-export")
    options = ("--ref", "again:1", "--from-image", str(image))
    report = convert(root, tmp_path / "out", form, *options)
    empty(taker_host)
    taker_host.must("docker", "load", "--input", tmp_path / "out")
    found = inspected(taker_host, "docker", "again:1")
    assert found["Id"] == report["images"][0]["id"]
    wanted = _config(image)
    assert found["Config"]["Cmd"] == wanted["Cmd"]
    assert found["Config"]["Env"] == wanted["Env"]


def test_a_merged_root_is_that_of_a_container(
    made: Callable[[str], Path], taker_host: Host, tmp_path: Path
) -> None:
    source = made("docker-save-three-layers")
    exported = _exported(taker_host, source, tmp_path / "exported.tar")
    convert(source, tmp_path / "root.tar", "rootfs")
    wanted, found = _entries(exported), _entries(tmp_path / "root.tar")
    assert {path: found.get(path) for path in wanted.keys() - OF_CONTAINERS} == {
        path: wanted[path] for path in wanted.keys() - OF_CONTAINERS
    }
    assert found.keys() - wanted.keys() == set()


def test_hard_links_keep_what_layers_above_hide(taker_host: Host, tmp_path: Path) -> None:
    """Whole roots are merged on vfs, where a layer may link to a file of a lower one."""
    image = Image(
        layers=(
            (file("app", "1"), file("data", "2"), file("late", "3"), hardlink("own", "app")),
            (hardlink("a", "app"), hardlink("d", "data"), hardlink("l", "late"), file("late", "4")),
            (file("app", "5"), whiteout("data"), hardlink("again", "a")),
        ),
    )
    source, root = tmp_path / "in.tar", tmp_path / "root.tar"
    source.write_bytes(docker_archive(image).tar())
    exported = _exported(taker_host, source, tmp_path / "exported.tar")
    convert(source, root, "rootfs")
    assert _contents(root) == _contents(exported)
    assert _contents(root)["a"] == b"1"


def _exported(host: Host, source: Path, target: Path) -> Path:
    """The root of a container of the image in an archive."""
    empty(host)
    said = host.must("docker", "load", "--quiet", "--input", source)
    container = host.must("docker", "create", said.rpartition("Loaded image: ")[2], "sh")
    host.must("docker", "export", "--output", target, container)
    return target


def _contents(path: Path) -> dict[str, bytes]:
    """The content of each file, those that Docker writes left out; of a link, what it links to."""
    with tarfile.open(path) as archive:
        files = {
            member.name: archive.extractfile(member)
            for member in archive
            if (member.isreg() or member.islnk()) and member.name not in OF_CONTAINERS
        }
        return {name: file.read() for name, file in files.items() if file is not None}


def _entries(path: Path) -> dict[str, tuple[Any, ...]]:
    """What a tar extracts: each path with type, mode, owner, time, link and content."""
    found: dict[str, tuple[Any, ...]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            content = b"" if file is None else file.read()
            owner = (member.uid, member.gid)
            # The time of a directory changes when the container gets its files.
            time = None if member.isdir() else int(member.mtime)
            details = (member.type, member.mode & 0o7777, owner, time, member.linkname, content)
            found[member.name.rstrip("/")] = details
    return found


@pytest.mark.parametrize(
    "name",
    [
        "podman-save-oci-archive",
        "skopeo-oci-archive-zstd",
        "buildah-commit-oci-archive",
        "umoci-oci-archive",
        "umoci-layout",
    ],
)
def test_the_conversion_that_is_advised(
    name: str, made: Callable[[str], Path], taker_host: Host, tmp_path: Path
) -> None:
    """The printed line, run as it is printed, gives an archive that Docker 20.10 loads."""
    path = tmp_path / made(name).name
    path.symlink_to(made(name))
    found = Session().classify(path).classification
    assert found is not None
    (advice,) = (each for each in found.advice if "`checker convert" in each)
    convert, load = re.findall("`([^`]*)`", advice)
    assert load == "docker load -i image.tar"
    empty(taker_host)
    program = f"{sys.executable} -m checker"
    taker_host.must_shell(f"cd {tmp_path} && {convert.replace('checker', program, 1)} && {load}")
    assert taker_host.must("docker", "image", "ls", "--quiet").split()


def test_the_root_of_podman_is_the_same(
    workshop: Workshop, made: Callable[[str], Path], tmp_path: Path
) -> None:
    """A conversion of an export is that export."""
    source = made("docker-export")
    convert(source, tmp_path / "out.tar", "rootfs")
    assert _entries(tmp_path / "out.tar") == _entries(source)
    assert workshop.container
