"""What prevents every engine from reading an archive, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.listing import first_few
from checker.model.archive import Archive, Kind, OciLayout
from checker.model.compression import Compression
from checker.model.image import Image, Layer
from checker.model.names import shorten
from checker.model.tar import Tar

_MOST_NAMED = 3


def reading_obstacle(archive: Archive) -> str | None:
    """Why the archive cannot be read to its end; None if it can, or is not an archive at all."""
    if archive.kind in {Kind.NOT_A_TAR, Kind.EMPTY}:
        return None
    return _stream_obstacle("the archive", archive.compression, archive.tar)


def surrounded_obstacle(archive: Archive) -> str | None:
    """Why an image in a directory or a member cannot be read to its end; None if it can."""
    found = reading_obstacle(archive)
    if found is not None or len(archive.nested_images) != 1:
        return found
    [position] = archive.nested_images
    blob = archive.members.blobs.get(position)
    if blob is None or blob.tar is None:
        return None
    return _stream_obstacle(archive.entries.name(position), blob.compression, blob.tar)


def image_obstacle(archive: Archive) -> str | None:
    """Why none of its images can be loaded; None if at least one can."""
    docker = archive.docker
    if docker is not None and docker.blob is not None:
        document = docker.document
        if document is None or document.error is not None:
            why = "" if document is None else f": {document.error}"
            return f"manifest.json is not valid JSON{why}"
        if not docker.items:
            return "manifest.json lists no images"
    if archive.docker is None and archive.oci is not None and archive.oci.root_index is None:
        return "index.json is missing or is not a JSON object"
    if archive.docker is None and archive.oci is not None and _lists_nothing(archive.oci):
        return "index.json lists no images"
    found = [next(obstacles(image), None) for image in archive.images]
    if found and None not in found:
        return found[0]
    return None


def _lists_nothing(oci: OciLayout) -> bool:
    return oci.root_index is not None and not oci.root_index.manifests


def absent_base(archive: Archive) -> str | None:
    """The layers that are absent of images of which others are there, and which engines know."""
    absent: list[str] = []
    for image in archive.images:
        missing = [layer for layer in image.layers if layer.blob is None]
        if len(missing) < len(image.layers) and all(layer.diff_id for layer in missing):
            absent += (layer.label for layer in missing)
    return first_few(absent, _MOST_NAMED) if absent else None


def obstacles(image: Image) -> Iterator[str]:
    """What prevents every engine from loading an image."""
    if image.config is None:
        yield f"the config of {image.label} is missing or is not a JSON object"
        return
    diff_ids = image.config.diff_ids
    if diff_ids is None or len(diff_ids) != len(image.layers):
        count = "no" if diff_ids is None else str(len(diff_ids))
        yield (f"{image.label} has {len(image.layers)} layers, its config lists {count} diff_ids")
    for layer in image.layers:
        yield from _layer_obstacles(layer)


def _layer_obstacles(layer: Layer) -> Iterator[str]:
    blob = layer.blob
    if blob is None:
        yield f"{layer.label} is not in the archive"
        return
    if layer.is_encrypted:
        yield f"{layer.label} is encrypted; it needs the private key of a recipient"
        return
    if blob.tar is None:
        yield f"{layer.label} is not a tar"
        return
    obstacle = _stream_obstacle(layer.label, blob.compression, blob.tar)
    if obstacle is not None:
        yield obstacle
    elif blob.whole and layer.diff_id is not None and blob.diff_id != layer.diff_id:
        yield (
            f"{layer.label} hashes to {shorten(blob.diff_id or '')}, its config says "
            f"{shorten(layer.diff_id)}"
        )


def _stream_obstacle(what: str, compression: Compression, tar: Tar) -> str | None:
    if compression.error is not None:
        return f"{what} is damaged: {compression.error}"
    fatal = tar.fatal
    if fatal is not None:
        return f"{what} is damaged at byte {fatal.offset}: {fatal.detail}"
    return None
