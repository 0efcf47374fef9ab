"""CFG002: a config with an unknown type of root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity


class WrongRootfsType(Check):
    """``rootfs.type`` of a config is not ``layers``.

    What it means:
        ``rootfs.type`` must be ``layers``, the only value that the specification defines. It is
        another string.

    Why it matters:
        The specification requires that implementations reject any other value. containerd 2 stores
        such an image without unpacking it, and ``crane validate`` refuses it. Docker, Podman and
        containerd 1.6 do not check the value.

    How to fix it:
        Set the type, and update the digest of the config in the manifest:

            "rootfs": {"type": "layers", "diff_ids": ["sha256:…"]}

    References:
        - OCI image-spec 1.1, config.md, "Properties" (rootfs)
        - Docker Image Specification v1.2, "Image JSON Field Descriptions"
    """

    id = "CFG002"
    name = "wrong-rootfs-type"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the type."""
        if config.rootfs_type not in (None, "layers"):
            yield self.finding(
                config,
                f'config of {config.location.image}: rootfs.type is "{config.rootfs_type}"; the '
                'only valid value is "layers"',
                at={"pointer": "/rootfs/type"},
            )
