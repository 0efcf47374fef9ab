"""OCI016: a digest that few readers can check."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker_oci.documents import LayoutCheck, below, descriptors, place


class UncommonDigestAlgorithm(LayoutCheck):
    """A descriptor's digest is not a SHA-256 one.

    What it means:
        Every implementation knows SHA-256. Other algorithms are allowed: SHA-512 is registered,
        and anything that fits the grammar passes. But readers need not know them.

    Why it matters:
        Content under an algorithm that a reader does not know cannot be verified, by this program
        neither. containerd files what it imports under SHA-256 and does not find content by
        another digest, so ``ctr image import`` and ``docker load`` on its image store fail.

    How to fix it:
        Write the archive with SHA-256 digests, unless all of its readers are known to do without.

    References:
        - OCI image-spec 1.1, descriptor.md, "Digests" and "Registered Algorithms"
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI016"
    name = "uncommon-digest-algorithm"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the digests of all descriptors."""
        for descriptor in descriptors(archive):
            digest = descriptor.digest
            if digest is not None and digest.algorithm != "sha256":
                yield self._uncommon(descriptor, digest.algorithm, computable=digest.computable)

    def _uncommon(self, descriptor: Descriptor, algorithm: str, *, computable: bool) -> Finding:
        what = (
            "containerd finds content by its sha256 digest only"
            if computable
            else "the content cannot be verified by readers that do not know it"
        )
        return self.finding(
            descriptor._replace(location=below(descriptor.location, "digest")),
            f"{place(descriptor)} has a digest of {algorithm}; {what}",
            at={"digest": descriptor.digest_text},
        )
