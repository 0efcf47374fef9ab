"""OCI034: an attestation that does not say clearly what it attests."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.model.image import ATTESTATION, REFERENCE_TYPE
from checker.model.names import parse_digest, shorten
from checker_oci.documents import LayoutCheck, below, place

_REFERENCE_DIGEST = "vnd.docker.reference.digest"
_UNKNOWN = ("unknown", "unknown")


class UnsoundAttestation(LayoutCheck):
    """An attestation of BuildKit lacks the marks by which engines know it.

    What it means:
        BuildKit lists the attestations of an image (provenance, SBOM) beside it: with the
        annotation ``vnd.docker.reference.type``, the digest of the image in
        ``vnd.docker.reference.digest``, and the platform ``unknown/unknown``, so that no engine
        takes it for an image. Here the platform is another one or missing, or the digest is, which
        is a warning; or the image is not in the same index, which is a note: it may have been left
        out on purpose.

    Why it matters:
        With a platform of its own an attestation can be chosen as if it were the image. Without
        the digest nobody knows what it speaks of.

    How to fix it:
        Write the image again with ``docker buildx build``, or copy the whole index:
        ``skopeo copy --all``.

    References:
        - BuildKit, docs/attestations/attestation-storage.md
        - containerd 2 and Docker 28, daemon/containerd, IsPseudoImage
    """

    id = "OCI034"
    name = "unsound-attestation"
    severity = Severity.WARNING

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the attestations of each index."""
        for index in () if archive.oci is None else archive.oci.indexes:
            digests = {each.digest_text for each in index.manifests}
            for descriptor in index.manifests:
                if descriptor.is_attestation:
                    yield from self._look_at_platform(descriptor)
                    yield from self._look_at_reference(digests, descriptor)

    def _look_at_platform(self, descriptor: Descriptor) -> Iterator[Finding]:
        platform = descriptor.platform
        if platform is not None and platform[:2] == _UNKNOWN:
            return
        found = "no platform" if platform is None else f"the platform {platform}"
        yield self.finding(
            descriptor,
            f"{place(descriptor)} is an attestation with {found}; it should be unknown/unknown",
            at={"digest": descriptor.digest_text},
        )

    def _look_at_reference(
        self, digests: set[str | None], descriptor: Descriptor
    ) -> Iterator[Finding]:
        reference = descriptor.annotations.get(_REFERENCE_DIGEST)
        if parse_digest(reference) is None:
            yield self.finding(
                descriptor._replace(
                    location=below(descriptor.location, "annotations", REFERENCE_TYPE)
                ),
                f"{place(descriptor)} is called {ATTESTATION}, but its {_REFERENCE_DIGEST} is "
                f"{'missing' if reference is None else 'no digest'}",
                at={"digest": descriptor.digest_text},
            )
        elif reference not in digests:
            yield self.finding(
                descriptor._replace(
                    location=below(descriptor.location, "annotations", _REFERENCE_DIGEST)
                ),
                f"{place(descriptor)} attests {shorten(reference or '')}, which the same index "
                "does not list",
                at={"digest": descriptor.digest_text},
                severity=Severity.NOTE,
            )
