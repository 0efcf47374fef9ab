"""OCI041: an SBOM that is not as its format says, or that is about something else."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.attached import own_digests, parents_of
from checker.model.flaws import Flaw, Subject
from checker.model.names import shorten
from checker_oci.attached import FlawCheck


class UnsoundSbom(FlawCheck):
    """An SBOM lacks fields that it must have, or is about another image.

    What it means:
        A list of the software in an image (SBOM) is attached to it: in an attestation, or as an
        artifact of its own. SPDX 2.2 and 2.3 and CycloneDX 1.4 to 1.6 are read, in JSON. Here it is
        not such a document, or fields that its format requires are missing. It is a note if the
        digests that it gives for what it describes are none of the image: SBOMs that were made
        before an image was pushed often have another digest. Other versions are notes as well.

    Why it matters:
        Scanners and license tools do not read the document, or report the software of another
        image.

    How to fix it:
        Make the SBOM again, from the image that was pushed, and attach it:

            syft registry.example.org/app@sha256:… -o spdx-json=sbom.json
            cosign attest --type spdxjson --predicate sbom.json registry.example.org/app@sha256:…

    References:
        - SPDX 2.3, chapters 6 (document creation information) and 7 (packages)
        - CycloneDX 1.6, JSON schema
        - BuildKit, docs/attestations/sbom.md
    """

    id = "OCI041"
    name = "unsound-sbom"
    severity = Severity.WARNING
    since = "0.1.0"
    subject = Subject.SBOM

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the flaws of SBOMs, then those that are about another image."""
        yield from super().check_archive(archive)
        known: dict[str, set[str]] | None = None
        for attached in archive.attached:
            digests = frozenset() if attached.sbom is None else attached.sbom.digests
            if not digests or not attached.about:
                continue
            known = _digests_of_images(archive) if known is None else known
            own = set[str]().union(*(known.get(each, ()) for each in attached.about))
            if own and digests.isdisjoint(own):
                message = (
                    f"is about {shorten(min(digests))}, which is not a digest of the image that it "
                    f"is attached to, {shorten(min(attached.about))}"
                )
                yield self.flaw_finding(attached, Flaw(self.subject, message, is_minor=True))


def _digests_of_images(archive: Archive) -> dict[str, set[str]]:
    """All digests by which documents call an image, by its digest and those of its indexes."""
    parents = parents_of(() if archive.oci is None else archive.oci.indexes)
    found: dict[str, set[str]] = {}
    for image in archive.images:
        above = parents.get(image.digest or "", frozenset())
        for digest in (image.digest or "", *above):
            found.setdefault(digest, set()).update(own_digests(image), above)
    return found
