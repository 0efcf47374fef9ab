"""Engines without the privileges of root, measured with ``make differential ARGS=--rootless``.

Podman runs in a user namespace as its own command would make it, with the IDs of the user that
``newuidmap`` gives: one more than 65,536, since the user's own ID is root there. Skopeo does not
make one; it runs as a user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.differential.engines import Installed, Real, judge_of, real_of, run_merged
from benchmarks.engines.host import Host
from benchmarks.engines.programs import find_programs, release_of

USER = 100_000
"""The first ID of the range that Debian gives to root for namespaces (subuid(5))."""
IDS = 65_537
_NAMESPACE = (
    # newuidmap writes to /proc, which is read-only where the host is walled.
    *("unshare", "--mount", "bash", "-c", 'mount -t proc proc /proc && exec "$@"', "-"),
    *("unshare", "--user", "--mount", f"--map-users={USER},0,{IDS}"),
    *(f"--map-groups={USER},0,{IDS}", "--setuid", "0", "--setgid", "0"),
)
_PLACE = Path("/var/tmp/rootless")  # noqa: S108 - below the host's own /var
"""The user's directory, as commands see it: the user cannot enter the one of the host."""
_ENVIRONMENT = (
    # What podman sets for the process that it starts in its namespace.
    "env",
    f"HOME={_PLACE / 'home'}",
    f"XDG_RUNTIME_DIR={_PLACE / 'run'}",
    f"CONTAINERS_STORAGE_CONF={_PLACE / 'storage.conf'}",
    f"CONTAINERS_CONF={_PLACE / 'containers.conf'}",
    f"CONTAINERS_REGISTRIES_CONF={_PLACE / 'registries.conf'}",
    f"TMPDIR={_PLACE / 'tmp'}",
    "_CONTAINERS_USERNS_CONFIGURED=done",
    f"_CONTAINERS_ROOTLESS_UID={USER}",
    f"_CONTAINERS_ROOTLESS_GID={USER}",
)
_AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
_COPY = ("skopeo", "--insecure-policy", "copy")
_TRANSPORTS = ("docker-archive", "oci-archive")


def rootless_to_skip() -> str | None:
    """Why no user namespace with these IDs can be made here; None if it can."""
    try:
        done = subprocess.run([*_NAMESPACE, "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    said = " ".join(done.stderr.split())
    return None if done.returncode == 0 else f"user namespaces cannot be made here: {said}"


def rootless_engines(pattern: str = "*") -> list[Installed]:
    """Podman and Skopeo, if their title fits a pattern, each with the profile of its release."""
    takers: dict[str, dict[str, Callable[[Host, Path], Real]]] = {
        "podman": {"load": _podman_load, "import": _podman_import},
        "skopeo": {transport: _skopeo(transport) for transport in _TRANSPORTS},
    }
    programs = find_programs()
    found = [
        Installed(judge, take, (program, "--version"))
        for program, actions in takers.items()
        for action, take in actions.items()
        for judge in judge_of(program, release_of(programs[program]), action)
    ]
    return [engine for engine in found if fnmatchcase(engine.title, pattern)]


def _podman_load(host: Host, archive: Path) -> Real:
    return _in_namespace(host, "podman", "load", "--input", _renew(host, archive))


def _podman_import(host: Host, archive: Path) -> Real:
    return _in_namespace(host, "podman", "import", _renew(host, archive), "localhost/taken:1")


def _in_namespace(host: Host, *command: str) -> Real:
    done = run_merged(host, *_NAMESPACE, *_ENVIRONMENT, *command)
    return real_of(host, done, done.stdout)


def _skopeo(transport: str) -> Callable[[Host, Path], Real]:
    def take(host: Host, archive: Path) -> Real:
        source, target = f"{transport}:{_renew(host, archive)}", f"dir:{_PLACE / 'copied'}"
        done = run_merged(host, *_AS_USER, *_ENVIRONMENT, *_COPY, source, target)
        return real_of(host, done, done.stdout)

    return take


def _renew(host: Host, archive: Path) -> str:
    """Give the user an empty directory with the archive in it; returns the archive's path there."""
    host.renew_temporary()
    (host.folder / "var" / "tmp").chmod(0o1777)
    place = host.folder / _PLACE.relative_to("/")
    for folder in (place, place / "home", place / "run", place / "tmp"):
        folder.mkdir()
        os.chown(folder, USER, USER)
    for name in ("containers.conf", "registries.conf"):
        shutil.copyfile(host.folder / name, place / name)
    given = place / archive.name
    shutil.copyfile(archive, given)
    (place / "storage.conf").write_text(
        f'[storage]\ndriver = "{host.docker.storage}"\n'
        f'graphroot = "{_PLACE / "home" / "graph"}"\nrunroot = "{_PLACE / "run"}"\n'
    )
    return str(_PLACE / given.name)
