"""The configs of an archive: which blobs they are, and how messages name them."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Check, Config, Image, Manifest
from checker.checks.scopes import IMAGES
from checker.model.image import nature_of


class ImageCheck(Check):
    """A check of images as a whole; it is skipped for archives without images."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive has no image."""
        return IMAGES.skip_reason(archive)


def config_blobs(archive: Archive) -> Iterator[tuple[Image, Blob]]:
    """Yield each blob that an image references as its config, once, with the first such image.

    Omitted are blobs that were not read completely (reported by the ARC rules), blobs that are not
    JSON because their content does not match their digest (OCI009), and an index or manifest that
    is referenced as a config (OCI011).
    """
    seen: set[int] = set()
    for image in archive.images:
        blob = _config_blob(archive, image)
        if blob is not None and blob.position not in seen and archive.has_all_of(blob):
            seen.add(blob.position)
            if image.manifest is None or _is_meant(image.manifest, blob):
                yield image, blob


def images_with_config(archive: Archive) -> Iterator[tuple[Image, Config]]:
    """Yield the images whose config is a JSON object."""
    for image in archive.images:
        if image.config is not None:
            yield image, image.config


def label(config: Config) -> str:
    """How messages name a config."""
    return f"config of {config.location.image}"


def counted(count: int, noun: str) -> str:
    """A number and its noun: ``1 layer``, ``2 layers``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_windows(config: Config) -> bool:
    """Whether the image is for Windows, which has other paths and user names."""
    return (config.os or "").lower() == "windows"


def _config_blob(archive: Archive, image: Image) -> Blob | None:
    if image.manifest is not None and image.manifest.config is not None:
        return archive.members.blob_of(image.manifest.config.digest)
    if image.item is not None and image.item.config:
        return archive.members.blob(image.item.config)
    return None


def _is_meant(manifest: Manifest, blob: Blob) -> bool:
    """Whether a fault of the blob is a fault of the config that the manifest references."""
    digest = None if manifest.config is None else manifest.config.digest
    if blob.document is None or blob.document.error is not None:
        return digest is None or blob.hashes_to(digest) is not False
    return nature_of(blob.document.value) is None
