"""OCI006: an image manifest that departs from its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import LayoutCheck, document_findings, manifests


class InvalidManifest(LayoutCheck):
    """An image manifest is no JSON, or departs from its schema.

    What it means:
        A blob that an index calls a manifest is no JSON document, or a member has another type or
        value than the specification says, or one that is required is missing. What is wrong
        inside a descriptor is said by ``invalid-descriptor``, a wrong media type by
        ``media-type-mismatch``.

    Why it matters:
        The manifest ties the config to the layers. An engine that cannot decode it refuses the
        archive, or loads a name without an image behind it.

    How to fix it:
        Write the archive again with a tool that writes valid manifests. After an edit by hand,
        mind that the digest and size of the manifest stand in the index.

    References:
        - OCI image-spec 1.1, manifest.md, "Image Manifest Property Descriptions"
        - Docker distribution, Image Manifest Version 2, Schema 2, "Image Manifest"
        - RFC 8259, sections 4 and 8.1
    """

    id = "OCI006"
    name = "invalid-manifest"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every manifest, each content once."""
        for part in manifests(archive):
            yield from document_findings(self, part)
