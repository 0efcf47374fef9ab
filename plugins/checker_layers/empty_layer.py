"""LYR021: a layer without entries."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import GLOBAL_HEADER
from checker_layers._layers import is_read, no_layer_reason, present_layers

_GLOBAL = GLOBAL_HEADER.encode()


class EmptyLayer(Check):
    """A layer holds nothing.

    What it means:
        The layer is a tar without entries. (A layer without any bytes is no tar: see
        layer-not-a-tar.)

    Why it matters:
        It changes nothing in the image, and is usual after a step that changes no file, such as a
        WORKDIR that is there already. It may also be what is left of a step that went wrong.

    How to fix it:
        If the step should have brought files, look at its sources; else leave it.

    References:
        - OCI image-spec 1.1, config.md, history: `empty_layer` marks steps without a layer
    """

    id = "LYR021"
    name = "empty-layer"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers none is empty."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for layers that were read to their end without an entry."""
        for layer, blob in present_layers(archive):
            if not layer.entries.kinds.strip(_GLOBAL) and blob.inflated_size and is_read(layer):
                yield self.finding(
                    layer,
                    f"{layer.label} holds nothing: it is a tar of {blob.inflated_size} bytes "
                    "without entries",
                )
