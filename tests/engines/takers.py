"""The commands with which engines take an archive."""

from __future__ import annotations

import shutil
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from benchmarks.engines.host import Host


class Taker(StrEnum):
    """An engine and what is asked of it."""

    DOCKER_LOAD = "docker load"
    DOCKER_IMPORT = "docker import"
    PODMAN_LOAD = "podman load"
    PODMAN_IMPORT = "podman import"
    SKOPEO_DOCKER_ARCHIVE = "skopeo docker-archive"
    SKOPEO_OCI_ARCHIVE = "skopeo oci-archive"
    SKOPEO_OCI = "skopeo oci"


def command(taker: Taker, archive: Path, target: Path) -> tuple[str, ...]:
    """Return the command line; `target` is a folder for what Skopeo copies."""
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet")
    commands = {
        Taker.DOCKER_LOAD: ("docker", "load", "--input", str(archive)),
        Taker.DOCKER_IMPORT: ("docker", "import", str(archive), "taken:1"),
        Taker.PODMAN_LOAD: ("podman", "load", "--input", str(archive)),
        Taker.PODMAN_IMPORT: ("podman", "import", str(archive), "localhost/taken:1"),
        Taker.SKOPEO_DOCKER_ARCHIVE: (*copy, f"docker-archive:{archive}", f"dir:{target}"),
        Taker.SKOPEO_OCI_ARCHIVE: (*copy, f"oci-archive:{archive}", f"dir:{target}"),
        Taker.SKOPEO_OCI: (*copy, f"oci:{archive}", f"dir:{target}"),
    }
    return commands[taker]


def loads_with(host: Host, taker: Taker, archive: Path) -> subprocess.CompletedProcess[str]:
    """Have an engine with empty stores take the archive, and return how it went."""
    empty(host)
    target = host.folder / "copied"
    shutil.rmtree(target, ignore_errors=True)
    return host.run(*command(taker, archive, target))


def empty(host: Host) -> None:
    """Empty the stores of all engines of the host."""
    host.empty_docker()
    host.empty_podman()
