"""LYR020: an image with the same layer more than once."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Image, Severity
from checker_layers.layers import LayerCheck


class RepeatedLayer(LayerCheck):
    """An image has the same layer more than once.

    What it means:
        Two layers of one image have the same uncompressed content. Empty layers are ignored.

    Why it matters:
        Every engine accepts it, but it is rarely intended: a step was duplicated, or an image was
        put on a base image that already contains it. Changes of the layers between the two are
        reverted.

    How to fix it:
        Find the build step that was executed twice.

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID"
    """

    id = "LYR020"
    name = "repeated-layer"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the layers of each image with each other."""
        for image in archive.images:
            yield from self._image(image)

    def _image(self, image: Image) -> Iterator[Finding]:
        seen: dict[str, int] = {}
        for layer in image.layers:
            blob = layer.blob
            if blob is None or not blob.whole or not len(layer.entries):
                continue
            content = blob.diff_id or blob.digest
            first = seen.setdefault(content, layer.position)
            if first != layer.position:
                yield self.finding(
                    layer,
                    f"{layer.label} has the same content as layer {first}: {content}",
                )
