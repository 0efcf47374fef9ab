"""RFS015: a kernel, kernel modules or a boot loader in a root filesystem for containers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker import Check, Finding, Rootfs, Severity
from checker.model.image import mapping
from checker_rootfs.directories import LEFTOVERS
from checker_rootfs.places import is_windows, place_of, shown

_BOOTABLE = ("containers.bootc", "ostree.bootable")


class KernelInImage(Check):
    """The root filesystem contains a kernel, kernel modules or a boot loader.

    What it means:
        /boot contains a kernel, an initial ramdisk or the files of a boot loader, or /lib/modules
        contains kernel modules. Images whose labels say that they are bootable (containers.bootc,
        ostree.bootable) are ignored.

    Why it matters:
        Containers share the kernel of their host and load no modules: hundreds of megabytes are
        unused, and scanners report vulnerabilities of a kernel that never runs. The root filesystem
        was probably copied from a machine or its disk image, together with other files of that
        machine.

    How to fix it:
        Remove the kernel packages in the step that installs them, or use a base image for
        containers. Waive this rule for a root filesystem that virtual machines boot from.

            apt-get purge 'linux-image-*'

    References:
        - Filesystem Hierarchy Standard 3.0, "3.5 /boot"
        - bootc, container lint, "kernel" and "nonempty-boot"
    """

    id = "RFS015"
    name = "kernel-in-image"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Find kernels and, once for each kernel, modules."""
        if is_windows(rootfs) or _is_bootable(rootfs):
            return
        seen: set[str] = set()
        for row in rootfs.below(*LEFTOVERS):
            match = _boot_files().match(row.path)
            if match is None or match[0] in seen:
                continue
            seen.add(match[0])
            placed = row
            what = "boot files" if match[0].startswith("boot/") else "kernel modules"
            yield self.finding(
                placed.layer,
                f"{shown(rootfs, placed)}: {what}, which containers do not use",
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
