"""OCI022: one of several images without a platform."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Severity
from checker.model.names import MANIFEST_TYPES
from checker_oci.documents import (
    LayoutCheck,
    below,
    manifest_of,
    manifests_by_path,
    members_of,
    place,
    refers_to_image,
)


class MissingPlatform(LayoutCheck):
    """One of several images in an index does not have a platform.

    What it means:
        A nested index lists the same image for several platforms, and engines select by
        ``platform`` of each descriptor. Here an image among them has none. Not reported are
        ``index.json``, which lists images with different names, artifacts and attestations, and an
        index that lists only one image.

    Why it matters:
        Podman and skopeo never select an image without a platform. containerd must read its config
        instead, which must then be in the archive.

    How to fix it:
        Add a ``platform`` with the ``os``, ``architecture`` and ``variant`` of the image's config,
        or create the index again with ``docker buildx imagetools create``:

            "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, descriptor.md, "Properties"
    """

    id = "OCI022"
    name = "missing-platform"
    severity = Severity.WARNING
    since = "0.1.0"

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
                    yield from self._inspect(index, each, len(images))

    def _inspect(self, index: Index, descriptor: Descriptor, count: int) -> Iterator[Finding]:
        if "platform" in members_of(index, descriptor):
            return
        yield self.finding(
            descriptor._replace(location=below(descriptor.location, "platform")),
            f"{place(descriptor)} has no platform, but is one of {count} images in the index; "
            "engines select by platform",
            at={"digest": descriptor.digest_text},
        )
