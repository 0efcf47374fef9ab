"""The tools: where they are, and what each does with an archive."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from benchmarks.engines.programs import named_program
from benchmarks.readers.containerd import reason_to_skip, running_containerd
from benchmarks.readers.terminal import shown_by
from checker import Session
from checker.verdicts import Engine, Question
from checker_engines.oras import command as oras
from checker_engines.regclient import regctl
from checker_engines.umoci import command as umoci

INSTALLED = Path(__file__).parents[2] / "build" / "readers" / "bin"
"""Where ``make readers`` puts programs."""
NODE_PACKAGES = INSTALLED.parent / "npm"
"""Where ``make readers`` puts packages of npm."""
SNYK_SCRIPT = Path(__file__).with_name("snyk.js")
SECONDS_TO_READ = 60
"""Time limit for one tool and archive."""
_START_SECONDS = 10
_PLACES = re.compile(r'\S+/containerd-mount\d+|<tmp>/[^\s:"]+')
_UPLOAD = re.compile(r'(?:Patch|Put|Post) "http://[^"]*": |(?:PATCH|PUT|POST) http://\S+: ')
_SHOWN_REGISTRY = "https://REGISTRY/v2/NAME/manifests/TAG"
_DIGIT = re.compile(r"\d")
_TIME = re.compile(r"^time=\S+ ", re.MULTILINE)
_QUOTED = re.compile(r'"<tmp>[^"]*"')
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_DIVE_PROGRESS = re.compile(
    r"(?:Image Source: |Extracting image|Analyzing image|Building cache|  path error at ).*\n?"
)
_DIVE_TRIES = 8
"""dive may end before a crash is printed, and reads some layers in random order."""
_SYFT_LOG = re.compile(r"(?:\[\d+\] +WARN .*\n?)|(?:^\[\d+\] +(?=ERROR))", re.MULTILINE)
_STEREOSCOPE = re.compile(r'[^\s"]*/stereoscope-\d+/[a-z-]+-\d+')
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_TRIVY_TIME = re.compile(r"^\S+\t(?=FATAL)")
_CRASHES = (
    re.compile(
        r"^(SyntaxError: (?:Unexpected end of JSON input|Unexpected token|"
        r"Unexpected non-whitespace character after JSON|Expected property name or '}' in JSON))",
        re.MULTILINE,
    ),
    re.compile(r"^(?:Type)?Error: (.*)", re.MULTILINE),
)
_LOGGED = re.compile(r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |time=\S+ level=(?:info|warning|WARN))")


_BUNDLES = re.compile(r"/\S*/(?:temp-oci|build-temp|layout)-\d+")
_SYSTEMD = "/usr/lib/systemd/systemd-import"
_LXC = "/usr/share/lxc/templates/lxc-local"
_IMPORTING = re.compile(r"Importing |Imported |File system sync|Operation completed|Exiting\.")
_TAR_OPTIONS = ("--force-local", "--numeric-owner", "--xattrs", "--xattrs-include=*")


def _not_root() -> str | None:
    return None if os.geteuid() == 0 else "the profile is for root"


def _umoci_problem() -> str | None:
    """Why the installed umoci is not compared: 0.4 differs."""
    is_old = "version 0.4" in _run("umoci", "--version").stdout
    return "umoci 0.4 is older than the profile" if is_old else _not_root()


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
    """What the tool prints as its version, the first line with a number."""
    done = _run(tool.program, *tool.version)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return " ".join(next(filter(_DIGIT.search, lines), "").split())


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


def _run(
    program: str, *words: str, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    path = found(program)
    if path is None:
        raise FileNotFoundError(program)
    return subprocess.run(
        [program, *words],
        executable=path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS_TO_READ,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC0", **environment},
    )


def _said(done: subprocess.CompletedProcess[str], archive: Path, folder: Path) -> Said:
    lines = (line for line in done.stderr.splitlines() if not _LOGGED.match(line))
    message = "\n".join(lines).strip()
    for path in (str(archive), str(folder)):
        message = message.replace(path, "<tmp>")
    return Said(done.returncode == 0, message)


def _crane_push(bench: Bench, path: Path) -> Said:
    with _registry_for(bench, path) as registry:
        done = _run("crane", "push", "--insecure", str(path), f"{registry}/taken:1")
    said = _said(done, path, bench.folder)
    return said if path.is_file() else said._replace(message=_UPLOAD.sub("", said.message))


@contextmanager
def _registry_for(bench: Bench, path: Path) -> Iterator[str]:
    """A registry, which has no blobs if a layout is pushed: those that it has are not read."""
    if path.is_file():
        yield bench.registry
        return
    with _running_registry(bench.folder) as fresh:
        yield fresh


def _crane_validate(bench: Bench, archive: Path) -> Said:
    return _said(_run("crane", "validate", "--tarball", str(archive)), archive, bench.folder)


def _cosign_load(bench: Bench, directory: Path) -> Said:
    with _registry_for(bench, directory) as registry:
        name = f"{registry}/taken:1"
        done = _run("cosign", "load", "--dir", str(directory), name)
    said = _said(done, directory, bench.folder)
    # It is printed twice.
    message = said.message.partition("\nerror during command execution: ")[0]
    shown = f"http://{registry}/v2/taken/manifests/1"
    message = _UPLOAD.sub("", message.replace(shown, _SHOWN_REGISTRY))
    return said._replace(message=message)


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


def _namespace(bench: Bench) -> tuple[str, ...]:
    """The options for an empty store: a namespace of containerd."""
    return ("--address", bench.containerd, "--namespace", f"try-{time.monotonic_ns()}")


def _ctr_import(*options: str) -> Callable[[Bench, Path], Said]:
    """Run ``ctr images import`` with some options."""

    def read(bench: Bench, archive: Path) -> Said:
        command = ("ctr", *_namespace(bench), "images", "import")
        return _without_places(_run(*command, *options, str(archive)), archive, bench)

    return read


def _nerdctl_load(bench: Bench, archive: Path) -> Said:
    done = _run("nerdctl", *_namespace(bench), "load", "-i", str(archive))
    said = _without_places(done, archive, bench)
    return said._replace(message=_TIME.sub("", said.message))


def _without_places(done: subprocess.CompletedProcess[str], archive: Path, bench: Bench) -> Said:
    said = _said(done, archive, bench.folder)
    return said._replace(message=_PLACES.sub("<tmp>", said.message))


def _umoci(bench: Bench, archive: Path) -> Said:
    bundle = bench.folder / "bundle"
    image = _command_for(archive, umoci.engines())[3].removeprefix("image.tar")
    done = _run("umoci", "unpack", "--image", f"{archive}{image}", str(bundle))
    shutil.rmtree(bundle, ignore_errors=True)
    said = _said(done, archive, bundle)
    return said._replace(message=said.message.partition("\n\ngoroutine ")[0])


def _extracting(program: str, *options: str) -> Callable[[Bench, Path], Said]:
    """Unpack an archive into an empty directory."""

    def extract(bench: Bench, archive: Path) -> Said:
        target = bench.folder / "unpacked"
        target.mkdir()
        try:
            done = _run(program, *options, "-xpf", str(archive), "-C", str(target))
        finally:
            shutil.rmtree(target)
        return _said(done, archive, target)

    return extract


def _building(transport: str) -> Callable[[Bench, Path], Said]:
    """Build a directory from an archive with Apptainer."""

    def build(bench: Bench, archive: Path) -> Said:
        target = bench.folder / "sandbox"
        try:
            done = _run(
                *("apptainer", "--quiet", "build", "--disable-cache", "--sandbox", str(target)),
                f"{transport}:{archive}",
            )
        finally:
            shutil.rmtree(target, ignore_errors=True)
        said = _said(done, archive, target)
        message = _BUNDLES.sub("<tmp>", said.message).partition("\n[signal ")[0]
        return said._replace(message=message)

    return build


def _systemd(bench: Bench, archive: Path) -> Said:
    """What ``machinectl import-tar`` runs, without the manager."""
    root = bench.folder / "machines"
    options = ("--btrfs-subvol=no", "--btrfs-quota=no", "--sync=no")
    try:
        done = _run(_SYSTEMD, "tar", str(archive), "try", f"--image-root={root}", *options)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    said = _said(done, archive, root)
    lines = (line for line in said.message.splitlines() if not _IMPORTING.match(line))
    return said._replace(message="\n".join(lines))


def _lxc(bench: Bench, archive: Path) -> Said:
    """The template of ``lxc-create``, which unpacks the root."""
    container = bench.folder / "container"
    (container / "rootfs").mkdir(parents=True)
    (container / "config").touch()
    metadata = container / "meta.tar.xz"
    with tarfile.open(metadata, "w:xz") as packed:
        packed.addfile(tarfile.TarInfo("config"))
    places = (f"--path={container}", f"--rootfs={container / 'rootfs'}")
    given = ("--metadata", str(metadata), "--fstree", str(archive))
    try:
        done = _run(_LXC, "--name=try", *places, *given)
    finally:
        shutil.rmtree(container)
    return _said(done, archive, container)


def _dive(bench: Bench, archive: Path) -> Said:
    command = (found("dive") or "dive", f"docker-archive://{archive}")
    for _ in range(_DIVE_TRIES):
        shown = shown_by(command, SECONDS_TO_READ)
        text = _DIVE_PROGRESS.sub("", shown.text).partition("\n\ngoroutine ")[0]
        for path in (str(archive), str(bench.folder)):
            text = text.replace(path, "<tmp>")
        text = _ADDRESS.sub("0x<address>", text)
        if shown.has_view or text.startswith(("panic", "cannot")):
            break
    return Said(shown.has_view, "" if shown.has_view else text.strip())


def _syft(form: str, bench: Bench, archive: Path) -> Said:
    environment = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_FILE_METADATA_SELECTION": "none"}
    words = ("-o", "syft-json", "--override-default-catalogers", "dpkg-db-cataloger")
    done = _run("syft", "scan", *words, f"{form}:{archive}", environment=environment)
    said = _said(done, archive, bench.folder)
    message = _SYFT_LOG.sub("", _COLOURS.sub("", said.message))
    message = _STEREOSCOPE.sub("<tmp>", _without_trace(message))
    return said._replace(message=message.strip())


def _trivy(bench: Bench, archive: Path) -> Said:
    cache = bench.folder / "trivy"
    words = ("--scanners", "secret", "--offline-scan", "--skip-version-check", "--quiet")
    done = _run("trivy", "image", *words, "--cache-dir", str(cache), "--input", str(archive))
    shutil.rmtree(cache, ignore_errors=True)
    said = _said(done, archive, bench.folder)
    message = _TRIVY_TIME.sub("", _COLOURS.sub("", said.message))
    return said._replace(message=_without_trace(message))


def _without_trace(message: str) -> str:
    """The first lines of the crash of a Go program."""
    for trace in ("\n\ngoroutine ", "\nruntime: sp="):
        message = message.partition(trace)[0]
    return message


def _snyk(form: str, bench: Bench, archive: Path) -> Said:
    path = {"NODE_PATH": str(NODE_PACKAGES / "node_modules")}
    done = _run("node", str(SNYK_SCRIPT), f"{form}:{archive}", environment=path)
    said = _said(done, archive, bench.folder)
    message = said.message
    for crash in _CRASHES:
        match = crash.search(message)
        if match is not None and "\n" in message:
            message = match[1]
    return said._replace(message=message)


def _snyk_problem() -> str | None:
    return None if (NODE_PACKAGES / "node_modules").exists() else "make readers"


TOOLS = (
    Tool("nerdctl-2", "load", "nerdctl", ("--version",), _nerdctl_load, _containerd_problem),
    Tool(
        "ctr-2",
        "import --all-platforms",
        "ctr",
        ("--version",),
        _ctr_import("--all-platforms"),
        _containerd_problem,
    ),
    # What kind runs on a node, without the node.
    Tool(
        "kind-0",
        "load image-archive",
        "ctr",
        ("--version",),
        _ctr_import("--all-platforms", "--digests"),
        _containerd_problem,
    ),
    Tool("crane-0", "push", "crane", ("version",), _crane_push),
    Tool("crane-0", "validate", "crane", ("version",), _crane_validate),
    Tool("cosign-3", "load", "cosign", ("version",), _cosign_load),
    Tool("oras-1", "cp --from-oci-layout", "oras", ("version",), _oras_copy),
    Tool("regctl-0", "image import", "regctl", ("version",), _regctl_import),
    Tool("bsdtar-3", "extract", "bsdtar", ("--version",), _extracting("bsdtar"), _not_root),
    Tool(
        *("apptainer-1", "build docker-archive", "apptainer", ("--version",)),
        *(_building("docker-archive"), _not_root),
    ),
    Tool(
        *("apptainer-1", "build oci-archive", "apptainer", ("--version",)),
        *(_building("oci-archive"), _not_root),
    ),
    Tool("lxc-5", "create -t local", _LXC, ("--help",), _lxc, _not_root),
    Tool("systemd-252", "import-tar", _SYSTEMD, ("--version",), _systemd, _not_root),
    Tool("umoci-0", "unpack", "umoci", ("--version",), _umoci, _umoci_problem),
    Tool("tar-1", "extract", "tar", ("--version",), _extracting("tar", *_TAR_OPTIONS), _not_root),
    Tool("trivy-0", "image --input", "trivy", ("--version",), _trivy),
    Tool("dive-0", "docker-archive", "dive", ("--version",), _dive),
    *(
        Tool("syft-1", form, "syft", ("version",), partial(_syft, form))
        for form in ("docker-archive", "oci-archive", "oci-dir")
    ),
    *(
        Tool(
            "snyk-1",
            f"container test {form}",
            "node",
            ("--version",),
            partial(_snyk, form),
            _snyk_problem,
        )
        for form in ("docker-archive", "oci-archive")
    ),
)
"""All tools."""
