"""CFG003: a config that counts other layers than the manifest."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker_config.configs import (
    ImageCheck,
    diff_ids_count,
    images_with_config,
    layers_count,
)


class DiffIdsCountMismatch(ImageCheck):
    """A config has more or fewer diff_ids than its manifest has layers.

    What it means:
        ``rootfs.diff_ids`` of the config lists the digest of each uncompressed layer, in the order
        in which the manifest lists the layers. Here one list is longer than the other. (For the
        layers that ``manifest.json`` of a docker-archive lists, a DKR rule compares them.)

    Why it matters:
        containerd refuses to unpack the image: ``number of layers and diffIDs don't match``.
        Podman fails when it comes to a layer without a diffID, or stores another image than was
        meant.

    How to fix it:
        Build or write the image again: config and manifest were not made for each other. To see
        the diffID of a layer: ``zcat LAYER | sha256sum``.

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID" and "Properties" (rootfs)
        - OCI image-spec 1.1, manifest.md, layers
        - containerd 2, core/unpack/unpacker.go
    """

    id = "CFG003"
    name = "diff-ids-count-mismatch"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the two lists of each image that has a manifest."""
        for image, config in images_with_config(archive):
            diff_ids = diff_ids_count(config)
            layers = layers_count(image)
            if image.manifest is None or layers is None or diff_ids is None:
                continue
            if layers != diff_ids:
                yield self.finding(
                    config,
                    f"{image.label}: the number of layers in the manifest is {layers}, of diff_ids "
                    f"in the config {diff_ids}",
                    at={"image": image.location.image, "pointer": "/rootfs/diff_ids"},
                    related=(image.manifest.location,),
                )
