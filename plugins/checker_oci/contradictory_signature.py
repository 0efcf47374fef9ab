"""OCI038: a signature whose content does not fit the image that it is attached to."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Manifest, Severity
from checker.checks.listing import first_few
from checker.checks.statements import (
    Claim,
    Use,
    claims_of,
    expected_digests,
    has_layers_of,
    is_about_other,
    is_signature,
)
from checker.model.names import shorten
from checker_oci.documents import LayoutCheck, place, short_name


class ContradictorySignature(LayoutCheck):
    """The content of a signature does not fit the image that it is attached to.

    What it means:
        A signature contains the digest of the signed image: in the payload of cosign 2, in a
        Sigstore bundle (cosign 3) or in a JWS of the Notary Project. Here that is another image
        than the one that the signature is attached to by ``subject`` or by a tag such as
        ``sha256-….sig``; or the content is not a signature. Signatures are not verified.

    Why it matters:
        ``cosign verify`` and ``notation verify`` reject the image, or find no signature of it. Such
        a signature was copied from another image, or the image was changed after it was signed.

    How to fix it:
        Sign the image again, by its digest, and copy it with its signatures:

            cosign sign registry.example.org/app@sha256:…
            cosign save --dir layout registry.example.org/app@sha256:…

    References:
        - cosign, specs/SIGNATURE_SPEC.md, "Payload"
        - Notary Project, specs/signature-specification.md, "Payload"
        - OCI distribution-spec 1.1, "Listing Referrers"
    """

    id = "OCI038"
    name = "contradictory-signature"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Read the signatures of the archive."""
        for manifest in () if archive.oci is None else archive.oci.manifests:
            if is_signature(manifest):
                yield from self._inspect(archive, manifest)

    def _inspect(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        if not has_layers_of(Use.SIGNATURE, manifest):
            types = first_few(
                sorted({each.media_type or "(none)" for each in manifest.layers}), 3, str
            )
            found = f"only layers of the type {types}" if types else "no layers"
            yield self.finding(
                manifest,
                f"{short_name(manifest.location)} is a signature by its name, but has {found}",
            )
        expected = expected_digests(manifest)
        for claim in claims_of(archive, manifest):
            if claim.use is not Use.SIGNATURE:
                continue
            what = _what_is_wrong(claim, expected)
            if what is not None:
                yield self.finding(
                    claim.descriptor,
                    f"{place(claim.descriptor)} is {what}",
                    at={"digest": claim.descriptor.digest_text},
                )


def _what_is_wrong(claim: Claim, expected: tuple[str, ...]) -> str | None:
    if claim.problem is not None:
        return f"a signature, but its content {claim.problem}"
    if not is_about_other(claim, expected):
        return None
    return (
        f"a signature of {shorten(min(claim.digests))}, but is attached to {shorten(expected[0])}"
    )
