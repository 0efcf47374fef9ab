"""Whether one signature of some bytes is right for one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

    from checker.signing.keys import PublicKey

_HASHES = ("sha256", "sha384", "sha512")
_MOST_TRIES = 5000
_BYTES_PER_TRY = 1 << 16
# What a verification in Python takes, in those of the library.
_PREHASHED_TRIES = 20
_CURVE_HASHES: Mapping[str, str] = {
    "secp256r1": "sha256",
    "secp384r1": "sha384",
    "secp521r1": "sha512",
}
_JOSE_CURVES: Mapping[str, str] = {
    "ES256": "secp256r1",
    "ES384": "secp384r1",
    "ES512": "secp521r1",
}
_JOSE_RSA: Mapping[str, str] = {"PS256": "sha256", "PS384": "sha384", "PS512": "sha512"}


class TriesError(Exception):
    """So many signatures were tried that no further one is."""


class Tries:
    """How much work verification may take, for all signatures of an archive together."""

    def __init__(self) -> None:
        self._left = _MOST_TRIES

    def spend(self, size: int = 0) -> None:
        """Count one try.

        Args:
            size: Bytes that are hashed for it.

        Raises:
            TriesError: There were too many.
        """
        self._left -= 1 + size // _BYTES_PER_TRY
        if self._left < 0:
            raise TriesError


class Message(NamedTuple):
    """What is signed: bytes, or the digest of bytes that are elsewhere.

    Attributes:
        data: The bytes; None if only a digest is known.
        digests: Digests of them, by the name of the algorithm.
    """

    data: bytes | None
    digests: Mapping[str, bytes]

    @classmethod
    def of(cls, data: bytes) -> Message:
        """Bytes, with the digests that signatures use."""
        import hashlib

        return cls(data, {name: hashlib.new(name, data).digest() for name in _HASHES})


def is_signed(message: Message, signature: bytes, key: PublicKey, tries: Tries) -> bool:
    """Whether a signature as cosign makes it is right: ECDSA in ASN.1, RSA PKCS #1 v1.5, Ed25519.

    ECDSA with SHA-256, whatever the curve, and with the hash of the curve; Ed25519 of the message,
    and of its digest (Ed25519ph), as versions of cosign differ.

    Raises:
        TriesError: Too much was tried.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, EllipticCurvePublicKey):
        names = dict.fromkeys(("sha256", _CURVE_HASHES[key.curve.name]))
        return any(_is_ecdsa(message, name, signature, key, tries) for name in names)
    if isinstance(key, RSAPublicKey):
        return any(_is_rsa(message, name, signature, key, tries) for name in _HASHES)
    return _is_ed25519(message, signature, key, tries)


def is_signed_as(
    algorithm: str | None, message: Message, signature: bytes, key: PublicKey, tries: Tries
) -> bool:
    """Whether a signature of JWS or COSE is right, by an algorithm that suits the key.

    ECDSA as two numbers, RSA with PSS (RFC 7518, sections 3.4 and 3.5; RFC 8230, section 2).

    Raises:
        TriesError: Too much was tried.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    name = algorithm or ""
    if isinstance(key, EllipticCurvePublicKey) and _JOSE_CURVES.get(name) == key.curve.name:
        size = (key.key_size + 7) // 8
        if len(signature) != 2 * size:
            return False
        numbers = (int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
        encoded = encode_dss_signature(*numbers)
        return _is_ecdsa(message, _CURVE_HASHES[key.curve.name], encoded, key, tries)
    if isinstance(key, RSAPublicKey) and name in _JOSE_RSA:
        return _is_pss(message, _JOSE_RSA[name], signature, key, tries)
    return False


def _hash(name: str) -> SHA256 | SHA384 | SHA512:
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

    if name == "sha256":
        return SHA256()
    return SHA384() if name == "sha384" else SHA512()


def _is_ecdsa(
    message: Message, name: str, signature: bytes, key: EllipticCurvePublicKey, tries: Tries
) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    tries.spend()
    digest = message.digests.get(name)
    if digest is None:
        return False
    algorithm = ECDSA(Prehashed(_hash(name)))
    return _passes(lambda data: key.verify(signature, data, algorithm), digest)


def _is_rsa(message: Message, name: str, signature: bytes, key: RSAPublicKey, tries: Tries) -> bool:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    tries.spend()
    digest = message.digests.get(name)
    if digest is None:
        return False
    hashed = Prehashed(_hash(name))
    return _passes(lambda data: key.verify(signature, data, PKCS1v15(), hashed), digest)


def _is_pss(message: Message, name: str, signature: bytes, key: RSAPublicKey, tries: Tries) -> bool:
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    tries.spend()
    digest = message.digests.get(name)
    if digest is None:
        return False
    hashed = _hash(name)
    padding = PSS(MGF1(hashed), hashed.digest_size)
    return _passes(lambda data: key.verify(signature, data, padding, Prehashed(hashed)), digest)


def _is_ed25519(message: Message, signature: bytes, key: Ed25519PublicKey, tries: Tries) -> bool:
    from checker.signing.ed25519ph import is_signed

    if message.data is not None:
        tries.spend(2 * len(message.data))
        if _passes(lambda data: key.verify(signature, data), message.data):
            return True
    digest = message.digests.get("sha512")
    if digest is None:
        return False
    tries.spend(_PREHASHED_TRIES * _BYTES_PER_TRY)
    return is_signed(key.public_bytes_raw(), signature, digest)


def _passes(verify: Callable[[bytes], None], data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        verify(data)
    except (InvalidSignature, ValueError):
        return False
    return True
