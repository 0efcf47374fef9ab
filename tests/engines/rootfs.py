"""A small root filesystem of one static BusyBox."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.engines.host import Host

FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/os-release": 'ID=sample\nNAME="Sample"\nVERSION_ID=1\nPRETTY_NAME="Sample 1"\n',
    "etc/hostname": "sample\n",
}
FOLDERS = ("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/bin", "var/tmp")
APPLETS = ("cat", "false", "ls", "sh", "true")


def build_rootfs(folder: Path, busybox: Path) -> None:
    """Fill a folder that does not exist yet with a root filesystem.

    Args:
        folder: Where the root is to be.
        busybox: A static BusyBox.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (folder / name).chmod(0o1777)
    (folder / "root").chmod(0o700)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    shutil.copyfile(busybox, folder / "bin/busybox")
    (folder / "bin/busybox").chmod(0o755)
    for name in APPLETS:
        (folder / "bin" / name).symlink_to("busybox")


def pack(host: Host, folder: Path, archive: Path) -> None:
    """Write a folder's content as a tar with GNU tar, owned by root."""
    host.must("tar", "--numeric-owner", "--owner=0", "--group=0", "-C", folder, "-cf", archive, ".")
