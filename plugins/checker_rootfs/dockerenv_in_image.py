"""RFS025: the mark of a running container inside an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.rootfs import Rootfs
from checker_rootfs.command import why_skipped
from checker_rootfs.places import place_of, shown

_MARKS = (".dockerenv", ".dockerinit")


class DockerenvInImage(Check):
    """An image holds /.dockerenv, which engines put into running containers.

    What it means:
        Docker makes an empty file /.dockerenv in each container, and long ago /.dockerinit. In an
        export of a container that is usual, and a flat root is not reported. In an image it tells
        that the image was made of such an export.

    Why it matters:
        Programs that look for the file take any place for a Docker container where the root is
        used: a build, podman, a virtual machine. And an image that was made by export and import
        has lost its history, layers and settings.

    How to fix it:
        Build the image from a Dockerfile, or use ``docker commit`` in place of export and import;
        else delete the file.

    References:
        - Docker Engine 28, daemon/initlayer
        - Docker Engine 1.10, daemon/execdriver, which had /.dockerinit
    """

    id = "RFS025"
    name = "dockerenv-in-image"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """In an export the file is usual."""
        return "a flat root filesystem may be an export" if why_skipped(archive) else None

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look for the marks."""
        if rootfs.image is None:
            return
        for path in _MARKS:
            placed = rootfs.get(path)
            if placed is not None and placed.entry.is_file:
                yield self.finding(
                    placed.layer,
                    f"{shown(rootfs, placed)}: a file that engines make in running containers",
                    at=place_of(rootfs, placed.entry),
                    fix=f"delete /{path}",
                )
