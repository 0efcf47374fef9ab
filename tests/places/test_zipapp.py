"""The zipapp, in an environment without anything: ``make zipapp-test`` builds and tests it."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from checker import __version__
from checker.testing import sample

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ZIPAPP = os.environ.get("CHECKER_ZIPAPP")

pytestmark = pytest.mark.skipif(ZIPAPP is None, reason="make zipapp-test builds it")


def interpreters() -> list[str]:
    """The interpreters of this machine that the zipapp is for, by what they say of themselves."""
    found: dict[str, str] = {}
    names = ("python3", *(f"python{version}" for version in VERSIONS))
    for name in names:
        path = shutil.which(name)
        if path is None:
            continue
        script = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        done = subprocess.run([path, "-c", script], capture_output=True, text=True, check=False)
        version, _, executable = done.stdout.strip().partition(" ")
        if version in VERSIONS:
            found.setdefault(version, executable)
    return list(found.values())


def run(python: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the zipapp without the packages of an installation, and with no variables but two."""
    assert ZIPAPP is not None
    return subprocess.run(
        [python, "-I", "-S", ZIPAPP, *words],
        cwd=folder,
        env={"HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("python", interpreters() if ZIPAPP else [])
def test_it_runs_with_each_python(python: str, tmp_path: Path) -> None:
    tmp_path.joinpath("app.tar").write_bytes(sample())
    assert run(python, tmp_path, "--version").stdout == f"archive-checker {__version__}\n"
    checked = run(python, tmp_path, "check", "app.tar", "--as", "load")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("ok      load it with `docker load -i app.tar`\n")
    assert run(python, tmp_path, "check", "app.tar", "--as", "import").returncode == 1
    plugins = run(python, tmp_path, "plugins")
    assert (plugins.returncode, plugins.stdout.count("checker_")) == (0, 10)


@pytest.mark.parametrize("python", (interpreters() if ZIPAPP else [])[:1])
def test_compressed_layers_settings_and_schemas_work(python: str, tmp_path: Path) -> None:
    tmp_path.joinpath("app.tar").write_bytes(sample("docker-oci-archive"))
    tmp_path.joinpath("checker.toml").write_text('fail-on = "note"\nignore = ["HYG", "RFS"]\n')
    assert (
        run(
            python,
            tmp_path,
            "convert",
            "app.tar",
            "z.tar",
            "--to",
            "oci-archive",
            "--compression",
            "zstd",
        ).returncode
        == 0
    )
    checked = run(python, tmp_path, "check", "app.tar", "z.tar")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert run(python, tmp_path, "completion", "bash").returncode == 0


def test_it_has_extension_modules_for_each_version() -> None:
    assert ZIPAPP is not None
    with zipfile.ZipFile(ZIPAPP) as archive:
        names = archive.namelist()
    modules = [name for name in names if name.endswith(".so") and "isal" in name]
    tags = {f"cpython-{version.replace('.', '')}-" for version in VERSIONS}
    assert all(any(tag in name for name in modules) for tag in tags)
    assert any("backports/zstd" in name for name in names)
