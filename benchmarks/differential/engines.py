"""The installed engines: the profile of each, and its result for an archive."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from benchmarks.differential import containerd_client
from benchmarks.engines.host import EngineError, Host
from benchmarks.engines.programs import find_programs, release_of
from benchmarks.masking import PROGRESS
from checker.plugins import load_plugins
from checker.verdicts import Engine, Storage, VerdictOutcome
from checker_engines.containers import buildah, skopeo
from checker_engines.containers.versions import BUILDAH_1_28, SKOPEO_1_9

SECONDS_TO_TAKE = 30
"""Time limit for one engine and archive."""
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_LINES_QUOTED = 6
_PROGRESS = re.compile(PROGRESS)
_TIME = re.compile(r'^time="[^"]*" ')
_SOCKET = "/var/run/docker.sock"
_TIMED = ("timeout", "--signal=KILL", str(SECONDS_TO_TAKE))
_COPY = ("skopeo", "--insecure-policy", "copy")
HANGS = f"it was still running after {SECONDS_TO_TAKE} seconds"
"""What is said of an engine that was stopped after that time."""


_NONE_NAMED: Mapping[str, Path] = MappingProxyType({})
_RELEASES = (
    ("dockerd", r"version 20\.10\.", "docker-20.10"),
    ("dockerd", r"version 28\.", "docker-28"),
    ("dockerd", r"version 29\.", "docker-29-graphdriver"),
    ("podman", r"version 4\.", "podman-4"),
    ("podman", r"version 5\.", "podman-5"),
    ("skopeo", r"version 1\.9\.", "skopeo-1.9"),
    ("buildah", r"version 1\.28\.", "buildah-1.28"),
    ("buildah", r"version 1\.(?:39|4\d)\.", "buildah-1"),
    ("containerd", r" v?1\.6\.", "containerd-1.6"),
    ("containerd", r" v?2\.", "containerd-2"),
)
"""The profile of each release of a program."""


class Real(NamedTuple):
    """The result of an engine.

    Attributes:
        outcome: Whether it exited 0 and, as far as known, created something usable.
        message: Its output, with paths of the host as ``<tmp>``.
    """

    outcome: VerdictOutcome
    message: str


class Installed(NamedTuple):
    """An installed engine.

    Attributes:
        judge: The engine that predicts it.
        take: Loads an archive with it into an empty store.
        version: The command that prints its version.
    """

    judge: Engine
    take: Callable[[Host, Path], Real]
    version: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its title in reports."""
        return f"{self.judge.name} {self.judge.action}"

    def said_version(self, host: Host) -> str:
        """What it prints as its version, the first line."""
        return " ".join(host.must(*self.version).splitlines()[0].split())


def installed_engines(
    pattern: str = "*",
    named: Mapping[str, Path] = _NONE_NAMED,
    storage: Storage = Storage.VFS,
) -> list[Installed]:
    """Those whose title fits a pattern, such as ``docker*``, each with the profile of its release.

    Args:
        pattern: The pattern.
        named: Engines in place of those that are installed, by program.
        storage: How they keep layers; on overlays, only those that have a storage driver are
            meant, since the others do the same again.
    """
    programs = find_programs() | dict(named)
    releases = {name: release_of(programs[name]) for name in dict(_TAKERS)}
    found = [
        Installed(judge, take, _version_of(program, named))
        for program, actions in _TAKERS
        if storage is Storage.VFS or program in _WITH_DRIVER
        for action, take in actions.items()
        for judge in judge_of(program, releases[program], action)
    ]
    return [engine for engine in found if fnmatchcase(engine.title, pattern)]


def without_profile(named: Mapping[str, Path] = _NONE_NAMED) -> list[str]:
    """The releases of programs that no profile is for."""
    programs = find_programs() | dict(named)
    releases = {name: release_of(programs[name]) for name in dict(_TAKERS)}
    return [said for name, said in releases.items() if not _profiles_of(name, said)]


def judge_of(program: str, release: str, action: str) -> tuple[Engine, ...]:
    """The engine that predicts an action of a release; none if there is no profile."""
    judges = {(judge.name, judge.action): judge for judge in _judges()}
    return tuple(judges[profile, action] for profile in _profiles_of(program, release))


def _profiles_of(program: str, release: str) -> tuple[str, ...]:
    """The profile of a release; none if there is none."""
    found = (name for of, form, name in _RELEASES if of == program and re.search(form, release))
    return tuple(found)[:1]


def _version_of(program: str, named: Mapping[str, Path]) -> tuple[str, ...]:
    return (str(named.get(program, program)), "--version")


def _judges() -> Iterator[Engine]:
    yield from load_plugins().engines
    yield from load_plugins().readers().engines
    yield from skopeo.engines_of(SKOPEO_1_9)
    yield from buildah.engines_of(BUILDAH_1_28)
    yield from containerd_client.engines()


def _docker_load(host: Host, archive: Path) -> Real:
    host.remove_docker_images()
    # It prints the names of the images before the error.
    done = run_merged(host, "docker", "load", "--quiet", "--input", str(archive))
    return real_of(host, done, done.stdout, host.docker_images)


def _docker_import(host: Host, archive: Path) -> Real:
    host.remove_docker_images()
    done = _run(host, "docker", "import", str(archive), "taken:1")
    return real_of(host, done, done.stderr)


def _podman_load(host: Host, archive: Path) -> Real:
    host.renew_podman()
    host.renew_temporary()
    done = run_merged(host, "podman", "load", "--input", str(archive))
    return real_of(host, done, done.stdout, lambda: _podman_images(host))


def _podman_images(host: Host) -> str:
    """The images in the store; empty if podman cannot list them: one cannot be inspected."""
    done = host.run("podman", "image", "ls", "--all", "--quiet")
    return done.stdout.strip() if done.returncode == 0 else ""


def _podman_import(host: Host, archive: Path) -> Real:
    host.renew_podman()
    host.renew_temporary()
    done = run_merged(host, "podman", "import", str(archive), "localhost/taken:1")
    return real_of(host, done, done.stdout)


def _skopeo(transport: str) -> Callable[[Host, Path], Real]:
    def take(host: Host, archive: Path) -> Real:
        host.renew_temporary()
        target = host.folder / "copied"
        host.must("rm", "-rf", target)
        done = run_merged(host, *_COPY, f"{transport}:{archive}", f"dir:{target}")
        return real_of(host, done, done.stdout)

    return take


def _buildah(transport: str) -> Callable[[Host, Path], Real]:
    def take(host: Host, archive: Path) -> Real:
        host.renew_podman()
        host.renew_temporary()
        done = run_merged(host, "buildah", "pull", f"{transport}:{archive}")
        return real_of(host, done, done.stdout)

    return take


def _ctr(host: Host, archive: Path) -> Real:
    # A separate namespace is an empty store.
    namespace = f"try-{time.monotonic_ns()}"
    done = _run(host, "ctr", "--namespace", namespace, "image", "import", str(archive))
    said = "\n".join(line for line in done.stderr.splitlines() if "level=info" not in line)
    return real_of(
        host, done, said, lambda: host.must("ctr", "-n", namespace, "image", "ls", "--quiet")
    )


_TAKERS: tuple[tuple[str, dict[str, Callable[[Host, Path], Real]]], ...] = (
    ("dockerd", {"load": _docker_load, "import": _docker_import}),
    ("podman", {"load": _podman_load, "import": _podman_import}),
    ("skopeo", {name: _skopeo(name) for name in ("docker-archive", "oci-archive")}),
    ("buildah", {f"pull {name}": _buildah(name) for name in ("docker-archive", "oci-archive")}),
    ("containerd", {"ctr import": _ctr}),
)
"""By program, how each action loads an archive."""
_WITH_DRIVER = frozenset({"dockerd", "podman", "buildah"})
"""The programs that keep layers with a storage driver."""


_DAEMON_IS_LOST = "transport is closing"
"""Words of ``ctr`` that are not an answer to an archive."""


def _run(host: Host, *command: str) -> subprocess.CompletedProcess[str]:
    return host.run(*_TIMED, *command)


def run_merged(host: Host, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with both outputs merged in order."""
    return _run(host, "bash", "-c", 'exec "$@" 2>&1', "-", *command)


def _is_there() -> bool:
    return True


def real_of(
    host: Host,
    done: subprocess.CompletedProcess[str],
    said: str,
    stored: Callable[[], object] = _is_there,
) -> Real:
    """The result of a command.

    Args:
        host: The host.
        done: The command, which ended.
        said: What it printed of errors.
        stored: Returns what is in the store then.
    """
    if done.returncode in _KILLED:
        return Real(VerdictOutcome.REJECTS, HANGS)
    if _DAEMON_IS_LOST in said:
        raise EngineError(f"the daemon ended: {said.strip()}")
    lines = [_TIME.sub("", line.strip()) for line in _without_paths(host, said).splitlines()]
    words = [line for line in lines if not _PROGRESS.fullmatch(line)]
    message = " ".join(words[-_LINES_QUOTED:])
    if done.returncode != 0:
        return Real(VerdictOutcome.REJECTS, message)
    return Real(VerdictOutcome.ACCEPTS if stored() else VerdictOutcome.ACCEPTS_BROKEN, message)


def _without_paths(host: Host, text: str) -> str:
    """Replace what is specific to this host and run by ``<tmp>``."""
    # The address of the daemon, as the URL in errors of a lost connection has it.
    socket = quote(str(host.folder / "docker.sock"), safe="")
    text = text.replace(socket, quote(_SOCKET, safe=""))
    folder = re.escape(str(host.folder))
    text = re.sub(rf"{folder}/docker/tmp/docker-import-\d+", "<tmp>", text)
    return re.sub(rf"(?:{folder}|/var/tmp)[^\s:\"',]*", "<tmp>", text)
