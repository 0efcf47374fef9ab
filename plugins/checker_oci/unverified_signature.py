"""OCI042: a signature that does not verify with the keys that were given."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.typing_names import TYPE_CHECKING
from checker_oci.layouts import NO_KEY

if TYPE_CHECKING:
    from checker.model.signatures import Signature


class UnverifiedSignature(Check):
    """A signature does not verify with any of the given keys.

    What it means:
        With ``--verify-key``, every signature and signed attestation in the archive is verified
        without a network: payloads of cosign, DSSE envelopes and Sigstore bundles with public keys;
        signatures of the Notary Project (notation) with the certificates that are trusted, or the
        key of the signer. Here one does not verify: it is made with another key, or something was
        changed after it was signed, it is attached to another image than it is of, it has expired,
        or its certificate does not lead to a trusted one.

        What cannot be verified offline is a note, and does not count as verified: signatures with a
        certificate of a short life (keyless), whose owner and time of signing only a transparency
        log proves, and certificates that have expired. Revocation is not checked.

    Why it matters:
        Somebody else signed the image, or it is not what was signed.

    How to fix it:
        Give the key of everybody who signs the image, or find out who made this signature. The
        tools that made it verify more, with a network:

            cosign verify --key cosign.pub registry.example.org/app@sha256:…
            notation inspect registry.example.org/app@sha256:…

    References:
        - cosign, specs/SIGNATURE_SPEC.md; DSSE, protocol.md; Sigstore bundle format 0.3
        - Notary Project, specs/trust-store-trust-policy.md, "Signature Evaluation"
    """

    id = "OCI042"
    name = "unverified-signature"
    severity = Severity.ERROR
    since = "0.1.0"
    security = 7.5

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if there is nothing to verify, or nothing to verify it with."""
        if not self.context.verify_keys:
            return NO_KEY
        return None if archive.attached else "the archive contains no signatures"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report what was found of each signature."""
        # Imported here, as no other archive needs it.
        from checker.model.signatures import State

        del archive
        for signature in self.context.signatures:
            if signature.state is State.INVALID:
                yield self._report(signature, "is not valid", Severity.ERROR)
            elif signature.state is State.NOT_VERIFIABLE:
                yield self._report(signature, "was not verified", Severity.NOTE)

    def _report(self, signature: Signature, words: str, severity: Severity) -> Finding:
        from checker_oci.documents import short_name

        place = f"{short_name(signature.location)} {signature.location.pointer}"
        return self.finding(
            signature,
            f"{place}, a {signature.form} {signature.use}, {words}: {signature.reason}",
            at={"digest": signature.digest},
            severity=severity,
        )
