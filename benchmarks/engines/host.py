"""An isolated environment for the engines: stores, configuration and daemon in one directory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from benchmarks.engines.programs import find_programs, programs_beside, search_path
from checker.verdicts import Storage

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
mkdir -p /etc/docker
mount -t tmpfs tmpfs /etc/docker
while read -r _ _ _ _ point _; do
    case $(printf %b "$point") in
        "$0" | "$0"/* | /var | /run | /dev/shm | /etc/docker) ;;
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
"""Runs a command in a mount namespace in which only the host's directory is writable.

Its ``/var`` is the host's as well, and dockerd writes its key to ``/etc/docker``.

Podman 4 and Skopeo 1.9 extract OCI archives without ``chroot``: an entry ``..``, or one below a
link to an absolute directory, is written to the host.
"""


class EngineError(Exception):
    """An engine failed in a way that the tests do not expect."""


@dataclass(slots=True)
class DockerDaemon:
    """dockerd without network, which runs its own containerd.

    Attributes:
        folder: The host's directory, below which it writes everything.
        environment: Its environment variables, with its address.
        door: The command that starts it; see `WALL`.
        storage: How it keeps layers.
    """

    folder: Path
    environment: Mapping[str, str]
    door: tuple[str, ...] = ()
    storage: Storage = Storage.VFS
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            EngineError: It exited, or did not answer in time; the message has the end of its log.
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
            "--ip-forward=false",
            f"--storage-driver={self._driver}",
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
        """Stop it, and its containerd if that is still running."""
        if self._process is None:
            return
        process, self._process = self._process, None
        pidfile = self.folder / "exec" / "containerd" / "containerd.pid"
        orphan = pidfile.read_text() if pidfile.exists() else None
        if not _stop(process) and orphan is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(orphan), signal.SIGKILL)

    def way_in(self) -> tuple[str, ...]:
        """The command prefix to run in the same namespace."""
        if not self.door or self._process is None:
            return ()
        enter = ("nsenter", "--mount", "--target", str(self._process.pid))
        return (*enter, "bash", "-c", 'cd "$0" && exec "$@"', str(self.folder))

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended: archives can crash it."""
        return self._process is not None and self._process.poll() is None

    def renew(self) -> None:
        """Restart it with an empty store."""
        self.end()
        _remove(self.folder / "docker")
        self.start()

    @property
    def layers(self) -> list[str]:
        """The chains of layers in its store, including those of failed loads."""
        folder = self.folder / "docker" / "image" / self._driver / "layerdb" / "sha256"
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    @property
    def _driver(self) -> str:
        return "overlay2" if self.storage is Storage.OVERLAY else str(self.storage)

    @property
    def _log(self) -> Path:
        return self.folder / "dockerd.log"

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + DAEMON_START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EngineError(f"dockerd exited with {process.returncode}:\n{_tail(self._log)}")
            if self._answers():
                return
            time.sleep(0.1)
        raise EngineError(
            f"dockerd does not answer after {DAEMON_START_SECONDS} s:\n{_tail(self._log)}"
        )

    def _answers(self) -> bool:
        asked = [str(self.folder / "bin" / "docker"), "version", "--format", "{{.Server.Version}}"]
        done = subprocess.run(asked, env=dict(self.environment), capture_output=True, check=False)
        return done.returncode == 0


class _Connection(HTTPConnection):
    """A connection to a daemon's socket."""

    def __init__(self, address: Path) -> None:
        super().__init__("localhost", timeout=COMMAND_SECONDS)
        self._address = address

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._address))


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


@dataclass(frozen=True, slots=True)
class Host:
    """Engines whose stores, configuration and sockets are all in one directory.

    The engines are configured by environment variables, so that commands can be run exactly as a
    user would type them.

    Attributes:
        folder: The directory.
        environment: The environment variables of commands.
        docker: Its Docker daemon, if any, in whose namespace commands run.
    """

    folder: Path
    environment: Mapping[str, str]
    docker: DockerDaemon

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the host's directory and return the result."""
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
            EngineError: The command failed; the message has its output.
        """
        done = self.run(*command)
        if done.returncode != 0:
            line = " ".join(str(word) for word in command)
            raise EngineError(
                f"{line}: exit {done.returncode}\n{done.stdout.strip()}\n{done.stderr.strip()}"
            )
        return done.stdout.strip()

    def must_shell(self, script: str) -> str:
        """Run a shell command as a user would type it; see `must`."""
        return self.must("bash", "-euo", "pipefail", "-c", script)

    def docker_images(self) -> list[str]:
        """The IDs of all images in the daemon's store, asked for without starting a client."""
        found = json.loads(self._ask_docker("GET", "/images/json?all=1"))
        return [str(image["Id"]) for image in found]

    def remove_docker_images(self) -> None:
        """Remove every image from the daemon's store, where there are no containers.

        A daemon that crashed is started again.
        """
        if not self.docker.is_running:
            self.docker.renew()
        for image in self.docker_images():
            # Removing one image may remove others of the list as well.
            self._ask_docker("DELETE", f"/images/{image}?force=1")
        left = self.docker_images()
        if left:
            raise EngineError(f"the daemon did not remove: {left}")
        if self.docker.layers:
            # Failed loads leave layers that no command removes.
            self.docker.renew()

    def _ask_docker(self, method: str, path: str) -> bytes:
        connection = _Connection(self.folder / "docker.sock")
        try:
            connection.request(method, path)
            # The connection does not close the response where the daemon ends it.
            with connection.getresponse() as response:
                return response.read()
        finally:
            connection.close()

    def empty_docker(self) -> None:
        """Remove every container and image from the daemon's store."""
        for listing, removal in (
            (("ps", "--all", "--quiet"), ("rm", "--force")),
            (("image", "ls", "--all", "--quiet"), ("rmi", "--force")),
        ):
            ids = dict.fromkeys(self.must("docker", *listing).split())
            if ids:
                # Removing one image may remove others of the list as well.
                self.run("docker", *removal, *ids)
        left = self.must("docker", "image", "ls", "--quiet")
        if left:
            raise EngineError(f"docker rmi did not remove: {left}")
        if self.docker.layers:
            # Failed loads leave layers that no command removes.
            self.docker.renew()

    def empty_podman(self) -> None:
        """Remove every container and image from Podman's store."""
        self.must("podman", "rm", "--all", "--force")
        self.must("podman", "rmi", "--all", "--force")

    def renew_podman(self) -> None:
        """Remove Podman's store: failed loads leave layers that `rmi` does not list.

        No container may run.
        """
        for name in ("graph", "run"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def renew_temporary(self) -> None:
        """Recreate the directories for temporary files, which an OCI archive can remove."""
        for name in ("tmp", "var/tmp"):
            folder = self.folder / name
            if folder.is_dir():
                shutil.rmtree(folder)
            else:
                folder.unlink(missing_ok=True)
            folder.mkdir(parents=True)


def _containers_environment(folder: Path, driver: Storage) -> dict[str, str]:
    """Write the configuration of Podman, Buildah and Skopeo and return the variables to it."""
    storage = folder / "storage.conf"
    storage.write_text(
        "[storage]\n"
        f'driver = "{driver}"\n'
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


def _link_programs(folder: Path, named: Mapping[str, Path]) -> None:
    folder.mkdir()
    # The daemon runs the containerd that belongs to its release.
    apart = {name: path for name, path in named.items() if name != "containerd"}
    for name, path in (find_programs() | programs_beside(apart)).items():
        (folder / name).symlink_to(path)


def _environment(folder: Path, storage: Storage, named: Mapping[str, Path]) -> dict[str, str]:
    programs = folder / "bin"
    _link_programs(programs, named)
    (folder / "tmp").mkdir()
    return {
        "PATH": f"{programs}:{search_path()}",
        "LANG": "C.UTF-8",
        "DOCKER_HOST": f"unix://{folder / 'docker.sock'}",
        # The daemon runs its own containerd, which can import images as well.
        "CONTAINERD_ADDRESS": str(folder / "exec" / "containerd" / "containerd.sock"),
    } | _containers_environment(folder, storage)


def mounts_below(folder: Path) -> list[str]:
    """Return the mount points inside the directory, innermost first (proc(5), mountinfo)."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder)]


def _remove(folder: Path) -> None:
    for point in mounts_below(folder):
        subprocess.run(["umount", point], check=True)
    shutil.rmtree(folder)


@contextlib.contextmanager
def running_host(
    folder: Path,
    *,
    walled: bool = False,
    storage: Storage = Storage.VFS,
    named: Mapping[str, Path] = MappingProxyType({}),
) -> Iterator[Host]:
    """Create a host in a new directory, and remove it at the end.

    Args:
        folder: The directory.
        walled: Whether engines can only write to it, as hostile archives require.
        storage: How the engines keep layers.
        named: Engines in place of those that are installed, by program.

    Raises:
        EngineError: A daemon does not start, or client and daemon differ in version.
    """
    folder.mkdir(parents=True)
    environment = _environment(folder, storage, named)
    door = ("unshare", "--mount", "bash", "-c", WALL, str(folder)) if walled else ()
    docker = DockerDaemon(folder, environment, door, storage)
    containerd = None
    try:
        docker.start()
        if "containerd" in named:
            containerd = _start_containerd(folder, environment, named["containerd"], door)
        host = Host(folder, environment, docker)
        _check_versions(host)
        yield host
    finally:
        if containerd is not None:
            _stop(containerd)
        docker.end()
        _remove(folder)


def _start_containerd(
    folder: Path, environment: dict[str, str], program: Path, door: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    """Start a containerd that is not the Docker daemon's, and let commands use it."""
    at = folder / "containerd"
    at.mkdir()
    address = at / "containerd.sock"
    for name, path in programs_beside({"containerd": program}).items():
        if name != "containerd":
            (folder / "bin" / name).unlink(missing_ok=True)
            (folder / "bin" / name).symlink_to(path)
    command = [*door, str(program), "--address", str(address)]
    command += ["--root", str(at / "root"), "--state", str(at / "state")]
    log = folder / "containerd.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + DAEMON_START_SECONDS
    while not address.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(process)
            raise EngineError(f"containerd does not start:\n{_tail(log)}")
        time.sleep(0.1)
    environment["CONTAINERD_ADDRESS"] = str(address)
    return process


def _stop(process: subprocess.Popen[bytes]) -> bool:
    """Stop a daemon; whether it ended by itself, or was killed since it took too long."""
    process.terminate()
    try:
        process.wait(DAEMON_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def _check_versions(host: Host) -> None:
    form = "{{.Client.Version}} {{.Server.Version}}"
    client, server = host.must("docker", "version", "--format", form).split()
    if client != server:
        raise EngineError(f"docker client {client} and dockerd {server} have different versions")
