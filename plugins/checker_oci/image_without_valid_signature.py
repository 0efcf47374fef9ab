"""OCI043: an image that no signature with the given keys is of."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Image, Severity
from checker_oci.layouts import NO_KEY


class ImageWithoutValidSignature(Check):
    """No signature of the image verifies with the given keys.

    What it means:
        With ``--verify-key``, each image in the archive must have a signature that one of the keys
        or certificates verifies, of its manifest or of an index that lists it. Attestations do not
        count, whoever signed them. Here there is none; or there is one, but the manifest, the
        config or a layer does not match the digests that were signed. An archive that cannot
        contain signatures, such as a Docker archive or a root filesystem, fails as well.

    Why it matters:
        Nothing shows that the image is from somebody who has one of the keys.

    How to fix it:
        Sign the image, by its digest, and copy it with its signatures:

            cosign sign --key cosign.key registry.example.org/app@sha256:…
            cosign save --dir layout registry.example.org/app@sha256:…

        For notation, ``oras copy -r`` copies the signatures:

            notation sign registry.example.org/app@sha256:…
            oras copy -r registry.example.org/app:1 --to-oci-layout layout:1

    References:
        - cosign, specs/SIGNATURE_SPEC.md
        - Notary Project, specs/signature-specification.md
        - OCI distribution-spec 1.1, "Listing Referrers"
    """

    id = "OCI043"
    name = "image-without-valid-signature"
    severity = Severity.ERROR
    since = "0.1.0"
    security = 7.5

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if no key was given."""
        del archive
        return None if self.context.verify_keys else NO_KEY

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the images without a valid signature."""
        # Imported here, as it is needed only if there is a key.
        from checker.model.attached import Use
        from checker.model.signatures import intact_parents

        keys = ", ".join(self.context.verify_keys)
        if not archive.images:
            yield self.finding(archive, f"the archive has no image that {keys} could have signed")
            return
        signed = {
            digest
            for each in self.context.signatures
            if each.is_verified and each.use is Use.SIGNATURE
            for digest in each.subjects
        }
        parents = intact_parents(() if archive.oci is None else archive.oci.indexes)
        for image in archive.images:
            what = self._what_is_wrong(image, signed, parents)
            if what is not None:
                yield self.finding(image, what, at={"digest": image.digest})

    def _what_is_wrong(
        self, image: Image, signed: set[str], parents: dict[str, frozenset[str]]
    ) -> str | None:
        from checker.model.signatures import changed_part, subject_digests

        keys = ", ".join(self.context.verify_keys)
        if image.manifest is None:
            return f"{image.label} has no OCI manifest that {keys} could have signed"
        if signed.isdisjoint(subject_digests(image, parents)):
            return f"{image.label} has no signature that {keys} verifies"
        changed = changed_part(image)
        if changed is not None:
            return f"{image.label} is signed, but {changed}, so that it is not what was signed"
        return None
