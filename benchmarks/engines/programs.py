"""The programs that the tests need, and their Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGES: Final = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "containerd": "containerd",
    "ctr": "containerd",
    "podman": "podman",
    "skopeo": "skopeo",
    "buildah": "buildah",
    "umoci": "umoci",
    "busybox": "busybox-static",
    "tar": "tar",
    "gzip": "gzip",
    "bzip2": "bzip2",
    "xz": "xz-utils",
    "zstd": "zstd",
}

# The releases of Debian 12 that the archives are described for.
RELEASES: Final = {"dockerd": "20.10.", "podman": "4.3.", "skopeo": "1.9."}

# /usr/local/bin may have a client of another release: that of the daemon's package comes first.
SYSTEM_PATH: Final = "/usr/bin:/usr/sbin:/bin:/sbin"


# Engines of which another release can be named by its path, and what is taken from the directory of
# such an engine, if it is there.
BESIDE: Final = {
    "dockerd": ("docker", "containerd", "containerd-shim-runc-v2", "runc", "docker-init"),
    "podman": (),
    "skopeo": (),
    "buildah": (),
    "containerd": ("ctr", "containerd-shim-runc-v2"),
}


class MissingEngineError(Exception):
    """An environment variable names an engine that is not there."""


def variable_of(program: str) -> str:
    """The environment variable that names another release of a program by its path."""
    return f"DIFFERENTIAL_{program.upper().replace('-', '_')}"


def named_program(program: str, environment: Mapping[str, str]) -> Path | None:
    """The path of a program that an environment variable names; None if none does.

    Raises:
        MissingEngineError: It is not there.
    """
    variable = variable_of(program)
    if variable not in environment:
        return None
    path = Path(environment[variable]).absolute()
    if not os.access(path, os.X_OK) or path.is_dir():
        raise MissingEngineError(f"{variable} is {path}, which is not an executable file")
    return path


def named_engines(environment: Mapping[str, str]) -> dict[str, Path]:
    """The engines that environment variables name: program -> path.

    Raises:
        MissingEngineError: One is not there.
    """
    named = ((program, named_program(program, environment)) for program in BESIDE)
    return {program: path for program, path in named if path is not None}


def programs_beside(named: Mapping[str, Path]) -> dict[str, Path]:
    """Engines and the programs in their directories that belong to them: name -> path."""
    found: dict[str, Path] = {}
    for program, path in named.items():
        beside = {name: path.parent / name for name in BESIDE[program]}
        found |= {name: each for name, each in beside.items() if each.exists()}
    return found | dict(named)


def search_path() -> str:
    """Return a PATH that begins with the distribution's programs."""
    return f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}"


def find_programs(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return name -> path of those programs that are installed."""
    found = ((name, shutil.which(name, path=search_path())) for name in names)
    return {name: path for name, path in found if path is not None}


def reason_to_skip() -> str | None:
    """Return why the engines cannot run here, naming what to install; None if they can."""
    if os.geteuid() != 0:
        return "container engines need root: run the tests as root"
    missing = sorted({PACKAGES[name] for name in PACKAGES.keys() - find_programs().keys()})
    if missing:
        return f"Debian packages are missing: apt-get install {' '.join(missing)}"
    return None


def release_of(path: str | Path) -> str:
    """Return what a program prints about its version."""
    asked = [path, "--version"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def release_to_skip() -> str | None:
    """Return why the archives would differ from their descriptions; None if they do not.

    The output of `docker save` and what Podman and Skopeo accept depend on their releases.
    """
    programs = find_programs(RELEASES)
    for name, release in RELEASES.items():
        said = release_of(programs[name])
        if f"version {release}" not in said:
            return (
                f"the archives are described for {name} {release} of Debian 12, but found: {said}"
            )
    return None
