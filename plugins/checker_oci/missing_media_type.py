"""OCI021: an index or manifest without a media type."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, DocumentEdit, Finding, Fix, MediaType, Severity
from checker.model.image import mapping, nature_of
from checker.model.names import INDEX_JSON
from checker_oci.documents import LayoutCheck, indexes, manifests

_OCI_TYPES = frozenset({MediaType.OCI_INDEX, MediaType.OCI_MANIFEST})


class MissingMediaType(LayoutCheck):
    """An index or manifest does not have a ``mediaType``.

    What it means:
        Since version 1.1 of the specification every index and manifest should contain its media
        type, in addition to the one in its descriptor. Documents written for version 1.0 do not
        have it, and some tools still omit it.

    Why it matters:
        If a document is used without its descriptor (sent to a registry, saved to a file), its type
        must be guessed from its members.

    How to fix it:
        Create the archive with a current tool. Adding the member to a manifest changes the digest
        of the image.

            {"schemaVersion": 2, "manifests": […]}
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
             "manifests": […]}

    References:
        - OCI image-spec 1.1, manifest.md and image-index.md, mediaType
    """

    id = "OCI021"
    name = "missing-media-type"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every OCI index and manifest."""
        for part in (*indexes(archive), *manifests(archive)):
            wanted = MediaType.OCI_INDEX if part.descriptor is None else part.descriptor.media_type
            if wanted not in _OCI_TYPES or nature_of(part.value) is not part.nature:
                continue
            if "mediaType" not in mapping(part.value):
                yield self.finding(
                    part.blob,
                    f"{part.label} has no mediaType, expected {wanted}",
                    at={"pointer": "/mediaType"},
                    fix=None
                    if part.descriptor
                    else Fix("add it", DocumentEdit(INDEX_JSON, "/mediaType", str(wanted))),
                )
