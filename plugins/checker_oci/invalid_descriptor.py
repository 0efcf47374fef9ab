"""OCI007: a descriptor that departs from its schema."""

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
    """A descriptor departs from its schema.

    What it means:
        A descriptor names content by media type, digest and size. Here one of an index or a
        manifest is no object, lacks one of the three, or has a member of the wrong form: a digest
        that is too short or in capitals, a negative size, a media type without a slash,
        annotations that are no strings.

    Why it matters:
        Engines find and verify content by its descriptor. containerd refuses an index whose
        descriptor has no media type, no size or no proper digest; Podman and skopeo fail when
        they come to fetch the content.

    How to fix it:
        Write the archive again. After an edit by hand, take digest and size from the content:
        ``sha256sum FILE`` and ``wc -c < FILE``.

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" and "Digests"
        - RFC 6838, section 4.2 (media types); RFC 3986 (urls); RFC 4648, section 4 (data)
        - containerd 2, core/metadata/images.go, validateTarget
    """

    id = "OCI007"
    name = "invalid-descriptor"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the descriptors of all indexes and manifests."""
        for part in (*indexes(archive), *manifests(archive)):
            for error in schema_errors(part):
                if is_of_descriptor(error, part.value):
                    yield schema_finding(self, part, error)
