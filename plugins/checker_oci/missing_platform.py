"""OCI022: an image without a platform, among several."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Severity
from checker.model.image import Json, items, mapping
from checker.model.names import MANIFEST_TYPES
from checker_oci.documents import (
    LayoutCheck,
    below,
    manifest_of,
    manifests_by_path,
    place,
    refers_to_image,
)


class MissingPlatform(LayoutCheck):
    """An index that offers several images does not say what one of them runs on.

    What it means:
        A nested index lists the same image for several platforms, and engines choose by
        ``platform`` of each descriptor. Here an image among them has none. ``index.json`` lists
        images of different names, so there it is fine; so it is for artifacts and attestations,
        and for an index that lists one image only.

    Why it matters:
        Podman and skopeo never choose an image without a platform; containerd has to read its
        config to find out, which must then be there.

    How to fix it:
        Give the descriptor a ``platform`` with the ``os``, ``architecture`` and ``variant`` of the
        image's config, or make the index anew: ``docker buildx imagetools create``.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, descriptor.md, "Properties"
    """

    id = "OCI022"
    name = "missing-platform"
    severity = Severity.WARNING

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the nested indexes that list several images."""
        by_path = manifests_by_path(archive)
        for index in () if archive.oci is None else archive.oci.indexes:
            if not index.depth:
                continue
            images = [
                each
                for each in index.manifests
                if each.media_type in MANIFEST_TYPES and refers_to_image(each)
                if (manifest := manifest_of(archive, by_path, each)) is None or manifest.is_image
            ]
            if len({each.digest_text for each in images}) > 1:
                for each in images:
                    yield from self._look_at(index, each, len(images))

    def _look_at(self, index: Index, descriptor: Descriptor, count: int) -> Iterator[Finding]:
        if "platform" in _members_of(index, descriptor):
            return
        yield self.finding(
            descriptor._replace(location=below(descriptor.location, "platform")),
            f"{place(descriptor)} has no platform, among {count} images of one index; engines "
            "choose by it",
            at={"digest": descriptor.digest_text},
        )


def _members_of(index: Index, descriptor: Descriptor) -> Json:
    """The members of a descriptor as they stand in the document."""
    number = int((descriptor.location.pointer or "").rpartition("/")[2])
    return mapping(items(mapping(index.document.value).get("manifests"))[number])
