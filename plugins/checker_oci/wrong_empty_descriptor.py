"""OCI032: a descriptor of the empty object that refers to something else."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.model.blob import Blob
from checker.model.names import MediaType
from checker_oci.documents import LayoutCheck, below, descriptors, place

_DIGESTS = {
    "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "sha512": "27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9"
    "a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd",
}
_SIZE = 2


class WrongEmptyDescriptor(LayoutCheck):
    """A descriptor of the empty type does not refer to the empty object.

    What it means:
        ``application/vnd.oci.empty.v1+json`` is the type of one content only: the two bytes
        ``{}``, whose digest is ``sha256:44136fa3…``. Here a descriptor of this type has another
        digest or size; a warning if that is an empty object with white space. (If the content is
        there and is no empty object, ``media-type-mismatch`` says so of a config.)

    Why it matters:
        Readers take the content for known and do not fetch it, so whatever it holds is lost to
        them; others compare and refuse it.

    How to fix it:
        Refer to ``{}``: size 2, digest
        ``sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a``. Give other
        content the media type that it has.

    References:
        - OCI image-spec 1.1, manifest.md, "Guidance for an Empty Descriptor"
    """

    id = "OCI032"
    name = "wrong-empty-descriptor"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the descriptors of the empty type."""
        for descriptor in descriptors(archive):
            if descriptor.media_type == MediaType.OCI_EMPTY:
                yield from self._look_at(archive, descriptor)

    def _look_at(self, archive: Archive, descriptor: Descriptor) -> Iterator[Finding]:
        digest = descriptor.digest
        wanted = None if digest is None else _DIGESTS.get(digest.algorithm)
        if digest is None or wanted is None:
            return
        blob = archive.members.blob_of(digest)
        if digest.encoded != wanted and not _is_other_config(descriptor, blob):
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "digest")),
                f"{place(descriptor)} is of the empty type, but refers to {digest}; {{}} has "
                f"{digest.algorithm}:{wanted}",
                at={"digest": str(digest)},
                severity=Severity.WARNING if _is_empty_object(blob) else None,
            )
        elif digest.encoded == wanted and blob is None and _is_other_size(descriptor):
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "size")),
                f"{place(descriptor)} refers to the empty object {{}} of {_SIZE} bytes, but says "
                f"{descriptor.size}",
                at={"digest": str(digest)},
            )


def _is_other_config(descriptor: Descriptor, blob: Blob | None) -> bool:
    """Whether it is a config with other content than an empty object, of which OCI011 speaks."""
    is_config = descriptor.location.pointer == "/config"
    return blob is not None and is_config and not _is_empty_object(blob)


def _is_empty_object(blob: Blob | None) -> bool:
    """Whether it is an empty object, if not of these two bytes."""
    return blob is not None and blob.document is not None and blob.document.value == {}


def _is_other_size(descriptor: Descriptor) -> bool:
    """Whether the size is one, but not that of the empty object; OCI007 speaks of no size."""
    return descriptor.size is not None and descriptor.size >= 0 and descriptor.size != _SIZE
