"""HYG003: an OCI archive without signatures of its images."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Manifest, Severity
from checker.checks.statements import (
    Use,
    claims_of,
    expected_digests,
    is_opaque_signature,
    is_signature,
)


class MissingSignature(Check):
    """The archive contains an image, but no signature of it.

    What it means:
        An image layout can contain signatures of its images: manifests that refer to the image, or
        to an index with it, by ``subject`` (cosign 3, notation) or by a tag such as
        ``sha256-….sig`` (cosign 2). There is none, or only some without content or with the digest
        of something else in it. Signatures are not verified. Docker archives, which cannot contain
        any, are ignored.

    Why it matters:
        Recipients of the archive cannot tell who built the images and whether they were modified,
        unless the signature is transferred separately. Content trust is a setting of the engine's
        host and not part of an archive.

    How to fix it:
        Sign the image (``cosign sign``, ``notation sign``) and copy it with its signatures:

            cosign save --dir layout registry.example.org/app:1
            oras copy -r registry.example.org/app:1 --to-oci-layout layout:1

    References:
        - OCI image-spec 1.1, manifest.md, "subject"; distribution-spec 1.1, "Listing Referrers"
        - dockle CIS-DI-0005, which checks DOCKER_CONTENT_TRUST of the host; CIS Docker Benchmark,
          section 4.5
    """

    id = "HYG003"
    name = "missing-signature"
    severity = Severity.NOTE
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is not an image layout."""
        return "only an OCI image layout can contain signatures" if archive.oci is None else None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the images without a signature in the archive."""
        images = [image for image in archive.images if image.manifest is not None]
        signed = set(_signed_digests(archive))
        parents = _parents(archive) if signed else {}
        bare = [
            image
            for image in images
            if signed.isdisjoint((image.digest or "", *parents.get(image.digest or "", ())))
        ]
        if bare and not signed:
            few = ", ".join(dict.fromkeys(image.label for image in bare[:3]))
            more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
            yield self.finding(
                archive, f"the archive contains {few}{more}, but no signature of any image"
            )
            return
        for image in bare:
            yield self.finding(
                image,
                f"the archive contains signatures, but none of {image.label} ({image.digest})",
                at={"digest": image.digest},
            )


def _signed_digests(archive: Archive) -> Iterator[str]:
    """The digests that signatures in the archive refer to.

    A signature without content, or one that says itself that it is about something else, is not
    counted; contradictory-signature reports it.
    """
    for manifest in () if archive.oci is None else archive.oci.manifests:
        if is_signature(manifest) and _has_content(archive, manifest):
            claims = tuple(claims_of(archive, manifest))
            expected = expected_digests(manifest)
            if any(map(is_opaque_signature, manifest.layers)):
                yield from expected
            for claim in claims:
                if claim.use is Use.SIGNATURE:
                    yield from claim.digests.intersection(expected)


def _has_content(archive: Archive, manifest: Manifest) -> bool:
    return any(archive.members.blob_of(each.digest) is not None for each in manifest.layers)


def _parents(archive: Archive) -> dict[str, set[str]]:
    """The digests of indexes, by the digests of the manifests that they list."""
    parents: dict[str, set[str]] = {}
    for index in () if archive.oci is None else archive.oci.indexes:
        digest = None if index.descriptor is None else index.descriptor.digest_text
        for descriptor in index.manifests if digest else ():
            parents.setdefault(descriptor.digest_text or "", set()).add(digest or "")
    return parents
