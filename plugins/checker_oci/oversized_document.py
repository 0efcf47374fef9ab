"""OCI019: a manifest or config that is too large for readers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Manifest, Severity
from checker.model.limits import MIB
from checker_oci.documents import LayoutCheck, indexes, manifests, place, short_name

LARGEST = 4 * MIB
"""The largest manifest, index or config that all readers accept, in bytes."""


class OversizedDocument(LayoutCheck):
    """A manifest, nested index or config is larger than 4 MiB.

    What it means:
        The document is larger than readers are required to accept. Usual causes are embedded
        ``data``, and annotations or labels that contain complete files.

    Why it matters:
        The distribution specification requires registries to accept manifests of up to 4 MiB, and
        many do not accept more. Podman and skopeo reject a larger config, and a larger manifest
        from a registry.

    How to fix it:
        Move the content to a separate blob and reference it.

    References:
        - OCI distribution-spec 1.1, "Pushing Manifests"
        - OCI image-spec 1.1, descriptor.md, "Embedded Content"
        - containers/image, internal/iolimits/iolimits.go
    """

    id = "OCI019"
    name = "oversized-document"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the sizes; ``index.json`` is never pushed, so its size is not limited."""
        for part in (*indexes(archive), *manifests(archive)):
            if part.descriptor is not None and part.blob.size > LARGEST:
                yield self.finding(
                    part.blob,
                    f"{part.label} has {part.blob.size} bytes; registries are not required to "
                    f"accept more than {LARGEST}",
                    related=(part.descriptor.location,),
                )
        for manifest in () if archive.oci is None else archive.oci.manifests:
            if manifest.is_image:
                yield from self._inspect_config(archive, manifest)

    def _inspect_config(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        descriptor = manifest.config
        blob = None if descriptor is None else archive.members.blob_of(descriptor.digest)
        if descriptor is not None and blob is not None and blob.size > LARGEST:
            yield self.finding(
                blob,
                f"{short_name(blob.location)}, the config that {place(descriptor)} references, has "
                f"{blob.size} bytes; Podman and skopeo read at most {LARGEST}",
                related=(descriptor.location,),
            )
