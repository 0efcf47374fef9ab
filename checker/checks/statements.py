"""What attestations and signatures in an image layout say, and which content they are about.

Nothing is verified: a signature may be forged, and yet name the right image. But one that names
another image, or that no tool can read, says nothing about this one.

Sources: in-toto attestation framework, "Statement" and "Envelope" (DSSE); BuildKit,
docs/attestations/attestation-storage.md; cosign, specs/SIGNATURE_SPEC.md; Sigstore bundle 0.3;
Notary Project, specs/signature-specification.md.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from checker.model.archive import Archive
from checker.model.image import REF_NAME, Descriptor, Json, Manifest, items, mapping, text
from checker.model.names import parse_digest
from checker.records import NamedTuple

REFERENCE_DIGEST = "vnd.docker.reference.digest"
"""The annotation in which BuildKit names the image that an attestation is about."""
COSIGN_SIGNATURE = "dev.cosignproject.cosign/signature"
"""The annotation in which cosign 2 stores the signature of a payload."""
PREDICATE_TYPE = "in-toto.io/predicate-type"
"""The annotation in which BuildKit repeats the predicate type of a statement."""

_STATEMENT = "https://in-toto.io/Statement/"
_COSIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
_COSIGN_TYPE = "cosign container image signature"
_STANDARD = str.maketrans("-_", "+/")


class Use(StrEnum):
    """What a document beside an image is for."""

    ATTESTATION = "attestation"
    SIGNATURE = "signature"


class Claim(NamedTuple):
    """What one layer of an attestation or signature says.

    Attributes:
        use: What it is for.
        descriptor: The descriptor of the layer.
        digests: The digests of what it is about.
        predicate_type: The type of an in-toto statement's predicate, if it has one.
        problem: Why it cannot be understood; None if it can.
    """

    use: Use
    descriptor: Descriptor
    digests: frozenset[str] = frozenset()
    predicate_type: str | None = None
    problem: str | None = None


class _UnreadableError(ValueError):
    """The content is not what its media type says; the message completes "its content …"."""


def expected_digests(manifest: Manifest) -> tuple[str, ...]:
    """The digests of the content that an attestation or signature belongs to, as it is attached.

    By its ``subject``, by BuildKit's annotation, or by a tag such as ``sha256-….sig`` of cosign.
    """
    subject = None if manifest.subject is None else manifest.subject.digest_text
    reference = manifest.descriptor.annotations.get(REFERENCE_DIGEST)
    name = manifest.descriptor.annotations.get(REF_NAME, "").rpartition(":")[2]
    tag = _attached_tag().fullmatch(name)
    found = (subject, reference, f"{tag[1]}:{tag[2]}" if tag else None)
    return tuple(dict.fromkeys(each for each in found if each and parse_digest(each) is not None))


def is_about_other(claim: Claim, expected: tuple[str, ...]) -> bool:
    """Whether what a claim names is other content than it is attached to.

    Digests of algorithms that are not among the expected ones cannot be compared.
    """
    known = {digest.partition(":")[0] for digest in expected}
    comparable = {digest for digest in claim.digests if digest.partition(":")[0] in known}
    return bool(comparable) and comparable.isdisjoint(expected)


def is_signature(manifest: Manifest) -> bool:
    """Whether a manifest is a signature, by its types or by a tag of cosign."""
    types = [manifest.artifact_type, *(layer.media_type for layer in manifest.layers)]
    types.append(None if manifest.config is None else manifest.config.media_type)
    name = manifest.descriptor.annotations.get(REF_NAME, "")
    return name.endswith(".sig") or any((each or "").startswith(_SIGNATURES) for each in types)


def has_layers_of(use: Use, manifest: Manifest) -> bool:
    """Whether any layer has a type of attestations, or of signatures."""
    known = _SIGNATURE_LAYERS if use is Use.SIGNATURE else _STATEMENTS
    return any((each.media_type or "").partition(";")[0] in known for each in manifest.layers)


def is_opaque_signature(descriptor: Descriptor) -> bool:
    """Whether a layer is a signature in a form that is not read (COSE)."""
    return descriptor.media_type == _COSE


def claims_of(archive: Archive, manifest: Manifest) -> Iterator[Claim]:
    """What the layers of an attestation or signature say.

    Layers of other types, and content that is missing, damaged or larger than the limit for JSON,
    are ignored: other rules report that.
    """
    for descriptor in manifest.layers:
        read = _READERS.get((descriptor.media_type or "").partition(";")[0])
        blob = archive.members.blob_of(descriptor.digest)
        if read is None or blob is None or not archive.has_all_of(blob):
            continue
        if descriptor.digest is not None and blob.hashes_to(descriptor.digest) is False:
            continue
        use = _use_of(manifest, descriptor)
        document = blob.document
        if document is None or document.error is not None:
            yield Claim(use, descriptor, problem="is not JSON")
            continue
        try:
            yield read(mapping(document.value), Claim(use, descriptor))
        except _UnreadableError as error:
            yield Claim(use, descriptor, problem=str(error))


def _use_of(manifest: Manifest, descriptor: Descriptor) -> Use:
    """What a layer is for; a statement in a bundle may be either, see ``_statement``."""
    kind = descriptor.media_type or ""
    if kind.startswith(_SIGNATURES) and not manifest.descriptor.is_attestation:
        return Use.SIGNATURE
    return Use.SIGNATURE if kind == _JWS else Use.ATTESTATION


def _statement(value: Json, claim: Claim) -> Claim:
    kind = text(value.get("_type")) or ""
    if not kind.startswith(_STATEMENT):
        raise _UnreadableError(f'is not an in-toto statement: its _type is "{kind[:80]}"')
    predicate_type = text(value.get("predicateType")) or None
    is_signature = claim.use is Use.SIGNATURE and predicate_type == _COSIGN_PREDICATE
    return claim._replace(
        use=Use.SIGNATURE if is_signature else Use.ATTESTATION,
        digests=frozenset(_subject_digests(value)),
        predicate_type=predicate_type,
    )


def _subject_digests(statement: Json) -> Iterator[str]:
    for subject in items(statement.get("subject")):
        for algorithm, encoded in mapping(mapping(subject).get("digest")).items():
            if isinstance(encoded, str):
                yield f"{algorithm}:{encoded}"


def _statement_or_envelope(value: Json, claim: Claim) -> Claim:
    return _envelope(value, claim) if "payload" in value else _statement(value, claim)


def _envelope(value: Json, claim: Claim) -> Claim:
    """A DSSE envelope: the statement is its payload."""
    if not items(value.get("signatures")):
        raise _UnreadableError("is a DSSE envelope without signatures")
    return _statement(_payload(value.get("payload")), claim)


def _bundle(value: Json, claim: Claim) -> Claim:
    """A Sigstore bundle: an envelope, or the digest of what was signed."""
    envelope = value.get("dsseEnvelope")
    if envelope is not None:
        return _envelope(mapping(envelope), claim)
    message = mapping(value.get("messageSignature"))
    digest = mapping(message.get("messageDigest"))
    encoded = _decoded(digest.get("digest"))
    algorithm = (text(digest.get("algorithm")) or "SHA2_256").replace("SHA2_", "sha").lower()
    if not message.get("signature") or not encoded:
        raise _UnreadableError("is a Sigstore bundle without a signature")
    return claim._replace(digests=frozenset({f"{algorithm}:{encoded.hex()}"}))


def _simple_signing(value: Json, claim: Claim) -> Claim:
    """The payload of cosign 2; its signature is an annotation."""
    critical = mapping(value.get("critical"))
    kind = text(critical.get("type")) or ""
    if kind != _COSIGN_TYPE:
        raise _UnreadableError(f'has the type "{kind[:80]}", expected "{_COSIGN_TYPE}"')
    digest = text(mapping(critical.get("image")).get("docker-manifest-digest"))
    if parse_digest(digest) is None or digest is None:
        raise _UnreadableError("does not name the digest of an image")
    signature = claim.descriptor.annotations.get(COSIGN_SIGNATURE)
    if not signature:
        raise _UnreadableError(f"has no signature: the annotation {COSIGN_SIGNATURE} is missing")
    _decoded(signature)
    return claim._replace(digests=frozenset({digest}))


def _jws(value: Json, claim: Claim) -> Claim:
    """A signature of the Notary Project in JWS form."""
    if not text(value.get("signature")):
        raise _UnreadableError("is a JWS without a signature")
    target = mapping(_payload(value.get("payload")).get("targetArtifact"))
    digest = text(target.get("digest"))
    if parse_digest(digest) is None or digest is None:
        raise _UnreadableError("does not name the digest of an artifact")
    return claim._replace(digests=frozenset({digest}))


def _payload(value: object) -> Json:
    """The JSON object in an encoded payload."""
    data = _decoded(value)
    try:
        return mapping(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise _UnreadableError("has a payload that is not JSON") from error


def _decoded(value: object) -> bytes:
    """Bytes from base64, in the standard or the URL-safe alphabet, padded or not."""
    encoded = (text(value) or "").translate(_STANDARD).rstrip("=")
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise _UnreadableError("has a payload or signature that is not base64") from error


@cache
def _attached_tag() -> re.Pattern[str]:
    return re.compile(r"(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(?:\.(?:sig|att|sbom))?")


_JWS = "application/jose+json"
_COSE = "application/cose"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_READERS: Mapping[str, Callable[[Json, Claim], Claim]] = MappingProxyType(
    {
        "application/vnd.in-toto+json": _statement_or_envelope,
        "application/vnd.dsse.envelope.v1+json": _envelope,
        "application/vnd.dev.cosign.simplesigning.v1+json": _simple_signing,
        **{f"{_BUNDLE}.v0.{minor}+json": _bundle for minor in (1, 2, 3)},
        f"{_BUNDLE}+json": _bundle,
        _JWS: _jws,
    }
)
_SIGNATURES = (
    "application/vnd.dev.cosign.simplesigning.",
    "application/vnd.dev.cosign.artifact.sig.",
    "application/vnd.dev.sigstore.",
    "application/vnd.cncf.notary.signature",
)
"""How the media types of signatures begin."""
_STATEMENTS = frozenset(_READERS) - {_JWS, "application/vnd.dev.cosign.simplesigning.v1+json"}
_SIGNATURE_LAYERS = frozenset(_READERS) | {_COSE}
