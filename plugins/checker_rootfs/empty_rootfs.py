"""RFS001: a root filesystem in which nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.rootfs import Rootfs


class EmptyRootfs(Check):
    """A root filesystem has no entry at all.

    What it means:
        All layers applied, whiteouts included, no file and no directory remains. Either the layers
        hold nothing, or the upper ones take away what the lower ones brought. An image that lists
        no layer in the first place gets a note only: it can be a carrier of metadata, or a base to
        build on.

    Why it matters:
        Engines load or import it without a word, and no container can start from it: there is
        nothing to run.

    How to fix it:
        Look at what was packed: a COPY from the wrong stage or directory, a tar made of an empty
        folder, or a container that was exported before anything was put into it.

    References:
        - OCI image-spec 1.1, layer.md, "Applying Changesets"
    """

    id = "RFS001"
    name = "empty-rootfs"
    severity = Severity.ERROR

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report a root without anything visible but itself."""
        if len(rootfs) > 1 or (len(rootfs) == 1 and rootfs.get("") is None):
            return
        if rootfs.image is None:
            yield self.finding(
                rootfs,
                "the archive holds nothing that an import would keep: the root filesystem would "
                "be empty",
            )
        elif not rootfs.layers:
            yield self.finding(
                rootfs,
                f"{rootfs.image.label} has no layers, so its root filesystem is empty",
                severity=Severity.NOTE,
            )
        else:
            count = len(rootfs.layers)
            layers = "its one layer leaves" if count == 1 else f"its {count} layers together leave"
            yield self.finding(rootfs, f"{rootfs.image.label}: {layers} an empty root filesystem")
