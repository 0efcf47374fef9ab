"""DKR016: an image with more layers than Docker takes."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity

LAYERS = 125
"""Layers that Docker's classic store takes (layer_store.go, maxLayerDepth)."""
_OVERLAY = 500


class TooManyLayers(Check):
    """An image has more than 125 layers.

    What it means:
        The image has more layers than a store stacks on each other. In an archive that only has an
        OCI layout the finding is a warning.

    Why it matters:
        Docker's classic store refuses the image: "max depth exceeded". So does every build on top
        of it. Podman and the other users of containers-storage go up to 500, containerd as far as
        the options of one mount have room.

    How to fix it:
        Join steps of the build, or flatten the image: `docker build --squash`, `buildah build
        --layers=false`.

    References:
        - Docker, layer/layer_store.go: maxLayerDepth
        - containers/storage, drivers/overlay: maxDepth
    """

    id = "DKR016"
    name = "too-many-layers"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count the layers of each image."""
        for image in archive.images:
            count = len(image.layers)
            if count <= LAYERS:
                continue
            also = ", Podman at most 500" if count > _OVERLAY else ""
            yield self.finding(
                image,
                f"{image.label} has {count} layers, Docker's classic store takes at most "
                f"{LAYERS}{also}",
                severity=None if image.item is not None else Severity.WARNING,
            )
