"""CFG003: a config whose number of diffIDs differs from the number of layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_config.configs import ImageCheck, counted, images_with_config
from checker_config.counts import diff_ids_count, layers_count


class DiffIdsCountMismatch(ImageCheck):
    """A config has more or fewer diffIDs than its manifest has layers.

    What it means:
        ``rootfs.diff_ids`` of the config lists the digest of each uncompressed layer, in the order
        of ``layers`` in the manifest. The two lists have different lengths. (The layers that
        ``manifest.json`` of a docker-archive lists are compared by a DKR rule.)

    Why it matters:
        containerd refuses to unpack the image: ``number of layers and diffIDs don't match``. Podman
        fails at the first layer without a diffID, or stores an incomplete image.

    How to fix it:
        Rebuild the image or write the archive again: config and manifest do not belong together. To
        compute the diffID of a layer:

            zcat LAYER | sha256sum

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID" and "Properties" (rootfs)
        - OCI image-spec 1.1, manifest.md, layers
        - containerd 2, core/unpack/unpacker.go
    """

    id = "CFG003"
    name = "diff-ids-count-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the two lists of each image that has a manifest."""
        for image, config in images_with_config(archive):
            diff_ids = diff_ids_count(config)
            layers = layers_count(image)
            if image.manifest is None or layers is None or diff_ids is None:
                continue
            if layers != diff_ids:
                consequence = "the image cannot be unpacked"
                if not layers:
                    consequence = "containerd does not unpack the image"
                yield self.finding(
                    config,
                    f"{image.label}: the manifest lists {counted(layers, 'layer')}, the config "
                    f"lists {counted(diff_ids, 'diffID')}; {consequence}",
                    at={"image": image.location.image, "pointer": "/rootfs/diff_ids"},
                    related=(image.manifest.location,),
                )
