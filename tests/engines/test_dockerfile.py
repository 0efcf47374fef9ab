"""The image of the checker: built by Buildah from the Dockerfile, on a base made of this system."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.engines.host import Host
from checker import Session, __version__
from checker.testing import sample

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(
        not Path(__file__).parents[2].joinpath("checker").is_dir(),
        reason="needs the source packages",
    ),
]

ROOT = Path(__file__).parents[2]
PYTHON = Path("/usr/bin/python3")
BASE, IMAGE = "localhost/python:base", "localhost/archive-checker:test"
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_GLIBC = ("libdl", "libm", "libpthread", "librt", "libutil")
_WHEELS = Path("/usr/share/python-wheels")


def _libraries(files: list[Path]) -> set[Path]:
    """The shared libraries that programs and extension modules need."""
    done = subprocess.run(["ldd", *files], capture_output=True, text=True, check=True)
    return {Path(found) for found in _LIBRARY.findall(done.stdout)}


def _copy(path: Path, root: Path) -> None:
    """Copy a file to the same place below a root, with what its links lead to."""
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


def _write_base(root: Path) -> None:
    """A root filesystem with the Python of this system and BusyBox, as small as it can be."""
    python = PYTHON.resolve()
    modules = Path("/usr/lib") / python.name
    shutil.copytree(
        modules,
        root / modules.relative_to("/"),
        ignore=shutil.ignore_patterns("__pycache__", "test", "config-*"),
    )
    shutil.copytree(_WHEELS, root / _WHEELS.relative_to("/"))
    _copy(python, root)
    root.joinpath("usr/bin/python3").symlink_to(python.name)
    libraries = _libraries([python, *modules.glob("lib-dynload/*.so")])
    (libc,) = (each for each in libraries if each.name == "libc.so.6")
    # Wheels may need all parts of glibc, as they are in every base with Python.
    parts = [path for name in _GLIBC for path in libc.parent.glob(f"{name}.so.*")]
    for library in libraries.union(parts):
        _copy(library, root)
    root.joinpath("bin").mkdir(exist_ok=True)
    shutil.copy2(shutil.which("busybox") or "busybox", root / "bin" / "busybox")
    root.joinpath("bin", "sh").symlink_to("busybox")
    root.joinpath("etc").mkdir(exist_ok=True)
    root.joinpath("etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    root.joinpath("tmp").mkdir(mode=0o1777)


def _download(wheels: Path) -> None:
    """What the installation needs, for the Python of the base."""
    version = PYTHON.resolve().name.removeprefix("python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, ROOT],
        check=True,
    )
    (wheel,) = wheels.iterdir()
    options = ["--python-version", version, "--only-binary", ":all:", "--dest", str(wheels)]
    subprocess.run([*pip, "download", *options, str(wheel), "hatchling"], check=True)


@pytest.fixture(scope="module")
def image(taker_host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host that has the image."""
    folder = tmp_path_factory.mktemp("dockerfile")
    wheels, root = folder / "wheels", folder / "root"
    wheels.mkdir()
    root.mkdir()
    _download(wheels)
    _write_base(root)
    host = taker_host
    base = host.must("buildah", "from", "scratch")
    host.must("buildah", "copy", "--quiet", base, root, "/")
    host.must("buildah", "commit", "--quiet", base, BASE)
    host.must(
        *("buildah", "build", "--quiet", "--isolation", "chroot", "--pull-never"),
        *("--volume", f"{wheels}:/wheels:ro", "--build-arg", f"BASE={BASE}", "--tag", IMAGE, ROOT),
    )
    yield host
    host.must("buildah", "rm", "--all")
    host.must("buildah", "rmi", IMAGE, BASE)


def _config(host: Host) -> dict[str, object]:
    found = json.loads(host.must("buildah", "inspect", "--type", "image", IMAGE))
    return dict(found["OCIv1"]["config"])


def test_the_entry_point_is_the_checker_and_the_user_is_not_root(image: Host) -> None:
    config = _config(image)
    assert config["Entrypoint"] == ["checker"]
    assert config["Cmd"] == ["--help"]
    assert config["User"] == "65532:65532"
    assert config["WorkingDir"] == "/work"


def test_the_checker_in_the_image_checks_archives(image: Host, tmp_path: Path) -> None:
    archives = tmp_path / "archives"
    archives.mkdir()
    archives.joinpath("app.tar").write_bytes(sample())
    os.chmod(archives, 0o755)
    working = image.must("buildah", "from", "--pull-never", IMAGE)
    run = ("buildah", "run", "--isolation", "chroot", "--volume", f"{archives}:/work:ro", working)
    assert image.must(*run, "checker", "--version") == f"archive-checker {__version__}"
    checked = image.must(*run, "checker", "check", "app.tar", "--as", "load")
    assert checked.splitlines()[-1] == "ok      load it with `docker load -i app.tar`"
    assert "checker_engines" in image.must(*run, "checker", "plugins")
    refused = image.run(*run, "checker", "check", "app.tar", "--as", "import")
    assert refused.returncode == 1, refused.stderr
    assert "No module" in image.run(*run, "/opt/archive-checker/bin/python", "-m", "pip").stderr


def test_the_image_is_small_and_sound(image: Host, tmp_path: Path) -> None:
    sizes = {}
    for name in (IMAGE, BASE):
        path = tmp_path / f"{name.rpartition(':')[2]}.tar"
        image.must("buildah", "push", "--quiet", name, f"docker-archive:{path}:{name}")
        sizes[name] = path.stat().st_size
    checked = Session().check(tmp_path / "test.tar")
    assert [finding for finding in checked.findings if finding.severity == "error"] == []
    assert sizes[IMAGE] - sizes[BASE] < 60_000_000
