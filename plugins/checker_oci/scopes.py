"""The image layouts in which rules about other content than plain images can find anything.

Each scope includes at least the archives in which one of its rules has a finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Index, Manifest
from checker.checks.listed import Scope
from checker.model.archive import OciLayout
from checker.model.image import REF_NAME, mapping
from checker.model.names import LAYER_COMPRESSION, MANIFEST_TYPES

_OF_COSIGN = ".sig"
_USUAL_ALGORITHM = "sha256:"


def _has_more_than_plain_images(archive: Archive) -> bool:
    """Whether anything is not an image that index.json lists, with its content in the layout."""
    layout = archive.oci
    if layout is None or archive.attached or not layout.manifests:
        return True
    is_plain = (
        all(map(_is_plain_index, layout.indexes))
        and all(map(_is_plain_image, layout.manifests))
        and all(map(_is_plain, _descriptors(layout)))
    )
    return not is_plain


def _is_plain_index(index: Index) -> bool:
    lists_images = all(
        each.media_type in MANIFEST_TYPES and not each.is_attestation for each in index.manifests
    )
    return not index.depth and "subject" not in mapping(index.document.value) and lists_images


def _is_plain_image(manifest: Manifest) -> bool:
    is_other = manifest.artifact_type is not None or manifest.subject is not None
    if is_other or not manifest.is_image:
        return False
    is_signature = manifest.descriptor.annotations.get(REF_NAME, "").endswith(_OF_COSIGN)
    return not is_signature and all(
        each.media_type in LAYER_COMPRESSION for each in manifest.layers
    )


def _is_plain(descriptor: Descriptor) -> bool:
    has_more = descriptor.urls or descriptor.data is not None
    is_usual = (descriptor.digest_text or "").startswith(_USUAL_ALGORITHM)
    return is_usual and not has_more and descriptor.artifact_type is None


def _descriptors(layout: OciLayout) -> Iterator[Descriptor]:
    for index in layout.indexes:
        yield from index.manifests
    for manifest in layout.manifests:
        yield from manifest.layers
        yield from () if manifest.config is None else (manifest.config,)


def _has_platforms(archive: Archive) -> bool:
    indexes = () if archive.oci is None else archive.oci.indexes
    return any(each.platform is not None for index in indexes for each in index.manifests)


MORE_THAN_PLAIN_IMAGES = Scope(_has_more_than_plain_images, None)
PLATFORMS = Scope(_has_platforms, None)
