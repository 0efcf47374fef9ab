"""What is shown of signatures, attestations and SBOMs."""

from __future__ import annotations

from checker.contents.records import SignatureFacts
from checker.model.signatures import Signature


def signature_facts(signature: Signature) -> SignatureFacts:
    """What is shown of a signature, attestation or SBOM."""
    return SignatureFacts(
        use=str(signature.use),
        form=str(signature.form),
        digest=signature.digest,
        subjects=signature.subjects,
        predicate_type=signature.predicate_type,
        builder=signature.builder,
        sbom=signature.sbom,
        state=str(signature.state),
        key=signature.key,
        reason=signature.reason or None,
    )
