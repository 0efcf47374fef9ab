"""Signs images as cosign and notation do, by their specifications, with keys made for a test."""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from checker.testing.archive import Archive, oci_archive
from checker.testing.artifacts import with_artifacts
from checker.testing.image import Image, encode_json
from checker.testing.tar import file

PrivateKey: TypeAlias = "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey"
Artifact: TypeAlias = dict[str, Any]

KINDS = ("p256", "p384", "p521", "rsa", "ed25519")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
NOTARY = "application/vnd.cncf.notary"
SLSA = "https://slsa.dev/provenance/v1"


def small_image(name: str = "registry.example.org/team/app:1") -> Archive:
    """A layout with a small image, whose bytes no compressor decides."""
    layer = (file("hello", "hi\n"),)
    config = {"config": {"Cmd": ["/hello"]}}
    return oci_archive(Image(layers=(layer,), compression="none", tags=(name,), config=config))


IMAGE = small_image()
DIGEST = IMAGE.names["manifest.digest"]


_CURVES: Mapping[str, ec.EllipticCurve] = {
    "p256": ec.SECP256R1(),
    "p384": ec.SECP384R1(),
    "p521": ec.SECP521R1(),
}


@cache
def private_key(kind: str, name: str = "") -> PrivateKey:
    """A key; the same one for the same name."""
    del name
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[kind])


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def write_key(directory: Path, key: PrivateKey, name: str = "cosign.pub") -> str:
    path = directory / name
    path.write_bytes(public_pem(key))
    return str(path)


def sign(key: PrivateKey, message: bytes, hashed: HashAlgorithm | None = None) -> bytes:
    """A signature as cosign makes it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashed or SHA256())
    return key.sign(message, ec.ECDSA(hashed or SHA256()))


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# --- cosign


def cosign_payload(digest: str, reference: str = "registry.example.org/team/app") -> bytes:
    return encode_json(
        {
            "critical": {
                "identity": {"docker-reference": reference},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": None,
        }
    )


def cosign(
    key: PrivateKey,
    digest: str = DIGEST,
    attached_to: str = DIGEST,
    hashed: HashAlgorithm | None = None,
    more: Mapping[str, str] | None = None,
) -> Artifact:
    """A signature of cosign 2: a payload, and the signature as an annotation."""
    payload = cosign_payload(digest)
    annotations = {"dev.cosignproject.cosign/signature": base64(sign(key, payload, hashed))}
    return cosign_artifact(payload, annotations | dict(more or {}), attached_to)


def cosign_artifact(
    payload: bytes, annotations: Mapping[str, str], attached_to: str = DIGEST
) -> Artifact:
    tag = f"{attached_to.replace(':', '-')}.sig"
    return {
        "config_type": "application/vnd.oci.image.config.v1+json",
        "annotations": {"org.opencontainers.image.ref.name": tag},
        "layers": [{"type": COSIGN, "hex": payload.hex(), "annotations": annotations}],
    }


def statement(
    digest: str = DIGEST, predicate_type: str = SLSA, predicate: Any = None
) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": predicate_type,
        "subject": [{"name": "app", "digest": {"sha256": digest.partition(":")[2]}}],
        "predicate": {} if predicate is None else predicate,
    }


def provenance(builder: str) -> dict[str, Any]:
    return {
        "buildDefinition": {"buildType": "https://example.org/build/v1", "externalParameters": {}},
        "runDetails": {"builder": {"id": builder}},
    }


def envelope(key: PrivateKey, value: Any, payload_type: str = IN_TOTO) -> dict[str, Any]:
    """A DSSE envelope."""
    payload, kind = encode_json(value), payload_type.encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return {
        "payloadType": payload_type,
        "payload": base64(payload),
        "signatures": [{"keyid": "", "sig": base64(sign(key, message))}],
    }


def attestation(key: PrivateKey, value: Any = None, attached_to: str = DIGEST) -> Artifact:
    """An attestation of cosign 2: a DSSE envelope, listed by a tag."""
    content = encode_json(envelope(key, statement() if value is None else value))
    tag = f"{attached_to.replace(':', '-')}.att"
    return {
        "config_type": "application/vnd.oci.image.config.v1+json",
        "annotations": {"org.opencontainers.image.ref.name": tag},
        "layers": [{"type": "application/vnd.dsse.envelope.v1+json", "hex": content.hex()}],
    }


def bundle(content: Mapping[str, Any], material: Mapping[str, Any] | None = None) -> Artifact:
    """A Sigstore bundle, as cosign 3 attaches it."""
    value = {
        "mediaType": BUNDLE,
        "verificationMaterial": material or {"publicKey": {"hint": "eA=="}},
        **content,
    }
    return {
        "type": BUNDLE,
        "subject": DIGEST,
        "layers": [{"type": BUNDLE, "hex": encode_json(value).hex()}],
    }


def signed_bundle(key: PrivateKey, digest: str = DIGEST) -> Artifact:
    value = statement(digest, "https://sigstore.dev/cosign/sign/v1")
    return bundle({"dsseEnvelope": envelope(key, value)})


def message_bundle(key: PrivateKey) -> Artifact:
    """A bundle with the signature of the manifest itself."""
    manifest = next(each.content for each in IMAGE.members if each.name == IMAGE.names["manifest"])
    message = {
        "messageDigest": {
            "algorithm": "SHA2_256",
            "digest": base64(bytes.fromhex(IMAGE.names["manifest.hex"])),
        },
        "signature": base64(sign(key, manifest)),
    }
    return bundle({"messageSignature": message})


# --- certificates


class Signer(NamedTuple):
    """A key with its chain of certificates, that of the signer first."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def root(self) -> x509.Certificate:
        return self.chain[-1]


class CertificatePlan(NamedTuple):
    """What is unusual about a certificate of a signer."""

    ca: bool = False
    code_signing: bool = True
    digital_signature: bool = True
    after: dt.datetime = NOW + dt.timedelta(days=365)
    before: dt.datetime = NOW - dt.timedelta(days=1)
    critical: bool = False


USUAL = CertificatePlan()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, signs: bool, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, issues, False, False, False)


def certificate(
    name: str, key: PrivateKey, issuer: Signer | None, plan: CertificatePlan
) -> x509.Certificate:
    """A certificate, of a CA without an issuer or if the plan says so."""
    own = _name(name)
    is_ca = issuer is None or plan.ca
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own if issuer is None else issuer.chain[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(plan.before)
        .not_valid_after(plan.after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            _usage(signs=plan.digital_signature and not is_ca, issues=is_ca), critical=True
        )
    )
    if not is_ca:
        code, mail = ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION
        purposes = x509.ExtendedKeyUsage([code if plan.code_signing else mail])
        builder = builder.add_extension(purposes, critical=False)
    if plan.critical:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
        builder = builder.add_extension(extension, critical=True)
    signing = key if issuer is None else issuer.key
    hashed = None if isinstance(signing, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(signing, hashed)


def authority(name: str = "Example Root") -> Signer:
    key = private_key("p256", name)
    return Signer(key, (certificate(name, key, None, CertificatePlan()),))


def issued(issuer: Signer, name: str, kind: str = "p256", plan: CertificatePlan = USUAL) -> Signer:
    key = private_key(kind, name)
    return Signer(key, (certificate(name, key, issuer, plan), *issuer.chain))


def write_certificate(directory: Path, found: x509.Certificate, name: str = "root.pem") -> str:
    path = directory / name
    path.write_bytes(found.public_bytes(Encoding.PEM))
    return str(path)


# --- the Notary Project

_ALGORITHMS: Mapping[str, tuple[str, int, type[HashAlgorithm]]] = {
    "p256": ("ES256", -7, SHA256),
    "p384": ("ES384", -35, SHA384),
    "p521": ("ES512", -36, SHA512),
    "rsa": ("PS256", -37, SHA256),
}


def _jose_sign(key: PrivateKey, kind: str, message: bytes) -> bytes:
    hashed = _ALGORITHMS[kind][2]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PSS(padding.MGF1(hashed), hashed.digest_size), hashed)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = (key.key_size + 7) // 8
    numbers = decode_dss_signature(key.sign(message, ec.ECDSA(hashed)))
    return b"".join(number.to_bytes(size, "big") for number in numbers)


def notary_payload(digest: str = DIGEST) -> bytes:
    target = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest}
    return encode_json({"targetArtifact": {**target, "size": 401}})


def jws(
    signer: Signer,
    kind: str = "p256",
    digest: str = DIGEST,
    headers: Mapping[str, Any] | None = None,
) -> Artifact:
    """A signature of notation in JWS form."""
    protected = {
        "alg": _ALGORITHMS[kind][0],
        "cty": f"{NOTARY}.payload.v1+json",
        "crit": ["io.cncf.notary.signingScheme"],
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": NOW.isoformat(),
        **(headers or {}),
    }
    first, second = base64url(encode_json(protected)), base64url(notary_payload(digest))
    signature = _jose_sign(signer.key, kind, f"{first}.{second}".encode())
    value = {
        "payload": second,
        "protected": first,
        "header": {"x5c": [base64(each.public_bytes(Encoding.DER)) for each in signer.chain]},
        "signature": base64url(signature),
    }
    return notary_artifact("application/jose+json", encode_json(value))


def notary_artifact(media_type: str, content: bytes) -> Artifact:
    return {
        "type": f"{NOTARY}.signature",
        "subject": DIGEST,
        "layers": [{"type": media_type, "hex": content.hex()}],
    }


def cose(
    signer: Signer, kind: str = "p256", headers: Mapping[int | str, Any] | None = None
) -> Artifact:
    """A signature of notation in COSE form."""
    scheme = "io.cncf.notary.signingScheme"
    protected = cbor(
        {
            1: _ALGORITHMS[kind][1],
            2: [scheme],
            3: f"{NOTARY}.payload.v1+json",
            scheme: "notary.x509",
            "io.cncf.notary.signingTime": Tag(1, int(NOW.timestamp())),
            **(headers or {}),
        }
    )
    payload = notary_payload()
    signature = _jose_sign(signer.key, kind, cbor(["Signature1", protected, b"", payload]))
    chain = [each.public_bytes(Encoding.DER) for each in signer.chain]
    content = cbor(Tag(18, [protected, {33: chain}, payload, signature]))
    return notary_artifact("application/cose", content)


class Tag(NamedTuple):
    """A tagged value of CBOR."""

    number: int
    value: Any


def cbor(value: Any) -> bytes:
    """A value in CBOR, written apart from the code that is tested."""
    if isinstance(value, Tag):
        return _head(6, value.number) + cbor(value.value)
    if isinstance(value, int):
        return _head(1, -1 - value) if value < 0 else _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    pairs = (cbor(key) + cbor(item) for key, item in value.items())
    return _head(5, len(value)) + b"".join(pairs)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    length = next(length for length in (1, 2, 4, 8) if number < 1 << 8 * length)
    extra = {1: 24, 2: 25, 4: 26, 8: 27}[length]
    return bytes([major << 5 | extra]) + number.to_bytes(length, "big")


def with_signatures(*artifacts: Artifact, archive: Archive = IMAGE) -> Archive:
    return with_artifacts(archive, artifacts)


def content_of(artifact: Artifact) -> bytes:
    return bytes.fromhex(artifact["layers"][0]["hex"])


def with_content(artifact: Artifact, content: bytes) -> Artifact:
    """The artifact with another content, whose digests are right."""
    (layer,) = artifact["layers"]
    return {**artifact, "layers": [{**layer, "hex": content.hex()}]}


def changed_json(artifact: Artifact, **members: Any) -> Artifact:
    value = json.loads(content_of(artifact))
    return with_content(artifact, encode_json({**value, **members}))
