"""HYG003: an OCI archive without signatures of its images."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker_hygiene.scopes import LAYOUTS


class MissingSignature(Check):
    """The archive contains an image, but no signature of it.

    What it means:
        An image layout can contain signatures of its images: manifests that refer to the image, or
        to an index with it, by ``subject`` (cosign 3, notation) or by a tag such as
        ``sha256-….sig`` (cosign 2). There is none, or only some without content or with the digest
        of something else in it. Signatures are verified only with ``--verify-key``. Docker
        archives, which cannot contain any, are ignored.

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
        return LAYOUTS.skip_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the images without a signature in the archive."""
        # Imported here, as no other archive than a layout needs it.
        from checker.model.attached import parents_of

        images = [image for image in archive.images if image.manifest is not None]
        signed = set(_signed_digests(archive))
        parents = parents_of(() if archive.oci is None else archive.oci.indexes)
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
    from checker.model.attached import Use

    for attached in archive.attached:
        if attached.use is Use.SIGNATURE:
            yield from attached.about
