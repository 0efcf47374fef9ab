"""OCI032: a descriptor of the empty type that references other content."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Descriptor, Finding, MediaType, Severity
from checker_oci.documents import LayoutCheck, below, descriptors, place

_DIGESTS = {
    "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "sha512": "27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9"
    "a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd",
}
_SIZE = 2


class WrongEmptyDescriptor(LayoutCheck):
    """A descriptor of the empty type does not reference the empty object.

    What it means:
        ``application/vnd.oci.empty.v1+json`` is the type of one content only: the two bytes ``{}``,
        whose digest is ``sha256:44136fa3…``. Here a descriptor of this type has another digest or
        size. It is a warning if the content is an empty object with white space. If the content of
        a config is not an empty object, ``media-type-mismatch`` reports it.

    Why it matters:
        Some readers do not read the content, because they know it, and lose whatever it is; others
        compare it and reject it.

    How to fix it:
        Reference the empty object, or give other content its own media type:

            {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
             "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}

    References:
        - OCI image-spec 1.1, manifest.md, "Guidance for an Empty Descriptor"
    """

    id = "OCI032"
    name = "wrong-empty-descriptor"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the descriptors of the empty type."""
        for descriptor in descriptors(archive):
            if descriptor.media_type == MediaType.OCI_EMPTY:
                yield from self._inspect(archive, descriptor)

    def _inspect(self, archive: Archive, descriptor: Descriptor) -> Iterator[Finding]:
        digest = descriptor.digest
        wanted = None if digest is None else _DIGESTS.get(digest.algorithm)
        if digest is None or wanted is None:
            return
        blob = archive.members.blob_of(digest)
        if digest.encoded != wanted and not _is_other_config(descriptor, blob):
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "digest")),
                f"{place(descriptor)} has the empty type, but references {digest}; the digest of "
                f"{{}} is {digest.algorithm}:{wanted}",
                at={"digest": str(digest)},
                severity=Severity.WARNING if _is_empty_object(blob) else None,
            )
        elif digest.encoded == wanted and blob is None and _is_other_size(descriptor):
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "size")),
                f"{place(descriptor)} references the empty object {{}}, which has {_SIZE} bytes, "
                f"but says {descriptor.size}",
                at={"digest": str(digest)},
            )


def _is_other_config(descriptor: Descriptor, blob: Blob | None) -> bool:
    """Whether it is a config that is not an empty object, which OCI011 reports."""
    is_config = descriptor.location.pointer == "/config"
    return blob is not None and is_config and not _is_empty_object(blob)


def _is_empty_object(blob: Blob | None) -> bool:
    """Whether it is an empty object, possibly with white space."""
    return blob is not None and blob.document is not None and blob.document.value == {}


def _is_other_size(descriptor: Descriptor) -> bool:
    """Whether the size is valid, but not that of the empty object; OCI007 reports invalid ones."""
    return descriptor.size is not None and descriptor.size >= 0 and descriptor.size != _SIZE
