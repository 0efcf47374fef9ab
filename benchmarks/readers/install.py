"""Installs the tools of ``make readers`` into a directory of the checkout; nothing else needs them.

Each tool is pinned. What cannot be installed is skipped, and the reason is listed. Compiled for the
first time on two processors, the first tool takes about 160 seconds, dive as long, oras and regctl
15 each, containerd with ctr 8 minutes, and cosign 10. syft and trivy take longer than all others
together. nerdctl is used where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.readers.tools import INSTALLED, NODE_PACKAGES

MINUTES = 10
"""Time for all of them, unless another is given."""
_LAST_WORDS = 300
_SNYK = "snyk"
_OVER = "skipped: the time is over"


class Module(NamedTuple):
    """A tool that is a Go module.

    Attributes:
        program: Name of the program.
        package: The path of its package.
        version: The version.
        module: The path of the module, if its ``go.mod`` replaces others: ``go install`` refuses
            it, so that it is built where it is downloaded to; else empty.
        experiment: The experiment of the Go toolchain that it needs; empty for none.
    """

    program: str
    package: str
    version: str
    module: str = ""
    experiment: str = ""


class Package(NamedTuple):
    """A tool that is a package of the distribution, which is used where it is installed.

    Attributes:
        program: Name of the program.
        package: Name of the Debian package.
    """

    program: str
    package: str


MODULES = (
    Module("crane", "github.com/google/go-containerregistry/cmd/crane", "v0.22.1"),
    Module("oras", "oras.land/oras/cmd/oras", "v1.3.6"),
    Module("regctl", "github.com/regclient/regclient/cmd/regctl", "v0.11.7"),
    Module(
        *("umoci", "github.com/opencontainers/umoci/cmd/umoci", "v0.6.0"),
        module="github.com/opencontainers/umoci",
    ),
    Module("dive", "github.com/wagoodman/dive", "v0.13.1"),
    Module("ctr", "github.com/containerd/containerd/v2/cmd/ctr", "v2.3.4"),
    Module("containerd", "github.com/containerd/containerd/v2/cmd/containerd", "v2.3.4"),
    Module("cosign", "github.com/sigstore/cosign/v3/cmd/cosign", "v3.1.3"),
    Module("syft", "github.com/anchore/syft/cmd/syft", "v1.57.1"),
    Module(*("trivy", "github.com/aquasecurity/trivy/cmd/trivy", "v0.74.0"), experiment="jsonv2"),
)
"""In the order of what they take to compile: what does not fit into the time is skipped."""
NODE_DEPENDENCIES = {"snyk-docker-plugin": "9.20.2"}
"""Packages of npm: the plugin with which snyk reads archives."""
NODE_OVERRIDES = {"shescape": "2.1.12"}
PACKAGES = (
    Package("nerdctl", "nerdctl"),
    Package("buildah", "buildah"),
    Package("skopeo", "skopeo"),
    Package("bsdtar", "libarchive-tools"),
    Package("machinectl", "systemd-container"),
    Package("lxc-create", "lxc lxc-templates"),
)


def install(modules: tuple[Module, ...], seconds: float) -> Iterator[str]:
    """Install modules in some time; a line for each.

    Args:
        modules: The modules.
        seconds: The time for all of them.
    """
    go = shutil.which("go")
    deadline = time.monotonic() + seconds
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for module in modules:
        name = f"{module.program} {module.version}"
        if _is_there(module):
            yield f"{name}: installed before"
        elif go is None:
            yield f"{name}: skipped: go is not installed"
        else:
            yield f"{name}: {_install(go, module, deadline)}"


def present(packages: tuple[Package, ...]) -> Iterator[str]:
    """Where the packages of the distribution are; a line for each."""
    for package in packages:
        path = shutil.which(package.program)
        shown = f"skipped: apt-get install {package.package}" if path is None else path
        yield f"{package.program}: {shown}"


def install_node_packages(seconds: float) -> str:
    """Install the packages of npm in some time; a line for all."""
    npm = shutil.which("npm")
    name = " ".join(f"{name} {version}" for name, version in NODE_DEPENDENCIES.items())
    wanted = {
        "private": True,
        "dependencies": NODE_DEPENDENCIES,
        "overrides": NODE_OVERRIDES,
    }
    manifest = NODE_PACKAGES / "package.json"
    if manifest.exists() and json.loads(manifest.read_text("utf-8")) == wanted:
        return f"{name}: installed before"
    if npm is None:
        return f"{name}: skipped: npm is not installed"
    if seconds <= 0:
        return f"{name}: {_OVER}"
    NODE_PACKAGES.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(wanted), "utf-8")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    said = _run(command, dict(os.environ), seconds, NODE_PACKAGES)
    if said is not None:
        manifest.unlink()
    return f"{name}: {said or 'installed'}"


def _stamp(module: Module) -> Path:
    return INSTALLED / f".{module.program}-{module.version}"


def _is_there(module: Module) -> bool:
    return _stamp(module).exists() and (INSTALLED / module.program).exists()


def _install(go: str, module: Module, deadline: float) -> str:
    if time.monotonic() >= deadline:
        return _OVER
    environment = {**os.environ, "GOBIN": str(INSTALLED), "CGO_ENABLED": "0"}
    if module.experiment:
        environment["GOEXPERIMENT"] = module.experiment
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        for command in _commands(go, module):
            skipped = _run(command, environment, deadline - time.monotonic(), Path(folder))
            if skipped is not None:
                return skipped
    _stamp(module).touch()
    return "installed"


def _run(
    command: Sequence[str], environment: Mapping[str, str], seconds: float, folder: Path
) -> str | None:
    """Run a step of an installation in a directory; why it is skipped, None if it is done."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _OVER
    if done.returncode == 0:
        return None
    words = " ".join(done.stderr.split())
    return f"skipped: {words[-_LAST_WORDS:]}"


def _commands(go: str, module: Module) -> Iterator[list[str]]:
    """The commands that install a module, in the order in which they are run."""
    if not module.module:
        yield [go, "install", f"{module.package}@{module.version}"]
        return
    # A copy, as what is downloaded is read-only.
    found = f"{module.module}@{module.version}"
    yield [go, "mod", "download", found]
    copied = f'cp -r "$({go} env GOMODCACHE)/{found}" source && chmod -R u+w source'
    yield ["sh", "-c", copied]
    inside = module.package.removeprefix(module.module)
    output = str(INSTALLED / module.program)
    yield [go, "-C", "source", "build", "-mod=mod", "-o", output, f".{inside}"]


def main() -> int:
    """Install tools; always 0, since each of them can be done without."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*(module.program for module in MODULES), _SNYK]
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"of {', '.join(known)}")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="time for all of them")
    options = parser.parse_args()
    wanted = options.tools or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        parser.error(f"unknown tools: {', '.join(unknown)}")
    deadline = time.monotonic() + options.minutes * 60
    if _SNYK in wanted:
        print(install_node_packages(options.minutes * 60), flush=True)
    modules = tuple(module for module in MODULES if module.program in wanted)
    for line in (*present(PACKAGES), *install(modules, deadline - time.monotonic())):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
