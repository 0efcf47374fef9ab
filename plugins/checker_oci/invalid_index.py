"""OCI005: an image index that is not valid JSON or does not match its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import LayoutCheck, document_findings, indexes


class InvalidIndex(LayoutCheck):
    """An image index is not valid JSON or does not match its schema.

    What it means:
        ``index.json``, or an index or manifest list that it refers to, is not a valid JSON
        document, or a member has another type or value than the specification requires. Problems
        inside a descriptor are reported by ``invalid-descriptor``, a wrong media type by
        ``media-type-mismatch``. Numbers and texts that only some readers can represent (I-JSON) are
        notes.

    Why it matters:
        Engines find images through the index. If they cannot decode it, they reject the archive; if
        they tolerate the problem, each of them interprets it differently.

    How to fix it:
        Create the archive again with a tool that writes valid layouts. If a nested index was edited
        by hand, update its digest and size in the index above it.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions"
        - Docker distribution, Image Manifest Version 2, Schema 2, "Manifest List"
        - RFC 8259, sections 4 and 8.1
    """

    id = "OCI005"
    name = "invalid-index"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every index, each blob once."""
        for part in indexes(archive):
            yield from document_findings(self, part)
