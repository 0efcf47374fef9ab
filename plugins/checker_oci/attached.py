"""What the rules about signatures, attestations and SBOMs have in common."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.attached import Attached
from checker.model.flaws import Flaw, Subject
from checker_oci.documents import LayoutCheck, place

_MOST_SHOWN = 300


class FlawCheck(LayoutCheck):
    """Reports the flaws in one kind of document that is attached to images.

    Attributes:
        subject: The kind.
    """

    subject: Subject

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the flaws of what is attached."""
        for attached in archive.attached:
            for flaw in attached.flaws:
                if flaw.subject is self.subject:
                    yield self.flaw_finding(attached, flaw)

    def flaw_finding(self, attached: Attached, flaw: Flaw) -> Finding:
        """The finding of a flaw; a minor one is a note."""
        descriptor = attached.descriptor
        what = f"{place(descriptor)}, an {_words(attached)}, {flaw.message}"
        return self.finding(
            descriptor,
            what[:_MOST_SHOWN],
            at={"digest": descriptor.digest_text},
            severity=Severity.NOTE if flaw.is_minor else None,
        )


def _words(attached: Attached) -> str:
    return "SBOM" if attached.use == "sbom" else "attestation"
