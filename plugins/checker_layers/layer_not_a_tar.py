"""LYR003: a layer that is no tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.lookalike import looks_like
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.tar import AnomalyKind
from checker_layers._layers import (
    is_cut_with_archive,
    is_read_to_end,
    no_layer_reason,
    present_layers,
)


class LayerNotATar(Check):
    """A layer is no tar.

    What it means:
        What the image names as a layer is, after decompression, no tar: a JSON document, an
        archive of another kind, a tar compressed twice, or nothing at all. No bytes at all are a
        warning, since some engines take them for an empty layer.

    Why it matters:
        Engines refuse the image when they unpack the layer ("archive/tar: invalid tar header").

    How to fix it:
        Write the archive again. If the layer looks like a JSON document, look for two paths or
        digests that were swapped.

    References:
        - OCI image-spec 1.1, layer.md: a layer is a tar archive
    """

    id = "LYR003"
    name = "layer-not-a-tar"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there is nothing to look at."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at how each layer begins."""
        for layer, blob in present_layers(archive):
            what = None if is_cut_with_archive(archive, blob) else _what_instead(blob)
            if what is not None:
                empty = blob.inflated_size == 0
                yield self.finding(
                    layer,
                    f"{layer.label} is no tar: {what}",
                    severity=Severity.WARNING if empty else None,
                )


def _what_instead(blob: Blob) -> str | None:
    """What a layer is instead of a tar; None for a tar, and for what was not read to its end."""
    if blob.document is not None:
        return "it is a JSON document" if blob.document.error is None else "it begins like JSON"
    if blob.tar is None or not is_read_to_end(blob):
        return None
    plain = blob.compression.kind is CompressionKind.NONE
    if blob.inflated_size == 0:
        return "it has 0 bytes" if plain else f"its {blob.compression.kind} stream holds nothing"
    for anomaly in blob.tar.of_kind(AnomalyKind.NOT_A_TAR):
        inside = "" if plain else f"inside its {blob.compression.kind} stream "
        words = looks_like(blob.tar.head)
        return f"{inside}{anomaly.detail}{f'; it looks like {words}' if words else ''}"
    return None
