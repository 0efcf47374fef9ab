"""RFS001: an empty root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker_rootfs.command import find_start
from checker_rootfs.places import is_empty


class EmptyRootfs(Check):
    """A root filesystem has no entries.

    What it means:
        After all layers and their whiteouts are applied, no file and no directory remains. Either
        the layers are empty, or the upper layers hide the content of the lower ones. An image
        without layers is only a note: it can carry metadata, or be a base to build on. The note is
        left to manifest-without-layers and, if the image has a command, to missing-entrypoint.

    Why it matters:
        Engines load or import it silently, but no container can start from it: there is no program
        to run.

    How to fix it:
        Check the source of the files: a COPY from the wrong stage or directory, a tar of an empty
        directory, or a container that was exported before files were added.

    References:
        - OCI image-spec 1.1, layer.md, "Applying Changesets"
    """

    id = "RFS001"
    name = "empty-rootfs"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a root filesystem without visible entries except the root itself."""
        if not is_empty(rootfs):
            return
        if rootfs.image is None:
            yield self.finding(
                rootfs,
                "the archive has no entries that an import would keep; the root filesystem would "
                "be empty",
            )
        elif not rootfs.layers:
            # Reported by manifest-without-layers, or, if it should start, by missing-entrypoint.
            if rootfs.image.manifest is not None or find_start(rootfs) is not None:
                return
            yield self.finding(
                rootfs,
                f"{rootfs.image.label} has no layers, so its root filesystem is empty",
                severity=Severity.NOTE,
            )
        else:
            count = len(rootfs.layers)
            layers = "its layer results in" if count == 1 else f"its {count} layers result in"
            yield self.finding(rootfs, f"{rootfs.image.label}: {layers} an empty root filesystem")
