"""OCI037: an attestation whose content does not fit the image that it is attached to."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.attached import PREDICATE_TYPE, Attached, Use, has_layers_of
from checker.model.names import shorten
from checker_oci.documents import LayoutCheck, below, place, short_name

_SHOWN = 200


class ContradictoryAttestation(LayoutCheck):
    """The content of an attestation does not fit the image that it is attached to.

    What it means:
        An attestation (provenance, SBOM) contains an in-toto statement: JSON with the digests of
        its subjects and the type of its predicate, also inside a DSSE envelope or a Sigstore
        bundle. Here it names another image than the one that it is attached to by ``subject``, by
        BuildKit's annotation or by a tag; it does not have a predicate type, or another one than
        the annotation ``in-toto.io/predicate-type``, or is not a statement. A statement that does
        not name any subject is a note: BuildKit writes such statements for images without a name.
        Signatures are not verified.

    Why it matters:
        A policy that asks for the provenance of the image gets that of another one, or none: tools
        such as ``docker buildx imagetools inspect`` and ``docker scout`` find attestations by the
        annotation, and verifiers reject a statement about another digest.

    How to fix it:
        Build the image again with its attestations, and copy the complete index:

            docker buildx build --provenance=true --sbom=true -t app:1 .
            skopeo copy --all docker://registry.example.org/app:1 oci-archive:app.tar:1

    References:
        - in-toto attestation framework, "Statement"
        - BuildKit, docs/attestations/attestation-storage.md
    """

    id = "OCI037"
    name = "contradictory-attestation"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Read the attestations of the archive."""
        for manifest in () if archive.oci is None else archive.oci.manifests:
            if manifest.descriptor.is_attestation and not has_layers_of(Use.ATTESTATION, manifest):
                yield self.finding(
                    manifest,
                    f"{short_name(manifest.location)} is listed as an attestation, but none of its "
                    f"{len(manifest.layers)} layers is an in-toto statement",
                )
        for attached in archive.attached:
            if attached.use is Use.ATTESTATION:
                yield from self._inspect(attached)

    def _inspect(self, attached: Attached) -> Iterator[Finding]:
        if attached.problem is not None:
            yield self._report(attached, f"an attestation, but its content {attached.problem}")
            return
        if not attached.digests:
            what = "an attestation that does not name a subject; it may be about any image"
            yield self._report(attached, what, severity=Severity.NOTE)
        elif attached.is_about_other:
            yield self._report(
                attached,
                f"an attestation of {shorten(min(attached.digests))}, but is attached to "
                f"{shorten(attached.expected[0])}",
            )
        yield from self._inspect_predicate(attached)

    def _inspect_predicate(self, attached: Attached) -> Iterator[Finding]:
        annotated = attached.descriptor.annotations.get(PREDICATE_TYPE)
        if attached.predicate_type is None:
            yield self._report(attached, "an attestation without a predicateType")
        elif annotated is None:
            if attached.manifest.descriptor.is_attestation:
                what = f"an attestation without the annotation {PREDICATE_TYPE}"
                yield self._report(attached, f"{what}, by which tools find it")
        elif annotated != attached.predicate_type:
            yield self._report(
                attached,
                f"an attestation of type {attached.predicate_type[:_SHOWN]}, but the annotation "
                f"{PREDICATE_TYPE} says {annotated[:_SHOWN] or 'nothing'}",
                "annotations",
            )

    def _report(
        self, attached: Attached, what: str, *parts: str, severity: Severity | None = None
    ) -> Finding:
        descriptor = attached.descriptor
        return self.finding(
            descriptor._replace(location=below(descriptor.location, *parts)),
            f"{place(descriptor)} is {what}",
            at={"digest": descriptor.digest_text},
            severity=severity,
        )
