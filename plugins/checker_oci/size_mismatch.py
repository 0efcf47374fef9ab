"""OCI010: a descriptor whose size does not match the content."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Descriptor, DocumentEdit, Finding, Fix, Severity
from checker.model.names import INDEX_JSON
from checker_oci.documents import LayoutCheck, descriptors, place

_LARGEST = 2**63 - 1  # OCI007 reports larger values


class SizeMismatch(LayoutCheck):
    """The size in a descriptor does not match the size of the content.

    What it means:
        The content exists and matches the descriptor's digest, but ``size`` is another number of
        bytes. If the digest does not match either, ``digest-mismatch`` reports both sizes instead.

    Why it matters:
        Content whose length does not match its descriptor must not be trusted. Podman and skopeo
        reject it (``blob size mismatch``), as do registries and mirrors that the image is pushed
        to.

    How to fix it:
        Set ``size`` to the number of bytes of the stored content; for a compressed layer that is
        its compressed size. Then update the digest and size of the changed document in the
        descriptors that reference it.

            wc -c < blobs/sha256/<digest>

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (size) and "Verification"
    """

    id = "OCI010"
    name = "size-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the size of every descriptor whose content is in the archive."""
        for descriptor in descriptors(archive):
            blob = archive.members.blob_of(descriptor.digest)
            if blob is not None and archive.has_all_of(blob) and _differs(descriptor, blob):
                yield self._mismatch(descriptor, blob)

    def _mismatch(self, descriptor: Descriptor, blob: Blob) -> Finding:
        pointer = f"{descriptor.location.pointer}/size"
        return self.finding(
            descriptor,
            f"{place(descriptor)} says {descriptor.size} bytes, the content has {blob.size}",
            at={"pointer": pointer, "digest": descriptor.digest_text},
            related=(blob.location,),
            fix=Fix("correct the size", DocumentEdit(INDEX_JSON, pointer, blob.size))
            if _is_in_index_json(descriptor)
            else None,
        )


def _is_in_index_json(descriptor: Descriptor) -> bool:
    """Whether it can be changed without changing a digest: ``index.json`` has none."""
    return descriptor.location.member is not None and descriptor.location.member.endswith(
        INDEX_JSON
    )


def _differs(descriptor: Descriptor, blob: Blob) -> bool:
    size, digest = descriptor.size, descriptor.digest
    if size is None or digest is None or not 0 <= size <= _LARGEST:
        return False
    return size != blob.size and blob.hashes_to(digest) is not False
