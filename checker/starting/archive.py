"""Whether containers of the images of an archive start, or of its root filesystem."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from checker.model.archive import Archive
from checker.model.image import Image
from checker.model.limits import LimitReached, Limits
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple
from checker.starting.obstacle import Answer, Budget, Cause, Start
from checker.starting.process import Process
from checker.starting.start import NOT_LOOKED_UP, READS, image_start, root_start
from checker.typing_names import TypeAlias
from checker.verdicts import Host

StartRoot: TypeAlias = Callable[[Rootfs, str], Start]
"""Whether a container of a root filesystem starts on an architecture."""

_LIMITS = Limits()
START_READS = READS
"""What must have been read of an archive."""


class Starts(NamedTuple):
    """Whether containers start, and the limits because of which that is not known.

    Attributes:
        starts: The answer for each image, in their order, else for the root filesystem.
        limits: The limits.
    """

    starts: tuple[Start, ...]
    limits: tuple[LimitReached, ...] = ()


def archive_starts(
    archive: Archive,
    host: Host,
    limits: Limits = _LIMITS,
    start_root: StartRoot | None = None,
) -> Starts:
    """Whether containers start: of each image, in their order, else of the root filesystem.

    Args:
        archive: The archive, read with ``START_READS``.
        host: The host that they start on.
        limits: ``lookups`` bounds the work.
        start_root: Tells it of a root filesystem, for an architecture; without it, a root
            filesystem has no command.
    """
    if host.os != "linux":
        return Starts((_not_linux(host),) * len(archive.images))
    if archive.rootfs is not None and start_root is not None:
        start = start_root(archive.rootfs, host.architecture)
        return Starts((start,), archive.rootfs.reached)
    budget = Budget(limits.lookups)
    reached: dict[LimitReached, None] = {}
    starts = tuple(_starts(archive, host, _Bounds(budget, limits.lookups, reached)))
    if budget.is_spent:
        reached[LimitReached("lookups", limits.lookups, NOT_LOOKED_UP)] = None
    return Starts(starts, tuple(reached))


class _Bounds(NamedTuple):
    """What bounds the work for all images, and where it is noted that a root reached a limit."""

    budget: Budget
    lookups: int
    reached: dict[LimitReached, None]


def _starts(archive: Archive, host: Host, bounds: _Bounds) -> Iterator[Start]:
    if archive.rootfs is not None:
        yield root_start(archive.rootfs, Process(), host.architecture, bounds.budget)
        bounds.reached.update(dict.fromkeys(archive.rootfs.reached))
        return
    # A hostile archive lists one image a thousand times.
    known: dict[Hashable, Start] = {}
    for image in archive.images:
        key = _key(image)
        if key not in known:
            rootfs = Rootfs(image.location, image.layers, image, bounds.lookups)
            known[key] = image_start(rootfs, host.architecture, bounds.budget)
            bounds.reached.update(dict.fromkeys(rootfs.reached))
        yield known[key]


def _key(image: Image) -> Hashable:
    """What the start of an image depends on: its config, its layers, its platform."""
    layers = tuple((id(layer.blob), layer.is_encrypted) for layer in image.layers)
    return None if image.config is None else id(image.config.blob), image.platform, layers


def _not_linux(host: Host) -> Start:
    return Start(Answer.UNKNOWN, f"hosts with {host.os} are not examined", cause=Cause.NOT_LINUX)
