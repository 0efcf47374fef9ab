"""LYR002: a layer whose compression does not match its media type."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Blob, Check, CompressionKind, Finding, Layer, MediaType, Severity
from checker.model.names import LAYER_COMPRESSION
from checker_layers.layers import is_read_to_end

# containerd detects the compression for all media types except these.
_NOT_DETECTED = frozenset({MediaType.OCI_LAYER, MediaType.OCI_FOREIGN_LAYER})
# What containerd reads, whatever the media type says: no compression, or one that it detects.
_INFLATED_BY_ALL = frozenset({CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD})

_AS_SKOPEO_WRITES = (MediaType.DOCKER_LAYER_GZIP, CompressionKind.NONE)


class MediaTypeUnlikeCompression(Check):
    """The compression of a layer does not match its media type.

    What it means:
        The media type of a layer states its compression: none, gzip or zstd. The content is
        compressed differently. It is an error where an engine fails: compressed content with an OCI
        media type without compression, and xz or bzip2 with any media type. gzip in place of zstd
        or vice versa, and an uncompressed layer with a media type for compression, are warnings.
        An uncompressed layer with Docker's type for gzip is a note in skopeo's ``dir:`` layout,
        where skopeo and ``podman save --format docker-dir`` write it.

    Why it matters:
        containerd, and Docker's containerd image store, do not decompress a layer of type
        ``…layer.v1.tar``, and support neither xz nor bzip2: they do not recognize the layer as a
        tar. For the other media types they detect the compression, as Podman and skopeo always do.
        Readers that trust the media type fail: umoci, for example, reports ``gzip: invalid header``
        for an uncompressed layer, and registries and scanners may do the same.

    How to fix it:
        ``skopeo copy`` rewrites layers and media types. (skopeo 1.9 writes an uncompressed layer
        with the gzip type if it copies a docker-archive with
        ``--dest-oci-accept-uncompressed-layers``.)

            skopeo copy --dest-compress-format gzip oci:before oci:after

    References:
        - OCI image-spec 1.1, layer.md, "+gzip Media Types" and "+zstd Media Types"
        - containerd, core/images/mediatypes.go, DiffCompression
    """

    id = "LYR002"
    name = "media-type-unlike-compression"
    severity = Severity.ERROR
    since = "0.1.0"

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
        found = "not compressed" if actual is CompressionKind.NONE else f"compressed with {actual}"
        yield self.finding(
            layer,
            f"{layer.label}: its media type is {media_type}, its content is {found}"
            f"{_consequence(actual)}",
            severity=_severity(MediaType(media_type), actual, blob),
        )


def _consequence(actual: CompressionKind) -> str:
    if actual is not CompressionKind.NONE:
        return ""
    return "; engines detect this, readers that trust the media type fail"


def _is_known(media_type: str) -> bool:
    return media_type in LAYER_COMPRESSION


def _is_tar(blob: Blob) -> bool:
    """Whether the layer is a tar; LYR003 reports others."""
    return is_read_to_end(blob) and blob.tar is not None and blob.inflated_size > 0


def _severity(media_type: MediaType, actual: CompressionKind, blob: Blob) -> Severity:
    # Blobs of an image layout are in directories.
    is_in_dir_layout = "/" not in blob.path
    if is_in_dir_layout and (media_type, actual) == _AS_SKOPEO_WRITES:
        return Severity.NOTE
    is_refused = media_type in _NOT_DETECTED or actual not in _INFLATED_BY_ALL
    return Severity.ERROR if is_refused else Severity.WARNING
