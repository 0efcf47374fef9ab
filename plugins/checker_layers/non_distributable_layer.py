"""LYR024: a layer of a non-distributable type."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Layer
from checker.model.names import FOREIGN_LAYER_TYPES


class NonDistributableLayer(Check):
    """A layer has a media type for layers that must not be distributed.

    What it means:
        The media type marks the layer as non-distributable, or foreign as Docker calls it. Such
        types were made for the base layers of Windows; the specification advises against them now.

    Why it matters:
        Tools leave such layers out when they copy images, so that the archive is not whole and
        does not load without a network. Registries may refuse them.

    How to fix it:
        Build upon a base without such layers (Microsoft's have none any more), or give the layers
        the ordinary types when you copy the image.

    References:
        - OCI image-spec 1.1, layer.md, "Non-Distributable Layers"
    """

    id = "LYR024"
    name = "non-distributable-layer"
    severity = Severity.NOTE

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """Look at the media type."""
        media_type = None if layer.descriptor is None else layer.descriptor.media_type
        if media_type in FOREIGN_LAYER_TYPES:
            absent = "" if layer.blob is not None else ", and it is not in the archive"
            yield self.finding(layer, f"{layer.label} has the media type {media_type}{absent}")
