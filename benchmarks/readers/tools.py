"""The tools: where they are, and what each does with an archive."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from benchmarks.engines.programs import named_program
from benchmarks.readers.containerd import reason_to_skip, running_containerd
from checker import Session
from checker.verdicts import Engine, Question
from checker_engines.oras import command as oras
from checker_engines.regclient import regctl

INSTALLED = Path(__file__).parents[2] / "build" / "readers" / "bin"
"""Where ``make readers`` puts programs."""
SECONDS_TO_READ = 60
"""Time limit for one tool and archive."""
_START_SECONDS = 10
_PLACES = re.compile(r'\S+/containerd-mount\d+|<tmp>/[^\s:"]+')
_QUOTED = re.compile(r'"<tmp>[^"]*"')
_LOGGED = re.compile(r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |time=\S+ level=(?:info|warning|WARN))")


def _nothing() -> str | None:
    return None


class Bench(NamedTuple):
    """Where tools run.

    Attributes:
        folder: A directory for what they write.
        registry: The address of a registry that takes everything; empty without crane.
        containerd: The address of a containerd 2; empty without one.
    """

    folder: Path
    registry: str
    containerd: str


class Said(NamedTuple):
    """What a tool did.

    Attributes:
        accepts: Whether it exited 0.
        message: What it printed, with paths as ``<tmp>``.
    """

    accepts: bool
    message: str


class Tool(NamedTuple):
    """A tool and the profile that predicts it.

    Attributes:
        engine: Name of the profile.
        action: The action.
        program: The program.
        version: Its arguments to print its version.
        read: Gives it an archive.
        problem: Why it cannot run here; None if it can.
    """

    engine: str
    action: str
    program: str
    version: tuple[str, ...]
    read: Callable[[Bench, Path], Said]
    problem: Callable[[], str | None] = _nothing

    @property
    def title(self) -> str:
        """Its title in reports."""
        return f"{self.engine} {self.action}"


def installed_tools(pattern: str = "*") -> list[Tool]:
    """The tools that are installed and whose title fits a pattern, such as ``crane*``."""
    return [
        tool
        for tool in TOOLS
        if fnmatchcase(tool.title, pattern) and found(tool.program) and tool.problem() is None
    ]


def found(program: str) -> str | None:
    """The path of a program: the one that a variable names, that was installed, or the system's.

    Raises:
        MissingEngineError: The one that a variable names is not there.
    """
    named = named_program(program, os.environ)
    if named is not None:
        return str(named)
    return shutil.which(program, path=os.pathsep.join((str(INSTALLED), os.environ["PATH"])))


def version_of(tool: Tool) -> str:
    """What the tool prints as its version, its first line."""
    done = _run(tool.program, *tool.version)
    line = next(iter((done.stdout + done.stderr).strip().splitlines()), "")
    return " ".join(line.split())


@contextmanager
def running_bench(folder: Path) -> Iterator[Bench]:
    """A directory for tools, with a registry and a containerd if they are installed."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        registry = stack.enter_context(_running_registry(folder)) if found("crane") else ""
        program, address = _containerd(), ""
        if program is not None and _containerd_problem() is None:
            address = stack.enter_context(running_containerd(program, folder))
        yield Bench(folder, registry, address)


@contextmanager
def _running_registry(folder: Path) -> Iterator[str]:
    crane = found("crane")
    if crane is None:
        raise FileNotFoundError("crane")
    address = f"localhost:{_free_port()}"
    with (folder / "registry.log").open("wb") as log:
        command = [crane, "registry", "serve", "--address", address]
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait()


def _containerd() -> str | None:
    """The containerd 2 that was installed for this; the one of the system may be another."""
    return shutil.which("containerd", path=str(INSTALLED))


def _containerd_problem() -> str | None:
    return reason_to_skip(_containerd(), Path(tempfile.gettempdir()))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        port: int = one.getsockname()[1]
        return port


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the registry at {address} does not answer")


def _run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    path = found(program)
    if path is None:
        raise FileNotFoundError(program)
    return subprocess.run(
        [path, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS_TO_READ,
        check=False,
    )


def _said(done: subprocess.CompletedProcess[str], archive: Path, folder: Path) -> Said:
    lines = (line for line in done.stderr.splitlines() if not _LOGGED.match(line))
    message = "\n".join(lines).strip()
    for path in (str(archive), str(folder)):
        message = message.replace(path, "<tmp>")
    return Said(done.returncode == 0, message)


def _crane_push(bench: Bench, archive: Path) -> Said:
    done = _run("crane", "push", "--insecure", str(archive), f"{bench.registry}/taken:1")
    return _said(done, archive, bench.folder)


def _crane_validate(bench: Bench, archive: Path) -> Said:
    return _said(_run("crane", "validate", "--tarball", str(archive)), archive, bench.folder)


def _oras_copy(bench: Bench, archive: Path) -> Said:
    target = bench.folder / "copied"
    source = f"{archive}{_reference_in(archive)}"
    done = _run("oras", "cp", "--from-oci-layout", source, "--to-oci-layout", f"{target}:1")
    shutil.rmtree(target, ignore_errors=True)
    said = _said(done, archive, bench.folder)
    return said._replace(message=_QUOTED.sub('"<tmp>"', said.message))


def _reference_in(archive: Path) -> str:
    """The image that the command of the verdict names after the path of the layout."""
    return _command_for(archive, oras.engines())[3].removeprefix("image.tar")


def _regctl_import(bench: Bench, archive: Path) -> Said:
    target = bench.folder / "imported"
    tag = _command_for(archive, regctl.engines())[3].rpartition(":")[2]
    done = _run("regctl", "image", "import", f"ocidir://{target}:{tag}", str(archive))
    shutil.rmtree(target, ignore_errors=True)
    said = _said(done, archive, bench.folder)
    return said._replace(message=said.message.partition("\n\ngoroutine ")[0])


def _command_for(archive: Path, engines: Iterator[Engine]) -> list[str]:
    """The command of the verdict on an archive."""
    session = Session()
    question = Question(session.read(archive), session.settings.host, "image.tar")
    (engine,) = engines
    return shlex.split(engine.judge(question).command or "")


def _kind(bench: Bench, archive: Path) -> Said:
    # A namespace of containerd is an empty store. What kind runs on a node, without the node.
    namespace = f"try-{time.monotonic_ns()}"
    command = ("ctr", "--address", bench.containerd, "--namespace", namespace, "images", "import")
    done = _run(*command, "--all-platforms", "--digests", str(archive))
    said = _said(done, archive, bench.folder)
    return said._replace(message=_PLACES.sub("<tmp>", said.message))


TOOLS = (
    Tool("kind-0", "load image-archive", "ctr", ("--version",), _kind, _containerd_problem),
    Tool("crane-0", "push", "crane", ("version",), _crane_push),
    Tool("crane-0", "validate", "crane", ("version",), _crane_validate),
    Tool("oras-1", "cp --from-oci-layout", "oras", ("version",), _oras_copy),
    Tool("regctl-0", "image import", "regctl", ("version",), _regctl_import),
)
"""All tools."""
