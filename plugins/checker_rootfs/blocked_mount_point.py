"""RFS012: a mount point of the engine that is of the wrong type."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker.starting.directories import blocked_mount_points
from checker_rootfs.places import is_windows, place_of, shown


class BlockedMountPoint(Check):
    """A path that engines mount over in every container is of the wrong type.

    What it means:
        Engines mount filesystems on /proc, /sys and /dev, and files on /etc/hosts, /etc/hostname
        and /etc/resolv.conf. Here /proc or /sys is a symlink or not a directory, /dev or /etc is
        not a directory, or one of the three files is a directory. Missing paths are accepted, since
        engines create them, as are FreeBSD roots, where /sys is a symlink.

    Why it matters:
        Containers of the image do not start. runc refuses: "filesystem "proc" must be mounted on
        ordinary directory", or the mount fails with "not a directory". Docker replaces files and
        links in the place of directories, so there the container starts, without their content.

    How to fix it:
        Delete the path, or replace it with an empty directory (an empty file for the three files):

            rm ROOT/proc && mkdir ROOT/proc

    References:
        - OCI runtime-spec 1.2, config-linux.md, "Default Filesystems"
        - runc 1.2, mountToRootfs (CVE-2019-19921, CVE-2023-27561)
    """

    id = "RFS012"
    name = "blocked-mount-point"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the mount points of engines."""
        if is_windows(rootfs) or _is_bsd(rootfs):
            return
        for blocked in blocked_mount_points(rootfs):
            found = blocked.found
            yield self.finding(
                found.layer,
                f"{shown(rootfs, found)} is a {found.entry.kind_name}, but engines mount on "
                f"/{blocked.path}, which must be {blocked.wanted}",
                at=place_of(rootfs, found.entry),
            )


def _is_bsd(rootfs: Rootfs) -> bool:
    config = rootfs.config
    return (config is not None and config.os == "freebsd") or "libexec/ld-elf.so.1" in rootfs
