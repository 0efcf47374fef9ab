"""LYR001: a layer whose content is not what the config's diffID says."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.blob import Blob
from checker.model.image import Layer
from checker.model.names import parse_digest
from checker_layers._layers import is_tar_layer


class DiffIdMismatch(Check):
    """The uncompressed content of a layer does not hash to its diffID.

    What it means:
        The config lists a diffID for each layer, in `rootfs.diff_ids`: the digest of the layer's
        tar before compression, every byte of it. The content of this layer hashes to another one.

    Why it matters:
        The layer is not the one that the image was made of: changed, damaged or in the wrong
        place. `docker load` refuses it ("invalid diffID for layer"), containerd too ("wrong diff id
        calculated on extraction"), Podman as well. Docker with containerd's store loads the image,
        prints "Error unpacking image", and exits with 0.

    How to fix it:
        Write the archive again from the image. If the config holds the digest of the compressed
        layer, as the message then says, the tool that wrote it confuses digest and diffID.

    References:
        - OCI image-spec 1.1, config.md, "Layer DiffID"
        - Docker image specification v1.2, "Image JSON Field Descriptions", rootfs
    """

    id = "LYR001"
    name = "diff-id-mismatch"
    severity = Severity.ERROR

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """Compare the two digests."""
        blob, expected = layer.blob, parse_digest(layer.diff_id)
        if blob is None or expected is None or not is_tar_layer(layer) or not _is_hashed(blob):
            return
        actual = blob.diff_id or blob.digest
        if expected.algorithm == "sha256" and str(expected) != actual:
            yield self.finding(
                layer,
                f"{layer.label}: its uncompressed content hashes to {actual}, the config says "
                f"{expected}{_explanation(blob, str(expected))}",
            )


def _is_hashed(blob: Blob) -> bool:
    """Whether all of the content went into the hash."""
    return blob.whole and blob.compression.error is None


def _explanation(blob: Blob, expected: str) -> str:
    if expected == blob.digest:
        return ", which is the digest of the compressed layer"
    return ""
