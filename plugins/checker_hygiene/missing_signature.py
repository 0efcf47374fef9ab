"""HYG003: an OCI archive without signatures of its images."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Manifest, Severity
from checker.model.image import REF_NAME

# Media types of signatures: Sigstore (cosign 2 and 3), the Notary Project.
_MARKS = (
    "application/vnd.dev.cosign.",
    "application/vnd.dev.sigstore.",
    "application/vnd.cncf.notary.signature",
)
_TAG_END = ".sig"


class MissingSignature(Check):
    """The archive contains an image, but no signature of it.

    What it means:
        An image layout can contain signatures of its images: manifests that refer to the image, or
        to an index with it, by ``subject`` (cosign 3, notation) or by a tag such as
        ``sha256-….sig`` (cosign 2). There is none. Signatures are not verified. Docker archives,
        which cannot contain any, are ignored.

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
    """The digests that signatures in the archive refer to."""
    manifests = () if archive.oci is None else archive.oci.manifests
    for manifest in manifests:
        if manifest.subject is not None and _is_signature(manifest):
            yield manifest.subject.digest_text or ""
        name = manifest.descriptor.annotations.get(REF_NAME, "").rpartition(":")[2]
        if name.endswith(_TAG_END):
            yield name.removesuffix(_TAG_END).replace("-", ":", 1)


def _is_signature(manifest: Manifest) -> bool:
    types = [manifest.artifact_type, *(layer.media_type for layer in manifest.layers)]
    types.append(None if manifest.config is None else manifest.config.media_type)
    return any((each or "").startswith(_MARKS) for each in types)


def _parents(archive: Archive) -> dict[str, set[str]]:
    """The digests of indexes, by the digests of the manifests that they list."""
    parents: dict[str, set[str]] = {}
    for index in () if archive.oci is None else archive.oci.indexes:
        digest = None if index.descriptor is None else index.descriptor.digest_text
        for descriptor in index.manifests if digest else ():
            parents.setdefault(descriptor.digest_text or "", set()).add(digest or "")
    return parents
