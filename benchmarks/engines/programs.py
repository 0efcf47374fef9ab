"""The programs that the tests need, and the Debian packages that hold them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

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

# A client of another release may lie in /usr/local/bin: the one beside the daemon comes first.
SYSTEM_PATH: Final = "/usr/bin:/usr/sbin:/bin:/sbin"


def search_path() -> str:
    """Return a PATH with the distribution's own programs in front."""
    return f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}"


def find_programs(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return name -> path of those programs that are installed."""
    found = ((name, shutil.which(name, path=search_path())) for name in names)
    return {name: path for name, path in found if path is not None}


def reason_to_skip() -> str | None:
    """Return why the engines cannot run here, naming what to install; None if they can."""
    if os.geteuid() != 0:
        return "container engines need root here: run the tests as root"
    missing = sorted({PACKAGES[name] for name in PACKAGES.keys() - find_programs().keys()})
    if missing:
        return f"Debian packages are missing: apt-get install {' '.join(missing)}"
    return None


def release_to_skip() -> str | None:
    """Return why the archives would not be as they are described; None if they are.

    What `docker save` writes and what Podman and Skopeo take changes with their releases.
    """
    programs = find_programs(RELEASES)
    for name, release in RELEASES.items():
        said = subprocess.run(
            [programs[name], "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        if f"version {release}" not in said:
            return f"the archives are described for {name} {release} of Debian 12, here is: {said}"
    return None
