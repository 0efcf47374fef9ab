"""The keys and certificates that signatures are verified with.

Sources: RFC 7468 (PEM); RFC 5280 (certificates); cosign, ``cosign.pub``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from checker.errors import SettingsError
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import Certificate

    PublicKey: TypeAlias = "EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey"

MOST_KEYS = 16
"""Keys and certificates that can be given, each with at most as many certificates."""
KEY_KINDS = "ECDSA P-256, P-384 or P-521, RSA of 2048 to 8192 bits, or Ed25519"
"""The keys that are supported, in words."""

_MOST_BYTES = 1 << 20
_FEWEST_BITS, _MOST_BITS = 2048, 8192
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_INSTALL = (
    "verifying signatures needs the library cryptography; "
    "install it with: pip install 'archive-checker[verify]'"
)


class VerifyKey(NamedTuple):
    """A file that signatures are verified with.

    Attributes:
        name: Its path, as the user specified it.
        key: The public key in it; None if it contains certificates.
        certificates: The certificates in it, which are trusted.
    """

    name: str
    key: PublicKey | None = None
    certificates: tuple[Certificate, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key, or of the certificates, in DER; in hexadecimal."""
        import hashlib

        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        parts = [each.public_bytes(Encoding.DER) for each in self.certificates]
        if self.key is not None:
            form = PublicFormat.SubjectPublicKeyInfo
            parts.append(self.key.public_bytes(Encoding.DER, form))
        return hashlib.sha256(b"".join(parts)).hexdigest()


def read_keys(paths: Sequence[str]) -> tuple[VerifyKey, ...]:
    """Read public keys and certificates, in PEM or DER.

    Args:
        paths: The files.

    Raises:
        SettingsError: The library is missing, or a file cannot be read or is something else.
    """
    if not paths:
        return ()
    try:
        import cryptography  # noqa: F401 - tells whether it is installed
    except ImportError as error:
        raise SettingsError(_INSTALL) from error
    if len(paths) > MOST_KEYS:
        raise SettingsError(f"{len(paths)} keys are given, at most {MOST_KEYS} are possible")
    return tuple(map(_read_key, dict.fromkeys(paths)))


def _read_key(path: str) -> VerifyKey:
    data = _content(path)
    labels = [label.decode() for label in _LABEL.findall(data)]
    if any("PRIVATE KEY" in label for label in labels):
        raise SettingsError(f"{path}: is a private key; give the public key that belongs to it")
    try:
        if "CERTIFICATE" in labels:
            return VerifyKey(path, certificates=_certificates(path, data))
        if labels:
            return VerifyKey(path, key=_public_key(path, data, labels))
        return _der(path, data)
    except SettingsError:
        raise
    except Exception as error:  # of several libraries below, which name no common one
        raise SettingsError(f"{path}: cannot be read as a public key or certificate") from error


def _content(path: str) -> bytes:
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            raise SettingsError(f"{path}: is not a file")
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{path}: has more than {_MOST_BYTES} bytes")
    return data


def _certificates(path: str, data: bytes) -> tuple[Certificate, ...]:
    from cryptography.x509 import load_pem_x509_certificates

    found = tuple(load_pem_x509_certificates(data))
    if len(found) > MOST_KEYS:
        raise SettingsError(
            f"{path}: has {len(found)} certificates, at most {MOST_KEYS} are possible"
        )
    return _usable(path, found)


def _usable(path: str, certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    found = tuple(certificates)
    for certificate in found:
        _supported(path, certificate.public_key())
    return found


def _public_key(path: str, data: bytes, labels: Sequence[str]) -> PublicKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if not labels[0].endswith("PUBLIC KEY"):
        raise SettingsError(
            f"{path}: is a PEM file with {labels[0]}, expected PUBLIC KEY or CERTIFICATE"
        )
    if len(labels) > 1:
        raise SettingsError(f"{path}: has {len(labels)} keys; use a file for each")
    return _supported(path, load_pem_public_key(data))


def _der(path: str, data: bytes) -> VerifyKey:
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from cryptography.x509 import load_der_x509_certificate

    try:
        certificate = load_der_x509_certificate(data)
    except ValueError:
        return VerifyKey(path, key=_supported(path, load_der_public_key(data)))
    return VerifyKey(path, certificates=_usable(path, (certificate,)))


def _supported(path: str, key: object) -> PublicKey:
    found = supported(key)
    if found is None:
        raise SettingsError(f"{path}: has a key of another kind; supported are {KEY_KINDS}")
    return found


def supported(key: object) -> PublicKey | None:
    """A key, if it is of a kind and size that signatures are verified with."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, EllipticCurvePublicKey):
        return key if key.curve.name in _CURVES else None
    if isinstance(key, RSAPublicKey):
        return key if _FEWEST_BITS <= key.key_size <= _MOST_BITS else None
    return key if isinstance(key, Ed25519PublicKey) else None
