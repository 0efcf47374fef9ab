"""What the rules of this bundle share: where the configs of an archive are."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.image import Config, Image, Manifest, mapping, nature_of


class ImageCheck(Check):
    """A check of images as a whole; it is skipped for archives that have none."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Say that there is no image, if so."""
        return None if archive.images else "the archive has no image"


def config_blobs(archive: Archive) -> Iterator[tuple[Image, Blob]]:
    """Yield the content that an image calls its config, each once, with the first such image.

    Left out is what was not read whole, of which the ARC rules speak; what is no JSON because it
    is not what its digest promises, of which OCI009 speaks; and an index or manifest that is taken
    for a config, of which OCI011 speaks.
    """
    seen: set[int] = set()
    for image in archive.images:
        blob = _config_blob(archive, image)
        if blob is not None and blob.position not in seen and archive.holds_all_of(blob):
            seen.add(blob.position)
            if image.manifest is None or _is_meant(image.manifest, blob):
                yield image, blob


def images_with_config(archive: Archive) -> Iterator[tuple[Image, Config]]:
    """Yield the images whose config is a JSON object."""
    for image in archive.images:
        if image.config is not None:
            yield image, image.config


def diff_ids_count(config: Config) -> int | None:
    """The number of diff_ids, well-formed or not; None if there is no list of them."""
    diff_ids = mapping(mapping(config.document.value).get("rootfs")).get("diff_ids")
    return len(diff_ids) if isinstance(diff_ids, list) else None


def layers_count(image: Image) -> int | None:
    """The number of layers that the manifest lists, else ``manifest.json``; None without a list."""
    if image.manifest is None:
        return len(image.layers)
    layers = mapping(image.manifest.document.value).get("layers")
    return len(layers) if isinstance(layers, list) else None


def label(config: Config) -> str:
    """How messages call a config."""
    return f"config of {config.location.image}"


def is_windows(config: Config) -> bool:
    """Whether the image is for Windows, where paths and users look otherwise."""
    return (config.os or "").lower() == "windows"


def _config_blob(archive: Archive, image: Image) -> Blob | None:
    if image.manifest is not None and image.manifest.config is not None:
        return archive.members.blob_of(image.manifest.config.digest)
    if image.item is not None and image.item.config:
        return archive.members.blob(image.item.config)
    return None


def _is_meant(manifest: Manifest, blob: Blob) -> bool:
    """Whether what is wrong with a blob is wrong with the config that the manifest means."""
    digest = None if manifest.config is None else manifest.config.digest
    if blob.document is None or blob.document.error is not None:
        return digest is None or blob.hashes_to(digest) is not False
    return nature_of(blob.document.value) is None
