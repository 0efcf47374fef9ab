"""RFS015: a kernel, its modules or a boot loader in a root that is never booted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import mapping
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.folders import LEFTOVERS
from checker_rootfs.places import is_windows, place_of, shown

_BOOTABLE = ("containers.bootc", "ostree.bootable")


class KernelInImage(Check):
    """The root filesystem holds a kernel, kernel modules or a boot loader.

    What it means:
        /boot has a kernel, an initial ramdisk or the files of a boot loader, or /lib/modules has
        the modules of a kernel. Images that say by their labels that they are meant to boot
        (containers.bootc, ostree.bootable) pass.

    Why it matters:
        Containers share the kernel of their host and load no modules: hundreds of megabytes lie
        there unused, and scanners report the flaws of a kernel that never runs. The root was
        probably taken from a machine or its disk image, together with other things of it.

    How to fix it:
        Remove the kernel packages (``apt-get purge 'linux-image-*'``) in the step that brings
        them, or build from a base image for containers. Waive this rule for a root that virtual
        machines boot from.

    References:
        - Filesystem Hierarchy Standard 3.0, "3.5 /boot"
        - bootc, container lint, "kernel" and "nonempty-boot"
    """

    id = "RFS015"
    name = "kernel-in-image"
    severity = Severity.NOTE

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look for kernels and, once for each kernel, for modules."""
        if is_windows(rootfs) or _is_bootable(rootfs):
            return
        seen: set[str] = set()
        for row in rootfs.below(*LEFTOVERS):
            match = _boot_files().match(row.path)
            if match is None or match[0] in seen:
                continue
            seen.add(match[0])
            placed = Placed(row.layer, row.entry)
            what = "boot files" if match[0].startswith("boot/") else "kernel modules"
            yield self.finding(
                placed.layer,
                f"{shown(rootfs, placed)}: {what} in a root that containers start from, not "
                "machines",
                at=place_of(rootfs, placed.entry),
            )


@cache
def _boot_files() -> re.Pattern[str]:
    images = r"(?:vmlinu[xz]|initr|initramfs|System\.map|kernel|bzImage)[^/]*$"
    loaders = "(?:grub2?|efi|EFI|loader)/"
    return re.compile(rf"boot/(?:{images}|{loaders})|(?:usr/)?lib/modules/[^/]+/")


def _is_bootable(rootfs: Rootfs) -> bool:
    config = rootfs.config
    labels = mapping(None if config is None else config.settings.get("Labels"))
    return any(label in labels for label in _BOOTABLE)
