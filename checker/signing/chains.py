"""Whether a chain of certificates leads to one that is trusted, without a network.

Revocation is not checked, and the time of signing is taken for now: a certificate that has expired
is not trusted, whatever a timestamp says.

Sources: RFC 5280, section 6; Notary Project, specs/signature-specification.md, "Certificate
Requirements".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from checker.records import NamedTuple
from checker.signing.checking import Tries
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from checker.signing.keys import VerifyKey


class ChainError(Exception):
    """The chain does not lead to a trusted certificate; the message says why.

    Args:
        reason: Why, in words.
        is_time: Whether only the time of signing is not known.
    """

    def __init__(self, reason: str, *, is_time: bool = False) -> None:
        super().__init__(reason)
        self.is_time = is_time


class Anchor(NamedTuple):
    """A trusted certificate, and the file that it is from."""

    name: str
    certificate: Certificate


def anchors_of(keys: Iterable[VerifyKey]) -> tuple[Anchor, ...]:
    """The trusted certificates among the keys."""
    return tuple(Anchor(key.name, each) for key in keys for each in key.certificates)


def read_chain(encoded: Iterable[bytes]) -> tuple[Certificate, ...]:
    """The certificates of a chain.

    Args:
        encoded: The certificates in DER.

    Raises:
        ChainError: One cannot be read.
    """
    from cryptography.x509 import load_der_x509_certificate

    try:
        return tuple(map(load_der_x509_certificate, encoded))
    except ValueError as error:
        raise ChainError("has a certificate that cannot be read") from error


def find_anchor(
    chain: Sequence[Certificate], anchors: Sequence[Anchor], now: dt.datetime, tries: Tries
) -> Anchor:
    """The trusted certificate that a chain leads to.

    Args:
        chain: The certificates, that of the signer first.
        anchors: The trusted certificates.
        now: The time at which they must be valid.
        tries: Counts the certificates that are verified.

    Raises:
        ChainError: There is none.
        TriesError: Too much was tried.
    """
    _check_signer(chain[0])
    path: list[Certificate] = []
    for number, certificate in enumerate(chain):
        path.append(certificate)
        for anchor in anchors:
            if certificate == anchor.certificate:
                return _valid(anchor, path, now)
            tries.spend()
            if _issues(anchor.certificate, certificate, number):
                return _valid(anchor, [*path, anchor.certificate], now)
        if number + 1 < len(chain):
            tries.spend()
            if not _issues(chain[number + 1], certificate, number):
                raise ChainError("has a chain of certificates that is broken")
    raise ChainError(f"is signed by {name_of(chain[0])}, which no given certificate vouches for")


def name_of(certificate: Certificate) -> str:
    """The common name of a certificate, else its whole name, for messages."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return name[:100] or "a certificate without a name"


def _valid(anchor: Anchor, path: Sequence[Certificate], now: dt.datetime) -> Anchor:
    for certificate in path:
        if now < certificate.not_valid_before_utc:
            start = certificate.not_valid_before_utc.date()
            raise ChainError(f"has the certificate {name_of(certificate)}, valid from {start} on")
        if now > certificate.not_valid_after_utc:
            end = certificate.not_valid_after_utc.date()
            raise ChainError(
                f"has the certificate {name_of(certificate)}, which expired on {end}; that it was "
                "signed before is not verified offline",
                is_time=True,
            )
    return anchor


def _issues(issuer: Certificate, certificate: Certificate, below: int) -> bool:
    """Whether a certificate is that of a CA, and signed another one.

    Args:
        issuer: The certificate of the CA.
        certificate: The other one.
        below: How many certificates of CAs are between them and the signer.
    """
    from cryptography.exceptions import InvalidSignature

    if issuer.subject != certificate.issuer or not _may_issue(issuer, below):
        return False
    if _is_weak(certificate):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_weak(certificate: Certificate) -> bool:
    hashed = certificate.signature_hash_algorithm
    return hashed is not None and hashed.digest_size < 32


def _may_issue(issuer: Certificate, below: int) -> bool:
    from cryptography.x509 import BasicConstraints, ExtensionNotFound, KeyUsage

    from checker.signing.keys import supported

    if _unknown_critical(issuer) or supported(issuer.public_key()) is None:
        return False
    try:
        constraints = issuer.extensions.get_extension_for_class(BasicConstraints).value
    except ExtensionNotFound:
        return False
    length = constraints.path_length
    if not constraints.ca or (length is not None and length < below):
        return False
    try:
        return issuer.extensions.get_extension_for_class(KeyUsage).value.key_cert_sign
    except ExtensionNotFound:
        return True


def _unknown_critical(certificate: Certificate) -> bool:
    from cryptography.x509.oid import ExtensionOID

    known = {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
    return any(each.critical and each.oid not in known for each in certificate.extensions)


def _check_signer(certificate: Certificate) -> None:
    from cryptography.x509 import BasicConstraints, ExtendedKeyUsage, ExtensionNotFound, KeyUsage
    from cryptography.x509.oid import ExtendedKeyUsageOID

    name = name_of(certificate)
    if _unknown_critical(certificate):
        raise ChainError(f"has the certificate {name} with a critical extension that is not known")
    try:
        if certificate.extensions.get_extension_for_class(BasicConstraints).value.ca:
            raise ChainError(f"is signed with the certificate of a CA, {name}")
    except ExtensionNotFound:
        pass
    try:
        usage = certificate.extensions.get_extension_for_class(KeyUsage).value
        if not usage.digital_signature:
            raise ChainError(f"has the certificate {name}, which is not for signatures")
    except ExtensionNotFound:
        pass
    try:
        purposes = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
        if ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
            raise ChainError(f"has the certificate {name}, which is not for signing code")
    except ExtensionNotFound:
        pass
