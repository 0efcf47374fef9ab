"""OCI039: an in-toto statement that is not as the specification says."""

from __future__ import annotations

from checker import Severity
from checker.model.flaws import Subject
from checker_oci.attached import FlawCheck


class MalformedStatement(FlawCheck):
    """An in-toto statement does not have the form of one.

    What it means:
        An attestation contains an in-toto statement (v0.1 or v1): subjects, each with digests, the
        type of the predicate as a URI, and the predicate, a JSON object. Here a subject does not
        have a digest, or one that is not hexadecimal or not as long as its algorithm says; the type
        is not a URI, or the predicate is not an object. A version that is not known, and a type
        that looks like one of slsa.dev, spdx.dev or cyclonedx.org but is not, are notes; types of
        other hosts may be anyone's.

    Why it matters:
        Verifiers such as ``cosign verify-attestation`` and policy engines do not find the
        attestation by its type, or do not match it to the image.

    How to fix it:
        Make the attestation again with a current tool, such as:

            docker buildx build --provenance=mode=max --sbom=true -t app:1 .
            cosign attest --type slsaprovenance1 --predicate provenance.json IMAGE@DIGEST

    References:
        - in-toto attestation framework, "Statement" v0.1 and v1, "TypeURI"
        - the predicates that in-toto lists: https://github.com/in-toto/attestation
    """

    id = "OCI039"
    name = "malformed-statement"
    severity = Severity.WARNING
    since = "0.1.0"
    subject = Subject.STATEMENT
