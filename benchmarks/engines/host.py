"""A place of its own for the engines: stores, configuration and daemon in one folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.engines.programs import find_programs, search_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAEMON_START_SECONDS: Final = 60
DAEMON_STOP_SECONDS: Final = 30
COMMAND_SECONDS: Final = 300
LOG_TAIL_LINES: Final = 30


WALL: Final = """
set -e
mount --bind "$0" "$0"
mkdir -p "$0/var/tmp"
mount --bind "$0/var" /var
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
while read -r _ _ _ _ point _; do
    case $(printf %b "$point") in
        "$0" | "$0"/* | /var | /run | /dev/shm) ;;
        *) mount -o remount,bind,ro "$(printf %b "$point")" ;;
    esac
done < /proc/self/mountinfo
if touch "/outside-$$" 2> /dev/null || touch "$0/../outside-$$" 2> /dev/null; then
    echo "the engines could write outside of $0" >&2
    exit 1
fi
cd "$0"
exec "$@"
"""
"""Runs a command in mounts of its own, of which only the host's folder can be written to.

Podman 4 and Skopeo 1.9 extract OCI archives without a root of their own: an entry ``..``, or one
below a link to an absolute folder, is written wherever it leads.
"""


class EngineError(Exception):
    """An engine did not do what the tests build on."""


@dataclass(slots=True)
class DockerDaemon:
    """dockerd without network, which runs a containerd of its own.

    Attributes:
        folder: The host's folder, which all that it writes is below.
        environment: What it is run with; its address is there.
        door: What it is started by; see `WALL`.
    """

    folder: Path
    environment: Mapping[str, str]
    door: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            EngineError: It ended, or does not answer in time; the message has the end of its log.
        """
        command = [
            *self.door,
            str(self.folder / "bin" / "dockerd"),
            *("--data-root", str(self.folder / "docker")),
            *("--exec-root", str(self.folder / "exec")),
            *("--host", self.environment["DOCKER_HOST"]),
            *("--pidfile", str(self.folder / "dockerd.pid")),
            "--iptables=false",
            "--ip6tables=false",
            "--bridge=none",
            "--storage-driver=vfs",
        ]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait(self._process)

    def end(self) -> None:
        """End it, and its containerd should it have been left behind."""
        if self._process is None:
            return
        process, self._process = self._process, None
        pidfile = self.folder / "exec" / "containerd" / "containerd.pid"
        orphan = pidfile.read_text() if pidfile.exists() else None
        process.terminate()
        try:
            process.wait(DAEMON_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            if orphan is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(orphan), signal.SIGKILL)

    def way_in(self) -> tuple[str, ...]:
        """What a command is started by to run within the same walls."""
        if not self.door or self._process is None:
            return ()
        enter = ("nsenter", "--mount", "--target", str(self._process.pid))
        return (*enter, "bash", "-c", 'cd "$0" && exec "$@"', str(self.folder))

    def renew(self) -> None:
        """Start it anew with nothing in its store."""
        self.end()
        _remove(self.folder / "docker")
        self.start()

    @property
    def layers(self) -> list[str]:
        """The chains of layers that it holds, those that a failed load has left among them."""
        folder = self.folder / "docker" / "image" / "vfs" / "layerdb" / "sha256"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    @property
    def _log(self) -> Path:
        return self.folder / "dockerd.log"

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + DAEMON_START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EngineError(f"dockerd ended with {process.returncode}:\n{_tail(self._log)}")
            if self._answers():
                return
            time.sleep(0.1)
        raise EngineError(f"dockerd is silent after {DAEMON_START_SECONDS} s:\n{_tail(self._log)}")

    def _answers(self) -> bool:
        asked = [str(self.folder / "bin" / "docker"), "version", "--format", "{{.Server.Version}}"]
        done = subprocess.run(asked, env=dict(self.environment), capture_output=True, check=False)
        return done.returncode == 0


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


@dataclass(frozen=True, slots=True)
class Host:
    """Engines whose stores, configuration and sockets all lie in one folder.

    Everything reaches the engines through the environment, so that a command can be run exactly
    as a user would type it.

    Attributes:
        folder: Holds all of it.
        environment: What the commands are run with.
        docker: Its Docker daemon, within whose walls commands run, if it has any.
    """

    folder: Path
    environment: Mapping[str, str]
    docker: DockerDaemon

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the host's folder and return how it went."""
        return subprocess.run(
            [*self.docker.way_in(), *(str(word) for word in command)],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def must(self, *command: str | Path) -> str:
        """Run a command and return its output, stripped.

        Raises:
            EngineError: The command failed; the message has all that it said.
        """
        done = self.run(*command)
        if done.returncode != 0:
            line = " ".join(str(word) for word in command)
            raise EngineError(
                f"{line}: exit {done.returncode}\n{done.stdout.strip()}\n{done.stderr.strip()}"
            )
        return done.stdout.strip()

    def must_shell(self, script: str) -> str:
        """Run a line of shell as a user would type it; see `must`."""
        return self.must("bash", "-euo", "pipefail", "-c", script)

    def empty_docker(self) -> None:
        """Remove every container and image from the daemon's store."""
        for listing, removal in (
            (("ps", "--all", "--quiet"), ("rm", "--force")),
            (("image", "ls", "--all", "--quiet"), ("rmi", "--force")),
        ):
            ids = dict.fromkeys(self.must("docker", *listing).split())
            if ids:
                # Removing one image may take others of the list with it.
                self.run("docker", *removal, *ids)
        left = self.must("docker", "image", "ls", "--quiet")
        if left:
            raise EngineError(f"docker rmi left images behind: {left}")
        if self.docker.layers:
            # Loads that fail leave layers that no command removes.
            self.docker.renew()

    def empty_podman(self) -> None:
        """Remove every container and image from Podman's store."""
        self.must("podman", "rm", "--all", "--force")
        self.must("podman", "rmi", "--all", "--force")

    def renew_podman(self) -> None:
        """Take Podman's store away: of a load that failed, layers stay that `rmi` does not see.

        No container may run.
        """
        for name in ("graph", "run"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def renew_temporary(self) -> None:
        """Make the folders of temporary files anew, which an OCI archive can take away."""
        for name in ("tmp", "var/tmp"):
            folder = self.folder / name
            if folder.is_dir():
                shutil.rmtree(folder)
            else:
                folder.unlink(missing_ok=True)
            folder.mkdir(parents=True)


def _containers_environment(folder: Path) -> dict[str, str]:
    """Write the configuration of Podman, Buildah and Skopeo and return the variables to it."""
    storage = folder / "storage.conf"
    storage.write_text(
        "[storage]\n"
        'driver = "vfs"\n'
        f'graphroot = "{folder / "graph"}"\n'
        f'runroot = "{folder / "run"}"\n'
    )
    containers = folder / "containers.conf"
    containers.write_text('[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n')
    registries = folder / "registries.conf"
    registries.write_text("")
    policy = folder / "home" / ".config" / "containers" / "policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    return {
        "HOME": str(folder / "home"),
        "CONTAINERS_STORAGE_CONF": str(storage),
        "CONTAINERS_CONF": str(containers),
        "CONTAINERS_REGISTRIES_CONF": str(registries),
        "TMPDIR": str(folder / "tmp"),
    }


def _link_programs(folder: Path) -> None:
    folder.mkdir()
    for name, path in find_programs().items():
        (folder / name).symlink_to(path)


def _environment(folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    _link_programs(programs)
    (folder / "tmp").mkdir()
    return {
        "PATH": f"{programs}:{search_path()}",
        "LANG": "C.UTF-8",
        "DOCKER_HOST": f"unix://{folder / 'docker.sock'}",
        # The daemon runs a containerd of its own, which takes images too.
        "CONTAINERD_ADDRESS": str(folder / "exec" / "containerd" / "containerd.sock"),
    } | _containers_environment(folder)


def mounts_below(folder: Path) -> list[str]:
    """Return the mount points inside the folder, innermost first (proc(5), mountinfo)."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder)]


def _remove(folder: Path) -> None:
    for point in mounts_below(folder):
        subprocess.run(["umount", point], check=True)
    shutil.rmtree(folder)


@contextlib.contextmanager
def running_host(folder: Path, *, walled: bool = False) -> Iterator[Host]:
    """Set up a host in a folder that is made for it, and take all of it away at the end.

    Args:
        folder: Where all of it lies.
        walled: Whether engines can write nowhere else, as hostile archives need it.

    Raises:
        EngineError: The Docker daemon does not start, or client and daemon differ in version.
    """
    folder.mkdir(parents=True)
    environment = _environment(folder)
    door = ("unshare", "--mount", "bash", "-c", WALL, str(folder)) if walled else ()
    docker = DockerDaemon(folder, environment, door)
    try:
        docker.start()
        host = Host(folder, environment, docker)
        _check_versions(host)
        yield host
    finally:
        docker.end()
        _remove(folder)


def _check_versions(host: Host) -> None:
    form = "{{.Client.Version}} {{.Server.Version}}"
    client, server = host.must("docker", "version", "--format", form).split()
    if client != server:
        raise EngineError(f"docker client {client} does not belong to dockerd {server}")
