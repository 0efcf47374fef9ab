"""Would a container of a root filesystem start? The checks of a runtime, in its order.

Sources: Docker Engine 28, daemon/create.go, daemon/oci_linux.go and container/container_unix.go;
runc 1.1 and 1.2, libcontainer; Podman 5, libpod/container_internal_linux.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.image import Image, Layer
from checker.model.limits import Limits
from checker.model.rootfs import Rootfs
from checker.starting.accounts import ACCOUNTS
from checker.starting.directories import mount_obstacles, working_directory_obstacles
from checker.starting.identity import find_identity, user_obstacles
from checker.starting.libraries import LOADERS
from checker.starting.lookup import is_mounted, look_up
from checker.starting.obstacle import Answer, Budget, Cause, Obstacle, Start
from checker.starting.process import Process, process_of
from checker.starting.programs import HEADS, Setting, missing_obstacle, program_obstacles
from checker.starting.wrapped import wrapped_obstacles

READS = (HEADS, ACCOUNTS, *LOADERS)
"""What must have been read of a root filesystem, so that the answer is not ``unknown``."""

NOT_LOOKED_UP = "not all libraries that programs need were looked up"
"""What is not known if too many paths would have to be looked up; most need some thousand."""

HOST = "amd64"
"""The CPU architecture of the host, if nothing else is said."""


def image_start(rootfs: Rootfs, architecture: str = HOST, budget: Budget | None = None) -> Start:
    """Whether a container of an image starts, without any options.

    Args:
        rootfs: The root filesystem of the image.
        architecture: CPU architecture of the host, in Go's words.
        budget: How many paths may be looked up; ``Limits.lookups`` if None.
    """
    image, config = rootfs.image, rootfs.config
    if image is None or config is None:
        return _start((), [_doubt(Cause.INCOMPLETE, "the config of the image was not read")])
    foreign = _foreign(rootfs, image)
    if foreign is not None:
        return _start((), [foreign])
    return root_start(rootfs, process_of(config), architecture, budget)


def root_start(
    rootfs: Rootfs, process: Process, architecture: str = HOST, budget: Budget | None = None
) -> Start:
    """Whether a process starts in a root filesystem.

    Args:
        rootfs: The root filesystem.
        process: The process, of which the command may be empty.
        architecture: CPU architecture of the host, in Go's words.
        budget: How many paths may be looked up; ``Limits.lookups`` if None.
    """
    found = obstacles(rootfs, process, architecture, budget or Budget(Limits().lookups))
    return _start(process.arguments, list(found))


def obstacles(
    rootfs: Rootfs, process: Process, architecture: str, budget: Budget
) -> Iterator[Obstacle]:
    """Everything that prevents a process from starting or is not known, in the runtime's order."""
    if not process.arguments:
        reason = "the image has neither Entrypoint nor Cmd" if rootfs.image else "set CMD"
        yield Obstacle(Cause.NO_COMMAND, reason, "no command specified")
        return
    gap = _gap(rootfs)
    if gap is not None:
        yield gap
        return
    yield from user_obstacles(rootfs, process.user)
    yield from working_directory_obstacles(rootfs, process)
    yield from mount_obstacles(rootfs)
    identity = find_identity(rootfs, process.user)
    yield from _program(Setting(rootfs, process, identity, architecture, budget))


def _program(setting: Setting) -> Iterator[Obstacle]:
    rootfs, process = setting.rootfs, setting.process
    lookup = look_up(rootfs, process, process.arguments[0])
    if is_mounted(lookup.path):
        reason = f"{lookup.path} is on a filesystem that the runtime mounts"
        yield _doubt(Cause.MISSING, reason)
    elif lookup.found is None:
        yield missing_obstacle(rootfs, lookup)
    else:
        yield from program_obstacles(setting, lookup)
        yield from wrapped_obstacles(setting)


def _start(command: tuple[str, ...], found: list[Obstacle]) -> Start:
    """The answer: what surely fails decides, then what is not known."""
    if not found:
        return Start(Answer.YES, f"{command[0]} is in the root with all that it needs", "", command)
    first = min(found, key=lambda each: not each.is_certain)
    answer = Answer.NO if first.is_certain else Answer.UNKNOWN
    return Start(answer, first.reason, first.message, command, first.cause)


def _doubt(cause: Cause, reason: str) -> Obstacle:
    return Obstacle(cause, reason, "", is_certain=False)


def _foreign(rootfs: Rootfs, image: Image) -> Obstacle | None:
    """Why an image is not for Linux, so that nothing is known about its start."""
    config = rootfs.config
    if image.is_windows or rootfs.get("Files/Windows") is not None:
        return _doubt(Cause.NOT_LINUX, "images for Windows are not examined")
    system = "" if config is None else (config.os or "").lower()
    if system not in ("", "linux"):
        return _doubt(Cause.NOT_LINUX, f"images for {system} are not examined")
    if config is not None and (config.architecture or "").startswith("wasm"):
        return _doubt(Cause.NOT_LINUX, "a runtime for WebAssembly starts it")
    return None


def _gap(rootfs: Rootfs) -> Obstacle | None:
    """What of the root filesystem is not known."""
    if rootfs.is_whole:
        return None
    for layer in rootfs.layers:
        reason = _why_unknown(layer)
        if reason is not None:
            label = f"layer {layer.position}" if rootfs.image else "the archive"
            return _doubt(Cause.INCOMPLETE, f"{label} {reason}")
    return _doubt(Cause.INCOMPLETE, "not all of the root filesystem was read")


def _why_unknown(layer: Layer) -> str | None:
    """Why the content of a layer is not known; None if it is."""
    blob = layer.blob
    if layer.is_encrypted:
        return "is encrypted"
    if blob is None:
        return "is not in the archive"
    if blob.error is not None:
        return "could not be read"
    if blob.tar is None or blob.tar.head:
        return "is not a tar"
    if not blob.whole or blob.tar.fatal is not None:
        return "is damaged"
    if any(reached.limit != "content" for reached in blob.tar.limits):
        return "was not read to its end, because a limit was reached"
    return None
