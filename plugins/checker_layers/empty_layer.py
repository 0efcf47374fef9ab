"""LYR021: a layer without entries."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import GLOBAL_HEADER
from checker_layers.layers import LayerCheck, is_read, present_layers

_GLOBAL = GLOBAL_HEADER.encode()


class EmptyLayer(LayerCheck):
    """A layer has no entries.

    What it means:
        The layer is a tar without entries. (A layer of 0 bytes is not a tar: see layer-not-a-tar.)

    Why it matters:
        It does not change the image, and is common after a step that changes no file, such as a
        WORKDIR that already exists. It may also be the result of a step that failed silently.

    How to fix it:
        If the step should have added files, check its sources; otherwise no change is needed.

    References:
        - OCI image-spec 1.1, config.md, history: `empty_layer` marks steps without a layer
    """

    id = "LYR021"
    name = "empty-layer"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Find layers that were read to their end without an entry."""
        for layer, blob in present_layers(archive):
            if not layer.entries.kinds.strip(_GLOBAL) and blob.inflated_size and is_read(layer):
                yield self.finding(
                    layer,
                    f"{layer.label} has no entries (a tar of {blob.inflated_size} bytes)",
                )
