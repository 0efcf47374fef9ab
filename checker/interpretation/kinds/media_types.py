"""The media types that an image layout names, for artifacts."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import OciLayout
from checker.model.image import mapping, text


def media_types(oci: OciLayout | None) -> frozenset[str]:
    """The types of artifacts, configs and layers in a layout."""
    return frozenset() if oci is None else frozenset(_all(oci))


def _all(oci: OciLayout) -> Iterator[str]:
    for manifest in oci.manifests:
        yield manifest.artifact_type or ""
        descriptors = (manifest.config, *manifest.layers)
        yield from (each.media_type or "" for each in descriptors if each is not None)
    for index in oci.indexes:
        yield text(mapping(index.document.value).get("artifactType")) or ""
        yield from (each.artifact_type or "" for each in index.manifests)
        yield from (each.media_type or "" for each in index.manifests)
