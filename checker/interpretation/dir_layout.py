"""The image in a ``dir:`` layout of skopeo (containers/image, directory/directory_transport.go).

``manifest.json`` is the manifest of an image, or an index. Configs and layers are files that are
named by the hexadecimal digits of their digests, manifests below an index ``HEX.manifest.json``.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.interpretation.images import image_of
from checker.model.blob import Blob
from checker.model.image import (
    Descriptor,
    Image,
    Manifest,
    Nature,
    mapping,
    nature_of,
    read_index,
    read_manifest,
    text,
)
from checker.model.limits import Limits
from checker.model.location import Location
from checker.model.members import Members
from checker.model.names import MANIFEST_JSON, Digest


def find_dir_images(archive: Location, members: Members, limits: Limits) -> tuple[Image, ...]:
    """The images of a ``dir:`` layout, the one of ``manifest.json`` or those that it lists.

    Args:
        archive: The archive.
        members: Its members.
        limits: ``images`` bounds how many are read.
    """
    manifests = (each for each in _manifests(members) if each.is_image)
    images = (
        image_of(archive, lambda digest: _blob(members, digest), manifest, ())
        for manifest in manifests
    )
    return tuple(image for image, _ in zip(images, range(limits.images), strict=False))


def _blob(members: Members, digest: Digest | None) -> Blob | None:
    return None if digest is None else members.blob(digest.encoded)


def _manifests(members: Members) -> Iterator[Manifest]:
    blob = members.blob(MANIFEST_JSON)
    document = None if blob is None else blob.document
    if blob is None or document is None:
        return
    descriptor = Descriptor(
        location=blob.location,
        media_type=text(mapping(document.value).get("mediaType")),
        digest_text=blob.digest,
        size=blob.size,
    )
    if nature_of(document.value) is not Nature.INDEX:
        yield read_manifest(blob, document, descriptor)
        return
    for each in read_index(blob, document, None, 0).manifests:
        inner = None if each.digest is None else members.blob(f"{each.digest.encoded}.{_SUFFIX}")
        if inner is not None and inner.document is not None:
            yield read_manifest(inner, inner.document, each)


_SUFFIX = MANIFEST_JSON
