"""The working directory, and the paths that runtimes mount over.

Sources: Docker Engine 28, container.SetupWorkingDirectory; runc 1.1 and 1.2, prepareRootfs and
mountToRootfs (CVE-2019-19921, CVE-2023-27561); OCI runtime-spec 1.2, config-linux.md, "Default
Filesystems".
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.rootfs import Rootfs, RootfsEntry
from checker.records import NamedTuple
from checker.starting.lookup import is_mounted
from checker.starting.obstacle import Cause, Obstacle
from checker.starting.process import Process

# Parts of a path that are looked at; deeper ones are not in use.
_PARTS = 256
MOUNTED_DIRECTORIES = ("proc", "sys", "dev", "etc")
"""The directories that runtimes mount over, or in."""
_NO_LINKS = frozenset({"proc", "sys"})
MOUNTED_FILES = ("etc/hosts", "etc/hostname", "etc/resolv.conf")
"""The files that runtimes mount over."""


def working_directory_obstacles(rootfs: Rootfs, process: Process) -> Iterator[Obstacle]:
    """Why a process cannot enter its working directory; runtimes create one that is missing."""
    written = process.working_directory
    if written and not written.startswith("/"):
        reason = f"the working directory {written} is not an absolute path"
        yield Obstacle(Cause.WORKING_DIRECTORY, reason, "Cwd must be an absolute path")
        return
    directory = process.directory
    if not directory or is_mounted(directory):
        return
    found = blocked_directory(rootfs, directory)
    if found is not None:
        reason = f"/{found.path} is a {found.entry.kind_name}"
        message = f"Cannot mkdir: {directory} is not a directory"
        yield Obstacle(
            Cause.WORKING_DIRECTORY, reason, message, path=directory.strip("/"), found=found
        )


def blocked_directory(rootfs: Rootfs, directory: str) -> RootfsEntry | None:
    """The first component of a path that is not a directory, links followed."""
    parts = directory.strip("/").split("/")
    for count in range(1, min(len(parts), _PARTS) + 1):
        end = rootfs.follow("/".join(parts[:count]))
        found = rootfs.get(end) if end else None
        if found is not None and not found.entry.is_directory:
            return found
    return None


class BlockedMountPoint(NamedTuple):
    """A path that runtimes mount over and that is of the wrong type.

    Attributes:
        path: The path.
        found: What is there, links followed where runtimes follow them.
        wanted: What must be there, with its article.
        is_replaced: Whether Docker replaces it, as it does with files and links in the place of
            directories (initlayer.Setup); runc and crun alone refuse it.
    """

    path: str
    found: RootfsEntry
    wanted: str
    is_replaced: bool


def blocked_mount_points(rootfs: Rootfs) -> Iterator[BlockedMountPoint]:
    """The paths that runtimes mount over and that are of the wrong type."""
    for path in MOUNTED_DIRECTORIES:
        found = rootfs.get(path) if path in _NO_LINKS else rootfs.resolve(path)
        if found is not None and not found.entry.is_directory:
            yield BlockedMountPoint(path, found, "an ordinary directory", is_replaced=True)
    for path in MOUNTED_FILES:
        found = rootfs.resolve(path)
        if found is not None and found.entry.is_directory:
            yield BlockedMountPoint(path, found, "a file", is_replaced=False)


def mount_obstacles(rootfs: Rootfs) -> Iterator[Obstacle]:
    """Why filesystems and files cannot be mounted in a container."""
    for blocked in blocked_mount_points(rootfs):
        path, found = blocked.path, blocked.found
        reason = (
            f"engines mount on /{path}, which is a {found.entry.kind_name} and must be "
            f"{blocked.wanted}"
        )
        message = f"mount /{path}: not a directory"
        if blocked.is_replaced:
            reason, message = f"{reason}; Docker replaces it, others do not start", ""
        is_certain = not blocked.is_replaced
        yield Obstacle(Cause.MOUNT_POINT, reason, message, is_certain, path, found)
