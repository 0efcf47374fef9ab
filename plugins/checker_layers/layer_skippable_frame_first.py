"""LYR023: a zstd layer that begins with a skippable frame."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker_layers._layers import no_layer_reason, present_layers


class LayerSkippableFrameFirst(Check):
    """A layer compressed by zstd begins with a skippable frame.

    What it means:
        A zstd stream may hold frames without content, for the notes of a tool. Here such a frame
        comes first, so that the layer does not begin with the four bytes by which most readers
        know zstd.

    Why it matters:
        Podman, Buildah, skopeo and crane take the layer for one that is not compressed, and fail.
        Docker and containerd know both beginnings.

    How to fix it:
        Compress the layer with `zstd`, not with `pzstd`. A zstd:chunked layer has its skippable
        frames at the end.

    References:
        - RFC 8878, section 3.1.2, "Skippable Frames"
        - containers/image, pkg/compression: zstd is known by 28 B5 2F FD alone
    """

    id = "LYR023"
    name = "layer-skippable-frame-first"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers none is compressed."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at how each layer begins."""
        for layer, blob in present_layers(archive):
            if blob.compression.skippable_first:
                yield self.finding(
                    layer,
                    f"{layer.label}: its zstd stream begins with a skippable frame; Podman and "
                    "skopeo do not recognise it",
                )
