"""The working directory, and the paths that runtimes mount over.

Sources: Docker Engine 28, container.SetupWorkingDirectory; runc 1.1 and 1.2, prepareRootfs and
mountToRootfs (CVE-2019-19921, CVE-2023-27561); OCI runtime-spec 1.2, config-linux.md, "Default
Filesystems".
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.rootfs import Rootfs, RootfsEntry
from checker.starting.identity import closed_directory, find_identity, may_execute
from checker.starting.lookup import is_mounted
from checker.starting.obstacle import Cause, Obstacle
from checker.starting.process import Process

# Parts of a path that are looked at; deeper ones are not in use.
_PARTS = 256
_DIRECTORIES = ("proc", "sys", "dev", "etc")
_NO_LINKS = frozenset({"proc", "sys"})
_FILES = ("etc/hosts", "etc/hostname", "etc/resolv.conf")


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
        message = f"cannot mkdir: {directory} is not a directory"
        yield Obstacle(
            Cause.WORKING_DIRECTORY, reason, message, path=directory.strip("/"), found=found
        )
        return
    yield from _closed(rootfs, process, directory)


def _closed(rootfs: Rootfs, process: Process, directory: str) -> Iterator[Obstacle]:
    """Why the user may not enter the working directory."""
    identity = find_identity(rootfs, process.user)
    if identity is None or identity.is_root:
        return
    closed = closed_directory(rootfs, identity, directory)
    end = rootfs.resolve(directory)
    if closed is None and end is not None and not may_execute(identity, end.entry):
        closed = end
    if closed is not None:
        reason = f"user {identity.uid} may not enter the directory /{closed.path}"
        message = f'chdir to cwd ("{directory}") set in config.json failed: permission denied'
        yield Obstacle(
            Cause.WORKING_DIRECTORY, reason, message, path=directory.strip("/"), found=closed
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


def mount_obstacles(rootfs: Rootfs) -> Iterator[Obstacle]:
    """The paths that runtimes mount over and that are of the wrong type."""
    for path in _DIRECTORIES:
        found = rootfs.get(path) if path in _NO_LINKS else rootfs.resolve(path)
        if found is not None and not found.entry.is_directory:
            yield _blocked(found, path, "an ordinary directory")
    for path in _FILES:
        found = rootfs.resolve(path)
        if found is not None and found.entry.is_directory:
            yield _blocked(found, path, "a file")


def _blocked(found: RootfsEntry, path: str, wanted: str) -> Obstacle:
    reason = f"runtimes mount on /{path}, which is a {found.entry.kind_name} and must be {wanted}"
    message = f"mount /{path}: not a directory"
    return Obstacle(Cause.MOUNT_POINT, reason, message, path=path, found=found)
