"""LYR001: a layer whose content does not match its diffID."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Blob, Check, Finding, Layer, Severity, parse_digest
from checker_layers.layers import is_tar_layer


class DiffIdMismatch(Check):
    """The uncompressed content of a layer does not match its diffID.

    What it means:
        ``rootfs.diff_ids`` of the config lists a diffID for each layer: the digest of the complete
        tar before compression. The content of this layer has another digest.

    Why it matters:
        The layer is not the one that the image was built with: it was modified, damaged or swapped.
        ``docker load`` rejects it ("invalid diffID for layer"), as do containerd ("wrong diff id
        calculated on extraction") and Podman. Docker with the containerd image store loads the
        image, prints "Error unpacking image", and exits with 0.

    How to fix it:
        Save the image again. If the message says that the config has the digest of the compressed
        layer, the tool that wrote it confuses digest and diffID:

            sha256sum layer.tar.gz          digest, in the manifest
            zcat layer.tar.gz | sha256sum   diffID, in the config

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID"
        - Docker image specification v1.2, "Image JSON Field Descriptions", rootfs
    """

    id = "LYR001"
    name = "diff-id-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """Compare the two digests."""
        blob, expected = layer.blob, parse_digest(layer.diff_id)
        if blob is None or expected is None or not is_tar_layer(layer) or not _is_hashed(blob):
            return
        actual = blob.diff_id or blob.digest
        if expected.algorithm == "sha256" and str(expected) != actual:
            yield self.finding(
                layer,
                f"{layer.label}: uncompressed content hashes to {actual}, the config says "
                f"{expected}{_explanation(blob, str(expected))}; engines reject the layer",
            )


def _is_hashed(blob: Blob) -> bool:
    """Whether the complete content was hashed."""
    return blob.whole and blob.compression.error is None


def _explanation(blob: Blob, expected: str) -> str:
    if expected == blob.digest:
        return ", which is the digest of the compressed layer"
    return ""
