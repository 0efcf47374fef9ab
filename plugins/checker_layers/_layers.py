"""What several rules ask of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checker.model.archive import Archive, Source
from checker.model.blob import Blob
from checker.model.image import Layer
from checker.model.names import LAYER_COMPRESSION


class Present(NamedTuple):
    """A layer that is in the archive, and its content."""

    layer: Layer
    blob: Blob


def no_layer_reason(archive: Archive) -> str | None:
    """Why rules about layers have nothing to say; None if there are layers."""
    if any(image.layers for image in archive.images):
        return None
    return "the archive has no layers"


def present_layers(archive: Archive) -> Iterator[Present]:
    """The layers whose content is there, each content once, whoever shares it."""
    seen: set[int] = set()
    for image in archive.images:
        for layer in image.layers:
            blob = layer.blob
            if blob is not None and blob.position not in seen and is_tar_layer(layer):
                seen.add(blob.position)
                yield Present(layer, blob)


def is_tar_layer(layer: Layer) -> bool:
    """Whether the layer must be a tar: an unknown media type may be anything, even encrypted."""
    media_type = None if layer.descriptor is None else layer.descriptor.media_type
    return media_type is None or media_type in LAYER_COMPRESSION


def is_cut_with_archive(archive: Archive, blob: Blob) -> bool:
    """Whether the content ends early because the archive around it does."""
    if archive.source is Source.FOLDER or blob.position < 0:
        return False
    return blob.size < archive.entries.sizes[blob.position]


def is_read_to_end(blob: Blob) -> bool:
    """Whether the end of the layer that was seen is its own, not that of a limit or corruption."""
    limits = () if blob.tar is None else blob.tar.limits
    return blob.whole and blob.compression.error is None and not limits
