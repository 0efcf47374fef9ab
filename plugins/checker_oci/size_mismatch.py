"""OCI010: a descriptor that gives another size than the content has."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.model.blob import Blob
from checker.model.names import INDEX_JSON
from checker_oci.documents import LayoutCheck, descriptors, place

_LARGEST = 2**63 - 1  # what is out of bounds is for OCI007 to say


class SizeMismatch(LayoutCheck):
    """A descriptor's size is not the size of the content it names.

    What it means:
        The content under a descriptor's digest is there and has that digest, but ``size`` is
        another number of bytes. (Where the digest differs too, the content is at fault and
        ``digest-mismatch`` says so, with both sizes.)

    Why it matters:
        Content of another length than its descriptor says is not to be trusted. Podman and skopeo
        refuse it: ``blob size mismatch``; so do registries and mirrors that the image is pushed
        to.

    How to fix it:
        Set ``size`` to the number of bytes of the content, which for a layer is its size as
        stored, compressed or not. Then correct the digest and size of the changed document in
        what refers to it.

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (size) and "Verification"
    """

    id = "OCI010"
    name = "size-mismatch"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the size of every descriptor whose content is there."""
        for descriptor in descriptors(archive):
            blob = archive.members.blob_of(descriptor.digest)
            if blob is not None and archive.has_all_of(blob) and _differs(descriptor, blob):
                yield self._mismatch(descriptor, blob)

    def _mismatch(self, descriptor: Descriptor, blob: Blob) -> Finding:
        pointer = f"{descriptor.location.pointer}/size"
        return self.finding(
            descriptor,
            f"{place(descriptor)} says {descriptor.size} bytes; the content has {blob.size}",
            at={"pointer": pointer, "digest": descriptor.digest_text},
            related=(blob.location,),
            fix=f"set {pointer} to {blob.size}" if _is_in_index_json(descriptor) else None,
        )


def _is_in_index_json(descriptor: Descriptor) -> bool:
    """Whether nothing else changes with it: ``index.json`` has no digest."""
    return descriptor.location.member is not None and descriptor.location.member.endswith(
        INDEX_JSON
    )


def _differs(descriptor: Descriptor, blob: Blob) -> bool:
    size, digest = descriptor.size, descriptor.digest
    if size is None or digest is None or not 0 <= size <= _LARGEST:
        return False
    return size != blob.size and blob.hashes_to(digest) is not False
