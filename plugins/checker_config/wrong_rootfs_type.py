"""CFG002: a config whose root filesystem is not made of layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Config


class WrongRootfsType(Check):
    """A config's ``rootfs.type`` is not ``layers``.

    What it means:
        ``rootfs.type`` says how the root filesystem is given. The one value that there is, is
        ``layers``; here it is another string.

    Why it matters:
        The specification has engines refuse any other value. containerd does not unpack such an
        image, so it can be imported but not run; Docker's classic store does not look.

    How to fix it:
        Set ``rootfs.type`` to ``layers``, and correct the config's digest in the manifest.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (rootfs)
        - Docker Image Specification v1.2, "Image JSON Field Descriptions"
    """

    id = "CFG002"
    name = "wrong-rootfs-type"
    severity = Severity.ERROR

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Compare the type."""
        if config.rootfs_type not in (None, "layers"):
            yield self.finding(
                config,
                f'config of {config.location.image}: rootfs.type is "{config.rootfs_type}"; '
                'engines know "layers" only',
                at={"pointer": "/rootfs/type"},
            )
