"""LYR023: a zstd layer that begins with a skippable frame."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_layers.layers import LayerCheck, present_layers


class LayerSkippableFrameFirst(LayerCheck):
    """A layer compressed with zstd begins with a skippable frame.

    What it means:
        A zstd stream may contain frames without content, for metadata of tools. Such a frame comes
        first, so the layer does not begin with the four bytes by which most implementations detect
        zstd.

    Why it matters:
        Podman, Buildah and crane treat the layer as uncompressed and cannot unpack it. skopeo
        copies it as it is. Docker 23 and later and containerd detect both forms.

    How to fix it:
        Compress the layer with ``zstd``, not with ``pzstd``. The skippable frames of a zstd:chunked
        layer come last and are harmless.

            zstd -19 layer.tar -o layer.tar.zst

    References:
        - RFC 8878, section 3.1.2, "Skippable Frames"
        - containers/image, pkg/compression: zstd is known by 28 B5 2F FD alone
    """

    id = "LYR023"
    name = "layer-skippable-frame-first"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check how each layer begins."""
        for layer, blob in present_layers(archive):
            if blob.compression.skippable_first:
                yield self.finding(
                    layer,
                    f"{layer.label}: its zstd stream begins with a skippable frame; Podman and "
                    "Buildah do not detect the compression and cannot unpack it",
                )
