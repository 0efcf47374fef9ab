"""OCI005: an image index that departs from its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import LayoutCheck, document_findings, indexes


class InvalidIndex(LayoutCheck):
    """An image index is no JSON, or departs from its schema.

    What it means:
        ``index.json``, or an index or manifest list that it refers to, is no JSON document, or a
        member has another type or value than the specification says. What is wrong inside a
        descriptor is said by ``invalid-descriptor``, a wrong media type by
        ``media-type-mismatch``.

    Why it matters:
        Engines find images through the index. Where it cannot be decoded they refuse the archive;
        where they are lenient, each reads it in its own way.

    How to fix it:
        Write the archive again with a tool that writes valid layouts. After an edit by hand,
        mind that the digest and size of a nested index stand in the index above it.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions"
        - Docker distribution, Image Manifest Version 2, Schema 2, "Manifest List"
        - RFC 8259, sections 4 and 8.1
    """

    id = "OCI005"
    name = "invalid-index"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every index, each content once."""
        for part in indexes(archive):
            yield from document_findings(self, part)
