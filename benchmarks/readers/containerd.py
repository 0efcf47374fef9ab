"""A containerd 2 for the tools that need one, which ``make readers`` installs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmarks.engines.host import mounts_below
from benchmarks.engines.overlay import overlay_place, overlay_to_skip

_START_SECONDS = 30
_CONFIG = """version = 3
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
    "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
    "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri",
]
[grpc]
address = "{address}"
"""


@cache
def reason_to_skip(program: str | None, folder: Path) -> str | None:
    """Why no containerd can run here; None if it can.

    Args:
        program: The path of containerd, if it is installed.
        folder: Where it would keep its layers.
    """
    if program is None:
        return "containerd 2 is not installed: make readers"
    if os.geteuid() != 0:
        return "containerd needs root"
    return overlay_to_skip(folder)


@contextmanager
def running_containerd(program: str, folder: Path) -> Iterator[str]:
    """Run containerd in a directory; the address of its socket.

    Raises:
        RuntimeError: It does not answer.
    """
    with overlay_place(folder) as place:
        address = str(folder / "containerd.sock")
        config = folder / "containerd.toml"
        config.write_text(_CONFIG.format(folder=place, address=address))
        with (folder / "containerd.log").open("wb") as log:
            command = [program, "--config", str(config)]
            server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            try:
                _wait_for(Path(address), server)
                yield address
            finally:
                server.terminate()
                server.wait()
                for point in mounts_below(place):
                    subprocess.run(["umount", point], check=True)


def _wait_for(socket: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("containerd does not start")
        time.sleep(0.1)
