"""OCI034: an attestation without the properties by which engines recognize it."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity, parse_digest
from checker.model.image import ATTESTATION, REFERENCE_TYPE
from checker.model.names import shorten
from checker_oci.documents import LayoutCheck, below, place

_REFERENCE_DIGEST = "vnd.docker.reference.digest"
_UNKNOWN = ("unknown", "unknown")


class UnsoundAttestation(LayoutCheck):
    """A BuildKit attestation does not have the properties by which engines recognize it.

    What it means:
        BuildKit lists the attestations of an image (provenance, SBOM) next to it: with the
        annotation ``vnd.docker.reference.type``, the digest of the image in
        ``vnd.docker.reference.digest``, and the platform ``unknown/unknown``, so that engines do
        not select it as an image. Here the platform or the digest is missing or wrong, which is a
        warning; or the image is not in the same index, which is a note, because it may have been
        left out intentionally.

    Why it matters:
        With another platform, an attestation can be selected as if it were the image. Without the
        digest, the image that it describes is unknown.

    How to fix it:
        Build the image again with ``docker buildx build``, or copy the complete index with ``skopeo
        copy --all``. A valid descriptor of an attestation contains:

            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest",
                            "vnd.docker.reference.digest": "sha256:…"}

    References:
        - BuildKit, docs/attestations/attestation-storage.md
        - containerd 2 and Docker 28, daemon/containerd, IsPseudoImage
    """

    id = "OCI034"
    name = "unsound-attestation"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the attestations of each index."""
        for index in () if archive.oci is None else archive.oci.indexes:
            digests = {each.digest_text for each in index.manifests}
            for descriptor in index.manifests:
                if descriptor.is_attestation:
                    yield from self._inspect_platform(descriptor)
                    yield from self._inspect_reference(digests, descriptor)

    def _inspect_platform(self, descriptor: Descriptor) -> Iterator[Finding]:
        platform = descriptor.platform
        if platform is not None and platform[:2] == _UNKNOWN:
            return
        found = "no platform" if platform is None else f"the platform {platform}"
        yield self.finding(
            descriptor,
            f"{place(descriptor)} is an attestation with {found}, expected unknown/unknown; "
            "engines may select it as an image",
            at={"digest": descriptor.digest_text},
        )

    def _inspect_reference(
        self, digests: set[str | None], descriptor: Descriptor
    ) -> Iterator[Finding]:
        reference = descriptor.annotations.get(_REFERENCE_DIGEST)
        if parse_digest(reference) is None:
            yield self.finding(
                descriptor._replace(
                    location=below(descriptor.location, "annotations", REFERENCE_TYPE)
                ),
                f"{place(descriptor)} has the type {ATTESTATION}, but {_REFERENCE_DIGEST} is "
                f"{'missing' if reference is None else 'not a digest'}",
                at={"digest": descriptor.digest_text},
            )
        elif reference not in digests:
            yield self.finding(
                descriptor._replace(
                    location=below(descriptor.location, "annotations", _REFERENCE_DIGEST)
                ),
                f"{place(descriptor)} is an attestation for {shorten(reference or '')}, which is "
                "not in the same index",
                at={"digest": descriptor.digest_text},
                severity=Severity.NOTE,
            )
