"""LYR003: a layer that is not a tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Blob, CompressionKind, Finding, Severity
from checker.checks.lookalike import looks_like
from checker_layers.layers import (
    LayerCheck,
    is_cut_with_archive,
    is_read_to_end,
    present_layers,
)


class LayerNotATar(LayerCheck):
    """A layer is not a tar.

    What it means:
        The blob that the image references as a layer is, after decompression, not a tar: it is a
        JSON document, another archive format, a tar that was compressed twice, or empty. A layer of
        0 bytes is a warning, since some engines accept it as an empty layer.

    Why it matters:
        Engines reject the image when they unpack the layer ("archive/tar: invalid tar header").

    How to fix it:
        Save the image again. If the layer is a JSON document, check for two paths or digests that
        were swapped.

    References:
        - OCI image-spec 1.1, layer.md: a layer is a tar archive
    """

    id = "LYR003"
    name = "layer-not-a-tar"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check how each layer begins."""
        for layer, blob in present_layers(archive):
            what = None if is_cut_with_archive(archive, blob) else _what_instead(blob)
            if what is not None:
                empty = blob.inflated_size == 0
                yield self.finding(
                    layer,
                    f"{layer.label} is not a tar: {what}",
                    severity=Severity.WARNING if empty else None,
                )


def _what_instead(blob: Blob) -> str | None:
    """What a layer is instead of a tar; None for a tar or a layer that was not read completely."""
    if blob.document is not None:
        return "it is a JSON document" if blob.document.error is None else "it begins like JSON"
    if blob.tar is None or not is_read_to_end(blob):
        return None
    plain = blob.compression.kind is CompressionKind.NONE
    if blob.inflated_size == 0:
        return "it has 0 bytes" if plain else f"its {blob.compression.kind} stream is empty"
    for anomaly in blob.tar.of_kind(AnomalyKind.NOT_A_TAR):
        inside = "" if plain else f"inside its {blob.compression.kind} stream "
        words = looks_like(blob.tar.head)
        return f"{inside}{anomaly.detail}{f'; it looks like {words}' if words else ''}"
    return None
