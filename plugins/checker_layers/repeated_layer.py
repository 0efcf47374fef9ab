"""LYR020: an image that has the same layer twice."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.image import Image
from checker_layers._layers import no_layer_reason


class RepeatedLayer(Check):
    """An image has the same layer more than once.

    What it means:
        Two layers of one image have the same uncompressed content. Empty layers are left alone.

    Why it matters:
        Every engine takes it, but it seldom makes sense: a step was copied, or an image was put
        onto a base that holds it already. What layers between the two changed is changed back.

    How to fix it:
        Look for the step in the build that was done twice.

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID"
    """

    id = "LYR020"
    name = "repeated-layer"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers none comes twice."""
        return no_layer_reason(archive)

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
