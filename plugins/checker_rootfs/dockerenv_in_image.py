"""RFS025: the marker of a running container in an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Rootfs, Severity
from checker_rootfs.fixes import fix_in_root
from checker_rootfs.places import place_of, shown
from checker_rootfs.scopes import DOCKER_MARKS, NOT_EXPORTED


class DockerenvInImage(Check):
    """An image contains /.dockerenv, which engines create in running containers.

    What it means:
        Docker creates an empty file /.dockerenv in each container, and early versions created
        /.dockerinit. In an exported container this is normal, so flat root filesystems are not
        reported. In an image it shows that the image was made from an exported container.

    Why it matters:
        Programs that test for the file assume a Docker container wherever the root filesystem is
        used: in a build, under Podman, in a virtual machine. And an image made by export and import
        has lost its history, layers and settings.

    How to fix it:
        Build the image from a Dockerfile, or use ``docker commit`` instead of export and import;
        otherwise delete the file.

            docker commit CONTAINER app:1

    References:
        - Docker Engine 28, daemon/initlayer
        - Docker Engine 1.10, daemon/execdriver, which had /.dockerinit
    """

    id = "RFS025"
    name = "dockerenv-in-image"
    severity = Severity.NOTE
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is a flat root filesystem, where the file is normal."""
        return NOT_EXPORTED.skip_reason(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the markers."""
        if rootfs.image is None:
            return
        for path in DOCKER_MARKS:
            placed = rootfs.get(path)
            if placed is not None and placed.entry.is_file:
                yield self.finding(
                    placed.layer,
                    f"{shown(rootfs, placed)} is a file that engines create in running containers; "
                    "the image was probably made from an exported container",
                    at=place_of(rootfs, placed.entry),
                    fix=fix_in_root(rootfs, "delete the file", "rm", f"/{path}"),
                )
