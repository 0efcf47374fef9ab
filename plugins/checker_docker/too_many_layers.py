"""DKR016: an image with more layers than Docker supports."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker_docker.scopes import MOST_LAYERS

_OVERLAY = 500


class TooManyLayers(Check):
    """An image has more than 125 layers.

    What it means:
        The image has more layers than a storage driver can stack. In an archive that contains only
        an OCI layout the finding is a warning.

    Why it matters:
        Docker's classic store rejects the image: "max depth exceeded". Every build on top of it
        fails in the same way. Podman and other users of containers-storage support up to 500
        layers, containerd as many as the options of one mount have room for.

    How to fix it:
        Combine build steps, or flatten the image with `docker build --squash` or `buildah build
        --layers=false`:

            RUN apt-get update
            RUN apt-get install -y curl

            RUN apt-get update && apt-get install -y curl    # one layer

    References:
        - Docker, layer/layer_store.go: maxLayerDepth
        - containers/storage, drivers/overlay: maxDepth
    """

    id = "DKR016"
    name = "too-many-layers"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Count the layers of each image."""
        for image in archive.images:
            count = len(image.layers)
            if count <= MOST_LAYERS:
                continue
            also = f", Podman at most {_OVERLAY}" if count > _OVERLAY else ""
            yield self.finding(
                image,
                f"{image.label} has {count} layers, Docker's classic store supports at most "
                f"{MOST_LAYERS}{also}",
                severity=None if image.item is not None else Severity.WARNING,
            )
