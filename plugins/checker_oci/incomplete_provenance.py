"""OCI040: SLSA provenance without fields that it must have."""

from __future__ import annotations

from checker import Severity
from checker.model.flaws import Subject
from checker_oci.attached import FlawCheck


class IncompleteProvenance(FlawCheck):
    """SLSA provenance lacks a field that it must have.

    What it means:
        Provenance says who built an image, and how. Version 0.2 requires ``builder.id`` and
        ``buildType``; version 1 requires ``buildDefinition.buildType``,
        ``buildDefinition.externalParameters`` and ``runDetails.builder.id``. Here one is missing or
        has another JSON type. An empty id of the builder, which BuildKit writes unless it is told
        the id, is a note.

    Why it matters:
        A policy that accepts the builds of one builder only cannot accept the image, and
        ``slsa-verifier`` rejects the provenance.

    How to fix it:
        Build the image again with a builder that writes complete provenance. For BuildKit:

            docker buildx build --provenance=mode=max,builder-id=https://ci.example.org/1 -t app:1 .

    References:
        - SLSA 1.0, "Provenance", buildDefinition and runDetails
        - SLSA 0.2, "Provenance", builder and buildType
        - BuildKit, docs/attestations/slsa-provenance.md
    """

    id = "OCI040"
    name = "incomplete-provenance"
    severity = Severity.WARNING
    since = "0.1.0"
    subject = Subject.PROVENANCE
