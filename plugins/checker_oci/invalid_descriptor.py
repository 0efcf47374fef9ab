"""OCI007: a descriptor that does not match its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_oci.documents import (
    LayoutCheck,
    indexes,
    is_of_descriptor,
    manifests,
    schema_errors,
    schema_finding,
)


class InvalidDescriptor(LayoutCheck):
    """A descriptor does not match its schema.

    What it means:
        A descriptor references content by media type, digest and size. Here a descriptor in an
        index or a manifest is not an object, one of the three is missing, or a member has an
        invalid value: a digest that is too short or uppercase, a negative size, a media type
        without a slash, annotations that are not strings.

    Why it matters:
        Engines find and verify content by its descriptor. containerd rejects an index with a
        descriptor without a media type, a size or a valid digest; Podman and skopeo fail when they
        read the content.

    How to fix it:
        Create the archive again. If it was edited by hand, take the digest and size from the
        content (``sha256sum FILE`` and ``wc -c < FILE``):

            {"mediaType": "application/vnd.oci.image.manifest.v1+json",
             "digest": "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
             "size": 424}

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" and "Digests"
        - RFC 6838, section 4.2 (media types); RFC 3986 (urls); RFC 4648, section 4 (data)
        - containerd 2, core/metadata/images.go, validateTarget
    """

    id = "OCI007"
    name = "invalid-descriptor"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the descriptors of all indexes and manifests."""
        for part in (*indexes(archive), *manifests(archive)):
            for error in schema_errors(part):
                if is_of_descriptor(error, part.value):
                    yield schema_finding(self, part, error)
