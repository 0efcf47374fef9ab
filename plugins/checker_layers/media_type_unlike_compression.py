"""LYR002: a layer that is compressed in another way than its media type says."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.image import Layer
from checker.model.names import LAYER_COMPRESSION, MediaType
from checker_layers._layers import is_read_to_end

# containerd looks at the bytes under all media types but these.
_TAKEN_AT_THEIR_WORD = frozenset({MediaType.OCI_LAYER, MediaType.OCI_FOREIGN_LAYER})
# What containerd inflates when it looks at the bytes.
_INFLATED_BY_ALL = frozenset({CompressionKind.GZIP, CompressionKind.ZSTD})


class MediaTypeUnlikeCompression(Check):
    """A layer is compressed in another way than its media type says.

    What it means:
        The media type of a layer names its compression: none, gzip or zstd. The bytes of this one
        begin as another compression does. It is an error where an engine fails on it: compressed
        bytes under an OCI type without compression, and xz or bzip2 under any type. gzip and zstd
        in each other's place are a warning, an uncompressed layer under a compressed type a note.

    Why it matters:
        containerd, and so Docker's containerd store, does not inflate a layer of type
        `…layer.v1.tar`, and knows neither xz nor bzip2: the layer is no tar to it. Under the other
        types it looks at the bytes, as Podman and skopeo always do; registries and scanners may
        not.

    How to fix it:
        `skopeo copy --dest-compress-format gzip` writes layers and media types anew. skopeo 1.9
        writes an uncompressed layer under the gzip type if it copies a docker-archive with
        `--dest-oci-accept-uncompressed-layers`.

    References:
        - OCI image-spec 1.1, layer.md, "+gzip Media Types" and "+zstd Media Types"
        - containerd, core/images/mediatypes.go, DiffCompression
    """

    id = "LYR002"
    name = "media-type-unlike-compression"
    severity = Severity.ERROR

    def check_layer(self, layer: Layer) -> Iterator[Finding]:
        """Compare media type and magic bytes."""
        descriptor, blob = layer.descriptor, layer.blob
        if descriptor is None or blob is None or not _is_tar(blob):
            return
        media_type = descriptor.media_type or ""
        promised = LAYER_COMPRESSION.get(MediaType(media_type)) if _is_known(media_type) else None
        actual = blob.compression.kind
        if promised is None or promised == actual:
            return
        found = "not compressed" if actual is CompressionKind.NONE else f"compressed by {actual}"
        yield self.finding(
            layer,
            f"{layer.label}: its media type is {media_type}, its content is {found}",
            severity=_severity(MediaType(media_type), actual),
        )


def _is_known(media_type: str) -> bool:
    return media_type in LAYER_COMPRESSION


def _is_tar(blob: Blob) -> bool:
    """Whether it is worth comparing: what is no layer at all is another rule's business."""
    return is_read_to_end(blob) and blob.tar is not None and blob.inflated_size > 0


def _severity(media_type: MediaType, actual: CompressionKind) -> Severity:
    if actual is CompressionKind.NONE:
        return Severity.NOTE
    if media_type in _TAKEN_AT_THEIR_WORD or actual not in _INFLATED_BY_ALL:
        return Severity.ERROR
    return Severity.WARNING
