"""OCI006: an image manifest that is not valid JSON or does not match its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import LayoutCheck, document_findings, manifests


class InvalidManifest(LayoutCheck):
    """An image manifest is not valid JSON or does not match its schema.

    What it means:
        A blob that is a manifest according to an index is not a valid JSON document, or a member
        has another type or value than the specification requires, or a required member is missing.
        Problems inside a descriptor are reported by ``invalid-descriptor``, a wrong media type by
        ``media-type-mismatch``. Numbers and texts that only some readers can represent, such as
        ``1e400`` (I-JSON), are notes.

    Why it matters:
        The manifest connects the config and the layers. An engine that cannot decode it rejects the
        archive, or creates a name without an image.

    How to fix it:
        Create the archive again with a tool that writes valid manifests. If the manifest was edited
        by hand, update its digest and size in the index.

    References:
        - OCI image-spec 1.1, manifest.md, "Image Manifest Property Descriptions"
        - Docker distribution, Image Manifest Version 2, Schema 2, "Image Manifest"
        - RFC 8259, sections 4 and 8.1
    """

    id = "OCI006"
    name = "invalid-manifest"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every manifest, each blob once."""
        for part in manifests(archive):
            yield from document_findings(self, part)
