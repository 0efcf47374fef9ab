"""OCI021: an index or manifest that does not say what it is."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.image import mapping, nature_of
from checker.model.names import MediaType
from checker_oci.documents import LayoutCheck, indexes, manifests

_OCI_TYPES = frozenset({MediaType.OCI_INDEX, MediaType.OCI_MANIFEST})


class MissingMediaType(LayoutCheck):
    """An index or manifest has no ``mediaType`` of its own.

    What it means:
        Since version 1.1 the specification wants every index and manifest to give its own media
        type, beside the one in the descriptor that refers to it. Documents that were written
        after version 1.0 lack it, and those of some tools still do.

    Why it matters:
        Where a document comes without its descriptor (sent to a registry, or saved to a file) its
        type has to be guessed from its members.

    How to fix it:
        Use a tool of today to write the archive. Adding the member to a manifest changes the
        digest of the image.

    References:
        - OCI image-spec 1.1, manifest.md and image-index.md, mediaType
    """

    id = "OCI021"
    name = "missing-media-type"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at every OCI index and manifest."""
        for part in (*indexes(archive), *manifests(archive)):
            wanted = MediaType.OCI_INDEX if part.descriptor is None else part.descriptor.media_type
            if wanted not in _OCI_TYPES or nature_of(part.value) is not part.nature:
                continue
            if "mediaType" not in mapping(part.value):
                yield self.finding(
                    part.blob,
                    f"{part.label} has no mediaType; it should say {wanted}",
                    at={"pointer": "/mediaType"},
                    fix=None if part.descriptor else f"set mediaType of index.json to {wanted}",
                )
