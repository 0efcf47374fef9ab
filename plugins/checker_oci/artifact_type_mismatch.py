"""OCI031: a descriptor whose artifact type does not match the manifest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Manifest, Severity
from checker_oci.documents import (
    LayoutCheck,
    below,
    is_media_type,
    listed_manifests,
    place,
    short_name,
)


class ArtifactTypeMismatch(LayoutCheck):
    """The ``artifactType`` of a descriptor does not match the manifest.

    What it means:
        ``artifactType`` of a descriptor repeats that of the artifact's manifest or, if the manifest
        has none, the media type of its config. Here it is different.

    Why it matters:
        Tools find signatures, attestations and other artifacts by this type, so they miss the
        artifact or treat it as something else.

    How to fix it:
        Use the same type in both places, and update the digest and size of the changed document in
        the descriptors that reference it.

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (artifactType)
        - OCI distribution-spec 1.1, "Listing Referrers"
    """

    id = "OCI031"
    name = "artifact-type-mismatch"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the descriptors in indexes with the manifests in the archive."""
        for descriptor, manifest in listed_manifests(archive):
            if descriptor.artifact_type is not None:
                yield from self._compare(descriptor, descriptor.artifact_type, manifest)

    def _compare(
        self, descriptor: Descriptor, stated: str, manifest: Manifest
    ) -> Iterator[Finding]:
        config_type = None if manifest.config is None else manifest.config.media_type
        own = manifest.artifact_type or config_type
        if stated in (own, config_type) or own is None or not is_media_type(stated):
            return
        yield self.finding(
            descriptor._replace(location=below(descriptor.location, "artifactType")),
            f"{place(descriptor)} says artifactType {stated}, the manifest "
            f"{short_name(manifest.location)} says {own}",
            at={"digest": descriptor.digest_text},
            related=(manifest.location,),
        )
