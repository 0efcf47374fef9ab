"""OCI019: a manifest or config that readers find too big."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Manifest, Severity
from checker.model.limits import MIB
from checker_oci.documents import LayoutCheck, indexes, manifests, place, short_name

LARGEST = 4 * MIB
"""Bytes of a manifest, index or config that everybody takes."""


class OversizedDocument(LayoutCheck):
    """A manifest, nested index or config has more than 4 MiB.

    What it means:
        The document is bigger than readers promise to take. Often it has embedded ``data``, or
        annotations or labels that hold whole files.

    Why it matters:
        The distribution specification asks registries to take manifests of up to 4 MiB, and many
        take no more. Podman and skopeo give up on a config that is bigger, and on a manifest that
        comes from a registry.

    How to fix it:
        Move the content into a blob of its own and refer to it.

    References:
        - OCI distribution-spec 1.1, "Pushing Manifests"
        - OCI image-spec 1.1, descriptor.md, "Embedded Content"
        - containers/image, internal/iolimits/iolimits.go
    """

    id = "OCI019"
    name = "oversized-document"
    severity = Severity.WARNING

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the sizes; ``index.json`` is never pushed, and not limited."""
        for part in (*indexes(archive), *manifests(archive)):
            if part.descriptor is not None and part.blob.size > LARGEST:
                yield self.finding(
                    part.blob,
                    f"{part.label} has {part.blob.size} bytes; registries need not take more "
                    f"than {LARGEST}",
                    related=(part.descriptor.location,),
                )
        for manifest in () if archive.oci is None else archive.oci.manifests:
            if manifest.is_image:
                yield from self._look_at_config(archive, manifest)

    def _look_at_config(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        descriptor = manifest.config
        blob = None if descriptor is None else archive.members.blob_of(descriptor.digest)
        if descriptor is not None and blob is not None and blob.size > LARGEST:
            yield self.finding(
                blob,
                f"{short_name(blob.location)}, the config that {place(descriptor)} refers to, has "
                f"{blob.size} bytes; Podman and skopeo read no more than {LARGEST}",
                related=(descriptor.location,),
            )
