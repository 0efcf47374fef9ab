"""Whether containers of the images of an archive start, or of its root filesystem."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from checker.model.archive import Archive
from checker.model.image import Image
from checker.model.rootfs import Rootfs
from checker.starting.obstacle import Answer, Budget, Cause, Start
from checker.starting.process import Process
from checker.starting.start import LOOKUPS, READS, image_start, root_start
from checker.verdicts import Host

StartRoot: TypeAlias = Callable[[Rootfs, str], Start]
"""Whether a container of a root filesystem starts on an architecture."""

START_READS = READS
"""What must have been read of an archive."""


def archive_starts(
    archive: Archive, host: Host, start_root: StartRoot | None = None
) -> tuple[Start, ...]:
    """Whether containers start: of each image, in their order, else of the root filesystem.

    Args:
        archive: The archive, read with ``START_READS``.
        host: The host that they start on.
        start_root: Tells it of a root filesystem, for an architecture; without it, a root
            filesystem has no command.
    """
    if host.os != "linux":
        return (_not_linux(host),) * len(archive.images)
    budget = Budget(LOOKUPS)
    if archive.rootfs is not None and start_root is not None:
        return (start_root(archive.rootfs, host.architecture),)
    if archive.rootfs is not None:
        return (root_start(archive.rootfs, Process(), host.architecture, budget),)
    # A hostile archive lists one image a thousand times.
    known: dict[Hashable, Start] = {}
    for image in archive.images:
        key = _key(image)
        if key not in known:
            rootfs = Rootfs(image.location, image.layers, image)
            known[key] = image_start(rootfs, host.architecture, budget)
    return tuple(known[_key(image)] for image in archive.images)


def _key(image: Image) -> Hashable:
    """What the start of an image depends on: its config, its layers, its platform."""
    layers = tuple((id(layer.blob), layer.is_encrypted) for layer in image.layers)
    return None if image.config is None else id(image.config.blob), image.platform, layers


def _not_linux(host: Host) -> Start:
    return Start(Answer.UNKNOWN, f"hosts with {host.os} are not examined", cause=Cause.NOT_LINUX)
