"""Envelopes: what is signed, the signatures, and what is stated beside them. Nothing is verified.

Sources: in-toto attestation framework, "Envelope" (DSSE 1.0); cosign, specs/SIGNATURE_SPEC.md;
Sigstore bundle 0.1 to 0.3 (protobuf-specs, sigstore_bundle.proto); Notary Project,
specs/signature-envelope-jws.md and signature-envelope-cose.md; RFC 7515 (JWS); RFC 9052 (COSE).
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from itertools import islice
from types import MappingProxyType

from checker.model.cbor import (
    CborError,
    Tagged,
    decode_cbor,
    encode_array,
    encode_bytes,
    encode_text,
)
from checker.model.forms import Form
from checker.model.image import Json, integer, items, mapping, text
from checker.records import NamedTuple

COSIGN_SIGNATURE = "dev.cosignproject.cosign/signature"
"""The annotation in which cosign 2 stores the signature of a payload."""
COSIGN_CERTIFICATE = "dev.sigstore.cosign/certificate"
"""The annotation in which cosign 2 stores the certificate of a keyless signature."""
STATEMENT_PAYLOAD = "application/vnd.in-toto+json"
NOTARY_PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"

_MOST_SIGNATURES = 16
_MOST_CERTIFICATES = 16
_MOST_VALUES = 1_000_000
_MOST_DIGITS = 4300
_MOST_SHOWN = 3
_HEADER_VALUES = 1000
_STANDARD = str.maketrans("-_", "+/")
_COSE_TAG = 18
_COSE_ALGORITHM, _COSE_CRITICAL, _COSE_CONTENT_TYPE, _COSE_CHAIN = 1, 2, 3, 33
_COSE_ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -37: "PS256", -38: "PS384"}
_COSE_ALGORITHMS[-39] = "PS512"
_NOTARY = "io.cncf.notary."
_NOTARY_HEADERS: frozenset[int | str] = frozenset(
    f"{_NOTARY}{name}"
    for name in ("signingScheme", "signingTime", "authenticSigningTime", "expiry")
)
_BUNDLE_ALGORITHMS = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


class EnvelopeError(ValueError):
    """The content is not what its media type says; the message completes "its content …"."""


class Values:
    """How many values payloads may have, all of an archive together.

    Args:
        left: The number.
    """

    def __init__(self, left: int = _MOST_VALUES) -> None:
        self._left = left

    def spend(self, count: int) -> None:
        """Count the values of a payload.

        Raises:
            EnvelopeError: There are too many.
        """
        if count > self._left:
            raise EnvelopeError("has a payload with more values than the limit json_values allows")
        self._left -= count


class Headers(NamedTuple):
    """What a signature of the Notary Project states in its protected headers.

    Attributes:
        algorithm: The algorithm, in the names of JWS (RFC 7518, section 3.1): ``ES256``.
        content_type: The media type of the payload.
        scheme: The signing scheme: ``notary.x509`` or ``notary.x509.signingAuthority``.
        expiry: When the signature expires, as written there: RFC 3339, or seconds since 1970.
        unknown: Critical headers that are not known, so that the signature must be refused.
    """

    algorithm: str | None = None
    content_type: str | None = None
    scheme: str | None = None
    expiry: str | int | None = None
    unknown: tuple[str, ...] = ()


class Envelope(NamedTuple):
    """One signed content.

    Attributes:
        form: Its form.
        payload: What is signed, before an encoding is put around it.
        payload_type: The media type of the payload, of a DSSE envelope.
        signatures: The signatures, at most 16.
        left_out: How many signatures there are beyond those.
        chain: The certificates beside the signature, in DER, that of the signer first.
        encoded: Of a JWS what is signed as it is encoded, of a COSE signature its headers.
        headers: What they state.
        digest: The digest of what is signed, where the payload is elsewhere.
    """

    form: Form
    payload: bytes = b""
    payload_type: str | None = None
    signatures: tuple[bytes, ...] = ()
    left_out: int = 0
    chain: tuple[bytes, ...] = ()
    encoded: bytes = b""
    headers: Headers = Headers()
    digest: str | None = None

    @property
    def message(self) -> bytes:
        """The bytes that the signatures cover; of a digest alone, that is not known."""
        if self.form in (Form.DSSE, Form.BUNDLE):
            return _pre_authentication(self.payload_type or "", self.payload)
        if self.form is Form.COSE:
            parts = (self.encoded, b"", self.payload)
            return encode_array(encode_text("Signature1"), *map(encode_bytes, parts))
        return self.encoded if self.form is Form.JWS else self.payload

    def value(self, values: Values) -> Json:
        """The payload as a JSON object; an empty one if it is another value.

        Raises:
            EnvelopeError: It is not JSON, repeats a key, or has too many values.
        """
        return mapping(read_payload(self.payload, values))


def _pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """What a DSSE signature covers (DSSE 1.0, "Signature Definition")."""
    kind = payload_type.encode("utf-8", "replace")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read_payload(data: bytes, values: Values) -> object:
    """The JSON value of a payload.

    Args:
        data: The bytes.
        values: How many values it may have.

    Raises:
        EnvelopeError: It is not JSON, repeats a key, or has too many values.
    """
    values.spend(1 + sum(map(data.count, (b",", b"[", b"{"))))
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_members,
            parse_constant=_refuse,
            parse_int=_number,
        )
    except EnvelopeError:
        raise
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("has a payload that is not JSON") from error


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EnvelopeError(
            "has a payload that repeats a key, which readers understand differently"
        )
    return members


def _refuse(constant: str) -> None:
    raise EnvelopeError(f"has a payload with {constant}, which is not JSON")


def _number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise EnvelopeError(f"has a payload with a number of {len(digits)} digits")
    return int(digits)


def decoded(value: object) -> bytes:
    """Bytes from base64, in the standard or the URL-safe alphabet, padded or not.

    Raises:
        EnvelopeError: It is not base64.
    """
    encoded = (text(value) or "").translate(_STANDARD).rstrip("=")
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise EnvelopeError("has a payload or signature that is not base64") from error


def dsse_envelope(value: Json) -> Envelope:
    """A DSSE envelope.

    Raises:
        EnvelopeError: It has no signatures, or something is not base64.
    """
    found = items(value.get("signatures"))
    if not found:
        raise EnvelopeError("is a DSSE envelope without signatures")
    return Envelope(
        form=Form.DSSE,
        payload=decoded(value.get("payload")),
        payload_type=text(value.get("payloadType")) or "",
        signatures=tuple(decoded(mapping(one).get("sig")) for one in found[:_MOST_SIGNATURES]),
        left_out=max(0, len(found) - _MOST_SIGNATURES),
    )


def bundle(value: Json) -> Envelope:
    """A Sigstore bundle: a DSSE envelope, or the signature of a digest.

    Raises:
        EnvelopeError: It has neither, or something is not base64.
    """
    material = mapping(value.get("verificationMaterial"))
    certificates = (
        material.get("certificate"),
        *items(mapping(material.get("x509CertificateChain")).get("certificates")),
    )
    raw = (text(mapping(each).get("rawBytes")) for each in certificates[:_MOST_CERTIFICATES])
    chain = tuple(decoded(each) for each in raw if each)
    envelope = value.get("dsseEnvelope")
    if envelope is not None:
        return dsse_envelope(mapping(envelope))._replace(form=Form.BUNDLE, chain=chain)
    message = mapping(value.get("messageSignature"))
    digest = mapping(message.get("messageDigest"))
    encoded = decoded(digest.get("digest"))
    if not message.get("signature") or not encoded:
        raise EnvelopeError("is a Sigstore bundle without a signature")
    named = text(digest.get("algorithm")) or "SHA2_256"
    algorithm = _BUNDLE_ALGORITHMS.get(named, named.lower())
    return Envelope(
        form=Form.BUNDLE,
        signatures=(decoded(message.get("signature")),),
        chain=chain,
        digest=f"{algorithm}:{encoded.hex()}",
    )


def simple_signing(payload: bytes, annotations: Mapping[str, str]) -> Envelope:
    """The payload of cosign 2, whose signature is an annotation of its descriptor.

    Raises:
        EnvelopeError: There is no signature, or it is not base64.
    """
    signature = annotations.get(COSIGN_SIGNATURE)
    if not signature:
        raise EnvelopeError(f"has no signature: the annotation {COSIGN_SIGNATURE} is missing")
    certificate = annotations.get(COSIGN_CERTIFICATE, "")
    return Envelope(
        form=Form.SIMPLE_SIGNING,
        payload=payload,
        signatures=(decoded(signature),),
        chain=(certificate.encode("utf-8", "replace"),) if certificate else (),
    )


def jws(value: Json) -> Envelope:
    """A signature of the Notary Project in JWS form.

    Raises:
        EnvelopeError: It has no signature, or its headers cannot be read.
    """
    signature = text(value.get("signature"))
    if not signature:
        raise EnvelopeError("is a JWS without a signature")
    protected = text(value.get("protected")) or ""
    payload = text(value.get("payload")) or ""
    headers = mapping(read_payload(decoded(protected), Values(_HEADER_VALUES)))
    chain = items(mapping(value.get("header")).get("x5c"))[:_MOST_CERTIFICATES]
    expiry = headers.get(f"{_NOTARY}expiry")
    return Envelope(
        form=Form.JWS,
        payload=decoded(payload),
        signatures=(decoded(signature),),
        chain=tuple(map(decoded, chain)),
        encoded=f"{protected}.{payload}".encode("utf-8", "replace"),
        headers=Headers(
            algorithm=text(headers.get("alg")),
            content_type=text(headers.get("cty")),
            scheme=text(headers.get(f"{_NOTARY}signingScheme")),
            expiry=expiry if expiry is None else text(expiry) or "",
            unknown=_unknown(headers.get("crit"), _NOTARY_HEADERS),
        ),
    )


def _unknown(critical: object, known: frozenset[int | str]) -> tuple[str, ...]:
    """The critical headers that are not known, a few of them."""
    found = (each for each in items(critical) if isinstance(each, int | str))
    return tuple(islice((str(each)[:80] for each in found if each not in known), _MOST_SHOWN))


def cose(data: bytes) -> Envelope:
    """A signature of the Notary Project in COSE form, a COSE_Sign1 message.

    Raises:
        EnvelopeError: It is not one.
    """
    try:
        return _cose(decode_cbor(data))
    except CborError as error:
        raise EnvelopeError(f"is not a COSE signature: {error}") from error


def _cose(message: object) -> Envelope:
    if not isinstance(message, Tagged) or message.tag != _COSE_TAG:
        raise EnvelopeError("is not a COSE signature: it has another tag")
    parts = items(message.value)
    if len(parts) != 4:
        raise EnvelopeError(f"is not a COSE signature: it has {len(parts)} parts, expected 4")
    protected, unprotected, payload, signature = parts
    if not (
        isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)
    ):
        raise EnvelopeError("is not a COSE signature: its parts have other types")
    if not signature:
        raise EnvelopeError("is a COSE signature without a signature")
    headers = _map(decode_cbor(protected)) if protected else {}
    chain = _map(unprotected).get(_COSE_CHAIN)
    certificates = [chain] if isinstance(chain, bytes) else items(chain)
    return Envelope(
        form=Form.COSE,
        payload=payload,
        signatures=(signature,),
        chain=tuple(each for each in certificates[:_MOST_CERTIFICATES] if isinstance(each, bytes)),
        encoded=protected,
        headers=_cose_headers(headers),
    )


def _cose_headers(headers: Mapping[object, object]) -> Headers:
    known = _NOTARY_HEADERS | {_COSE_ALGORITHM, _COSE_CONTENT_TYPE}
    expiry = headers.get(f"{_NOTARY}expiry")
    seconds = integer(expiry.value) if isinstance(expiry, Tagged) else integer(expiry)
    return Headers(
        algorithm=_COSE_ALGORITHMS.get(integer(headers.get(_COSE_ALGORITHM)) or 0),
        content_type=text(headers.get(_COSE_CONTENT_TYPE)),
        scheme=text(headers.get(f"{_NOTARY}signingScheme")),
        # One that is not a time must not pass for none.
        expiry=None if expiry is None else "" if seconds is None else seconds,
        unknown=_unknown(headers.get(_COSE_CRITICAL), known),
    )


def _map(value: object) -> Mapping[object, object]:
    return value if isinstance(value, dict) else {}


Reader = Callable[[Json], Envelope]
"""Reads an envelope from the value of its document."""
READERS: Mapping[Form, Reader] = MappingProxyType(
    {Form.DSSE: dsse_envelope, Form.BUNDLE: bundle, Form.JWS: jws}
)
"""How the forms that are JSON are read; the payload of cosign 2 is none of them."""
