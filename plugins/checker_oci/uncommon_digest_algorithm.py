"""OCI016: a digest that few readers can verify."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker_oci.documents import LayoutCheck, below, descriptors, place


class UncommonDigestAlgorithm(LayoutCheck):
    """The digest of a descriptor does not use SHA-256.

    What it means:
        Every implementation supports SHA-256. Other algorithms are allowed: SHA-512 is registered,
        and any name that matches the grammar is valid. But readers are not required to support
        them.

    Why it matters:
        A reader that does not support an algorithm cannot verify the content; neither can this
        program. containerd stores imported content under SHA-256 and does not find it by another
        digest, so ``ctr image import`` and ``docker load`` on the containerd image store fail.

    How to fix it:
        Create the archive with SHA-256 digests, unless all of its readers support the algorithm.

    References:
        - OCI image-spec 1.1, descriptor.md, "Digests" and "Registered Algorithms"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI016"
    name = "uncommon-digest-algorithm"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the digests of all descriptors."""
        for descriptor in descriptors(archive):
            digest = descriptor.digest
            if digest is not None and digest.algorithm != "sha256":
                yield self._uncommon(descriptor, digest.algorithm, computable=digest.computable)

    def _uncommon(self, descriptor: Descriptor, algorithm: str, *, computable: bool) -> Finding:
        what = (
            "containerd finds content only by its sha256 digest"
            if computable
            else "readers that do not support it cannot verify the content"
        )
        return self.finding(
            descriptor._replace(location=below(descriptor.location, "digest")),
            f"{place(descriptor)} has a digest with the algorithm {algorithm}; {what}",
            at={"digest": descriptor.digest_text},
        )
