"""Whether images and programs suit the host that engines run on."""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.archive import Archive
from checker.model.image import Image
from checker.model.names import Platform
from checker.verdicts import Host
from checker_engines.containerd.platforms import preference


def suits_host(platform: Platform | None, host: Host) -> bool:
    """Whether containers of a platform start on a host; True if the platform is not known.

    Features of the operating system are not compared.
    """
    if platform is None or not platform.os or not platform.architecture:
        return True
    return preference(platform._replace(os_features=()), host) is not None


def without_what(images: Iterable[Image], host: Host) -> str:
    """Why containers of images for other platforms do not start on a host, as an end of a sentence.

    An emulator runs programs for another processor, not for another operating system.
    """
    if any(image.platform is not None and image.platform.os == host.os for image in images):
        return "without emulation"
    return "under another operating system"


def for_other_hosts(archive: Archive, host: Host) -> tuple[tuple[Image, ...], ...]:
    """The images, all platforms of each together, of which none is for the host."""
    by_name: dict[tuple[str, ...], list[Image]] = {}
    for image in archive.images:
        by_name.setdefault(image.names, []).append(image)
    return tuple(
        tuple(images)
        for images in by_name.values()
        if not any(suits_host(image.platform, host) for image in images)
    )
