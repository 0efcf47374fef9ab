"""RFS028: the programs of a root filesystem are for another architecture than the host's."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Rootfs, Severity
from checker.model.elf import machine_for, runs_too
from checker_rootfs.command import START_CONTENT, count_machines
from checker_rootfs.scopes import FLAT_ROOTS


class RootForOtherHost(Check):
    """The programs of a root filesystem were built for another architecture than that of the host.

    What it means:
        A root filesystem does not state its platform. Most of its executables are ELF files for
        another architecture than that of the host, which is linux/amd64 unless ``--host OS/ARCH``
        says otherwise.

    Why it matters:
        ``docker import`` and ``podman import`` record the platform of the host in the image.
        Containers do not start: "exec format error".

    How to fix it:
        State the platform during the import, and run the image on hosts of this platform, or
        export the container for the platform of the host.

            docker import --platform linux/arm64 rootfs.tar name:tag

    References:
        - Docker Engine 28, daemon/containerd/image_import.go and daemon/images/image_import.go
        - System V ABI, chapter 4, "ELF Header"
    """

    id = "RFS028"
    name = "root-for-other-host"
    severity = Severity.NOTE
    since = "0.1.0"
    reads = START_CONTENT
    needs_digests = False

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is not a flat root filesystem."""
        return FLAT_ROOTS.skip_reason(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Compare the majority of the executables with the host."""
        host = self.context.host
        wanted = machine_for(host.architecture)
        counts = count_machines(self, rootfs)
        if wanted is None or not counts:
            return
        most = max(counts, key=lambda machine: counts[machine])
        if most == wanted or runs_too(most, wanted):
            return
        yield self.finding(
            rootfs,
            f"the executables were built for {most} ({counts[most]} of {counts.total()}), the host "
            f"is {host}: an import records {host}, and containers do not start there without "
            "emulation",
        )
