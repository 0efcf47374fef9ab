"""LYR024: a layer with a non-distributable media type."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Layer, Severity
from checker.model.names import FOREIGN_LAYER_TYPES


class NonDistributableLayer(Check):
    """A layer has a non-distributable media type.

    What it means:
        The media type marks the layer as non-distributable, called foreign by Docker. These types
        were made for the base layers of Windows; the specification now discourages them.

    Why it matters:
        Tools omit such layers when they copy images, so the archive is incomplete and does not load
        without network access. Registries may reject them.

    How to fix it:
        Use a base image without such layers (current images of Microsoft have none), or change the
        media type when the image is copied:

            before:  application/vnd.oci.image.layer.nondistributable.v1.tar+gzip
            after:   application/vnd.oci.image.layer.v1.tar+gzip

    References:
        - OCI image-spec 1.1, layer.md, "Non-Distributable Layers"
    """

    id = "LYR024"
    name = "non-distributable-layer"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """Check the media type."""
        media_type = None if layer.descriptor is None else layer.descriptor.media_type
        if media_type in FOREIGN_LAYER_TYPES:
            absent = "" if layer.blob is not None else ", and its content is not in the archive"
            yield self.finding(
                layer, f"{layer.label} has the non-distributable media type {media_type}{absent}"
            )
