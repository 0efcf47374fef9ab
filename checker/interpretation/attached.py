"""From the manifests of a layout to the signatures, attestations and SBOMs in them."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import OciLayout
from checker.model.attached import (
    REFERENCE_DIGEST,
    Attached,
    Use,
    form_of,
    use_of,
)
from checker.model.blob import Blob
from checker.model.envelopes import Envelope, EnvelopeError, Values
from checker.model.forms import Form
from checker.model.image import REF_NAME, Descriptor, Index, Manifest, mapping, text
from checker.model.limits import LimitReached, Limits
from checker.model.members import Members
from checker.model.names import parse_digest
from checker.model.sbom import CYCLONEDX, SPDX, Sbom, read_sbom
from checker.model.signed import json_of, read_envelope
from checker.model.statements import COSIGN_PREDICATE, Statement, read_statement
from checker.patterns import pattern
from checker.records import NamedTuple

_COSIGN_TYPE = "cosign container image signature"
_COSIGN_KIND = "kind"
_COSIGN_IMAGES = ("dev.cosignproject.cosign/image", "dev.cosignproject.cosign/imageIndex")
_COSIGN_ATTACHED = ("dev.cosignproject.cosign/sigs", "dev.cosignproject.cosign/atts")
# Each content is within json_bytes; manifests may list it again.
_REPEATED = 2
_SBOM_FORMS = {Form.SPDX: SPDX, Form.CYCLONEDX: CYCLONEDX}
_ATTACHED_TAG = pattern(r"(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(?:\.(?:sig|att|sbom))?")


def find_attached(
    members: Members, oci: OciLayout | None, limits: Limits
) -> tuple[tuple[Attached, ...], tuple[LimitReached, ...]]:
    """What is attached to the images of a layout, in order; and the limits that were reached.

    Content that is missing, damaged or beyond the limits for JSON is ignored, as other rules
    report that.
    """
    found = _Reader(members, oci, limits)
    attached = tuple(found.read())
    return attached, () if found.reached is None else (found.reached,)


class _Layer(NamedTuple):
    manifest: Manifest
    descriptor: Descriptor
    form: Form
    blob: Blob


class _Reader:
    """Reads the layers of all manifests, each content once.

    Attributes:
        reached: The limit that kept it from reading all.
    """

    def __init__(self, members: Members, oci: OciLayout | None, limits: Limits) -> None:
        self._members = members
        self._oci = oci
        self._limits = limits
        self._values = Values(limits.json_values)
        self._signed = {} if oci is None else dict(_signed_by_cosign_save(oci.indexes))
        self.reached: LimitReached | None = None

    def read(self) -> Iterator[Attached]:
        """What is attached."""
        left = _REPEATED * self._limits.json_bytes
        for number, layer in enumerate(self._layers()):
            left -= layer.blob.size
            if number == self._limits.signatures:
                what = f"the archive has more than {number} signatures and attestations"
                self._stop("signatures", what, layer)
                return
            if left < 0:
                what = "the same signatures and attestations are listed again and again"
                self._stop("json_bytes", what, layer)
                return
            yield self._attached(layer)

    def _stop(self, limit: str, what: str, layer: _Layer) -> None:
        value: int = getattr(self._limits, limit)
        self.reached = LimitReached(limit, value, what, layer.manifest.location.member)

    def _layers(self) -> Iterator[_Layer]:
        manifests = () if self._oci is None else self._oci.manifests
        for manifest in (each for each in manifests if not each.is_image):
            for descriptor in manifest.layers:
                form = form_of(descriptor)
                blob = None if form is None else self._blob(descriptor)
                if form is not None and blob is not None:
                    yield _Layer(manifest, descriptor, form, blob)

    def _blob(self, descriptor: Descriptor) -> Blob | None:
        """The content, if it is all there and is what its digest says."""
        blob = self._members.blob_of(descriptor.digest)
        if blob is None or not blob.whole or descriptor.digest is None:
            return None
        is_cut = self._members.entries.sizes[blob.position] != blob.size
        return None if is_cut or blob.hashes_to(descriptor.digest) is False else blob

    def _attached(self, layer: _Layer) -> Attached:
        manifest, descriptor, form, blob = layer
        found = Attached(
            manifest=manifest,
            descriptor=descriptor,
            use=use_of(manifest, descriptor, form),
            form=form,
            expected=_expected_digests(manifest, self._signed),
        )
        try:
            return self._read(found, blob)
        except EnvelopeError as error:
            return found._replace(problem=str(error))

    def _read(self, found: Attached, blob: Blob) -> Attached:
        """What a layer says.

        Raises:
            EnvelopeError: It is not what its media type says.
        """
        if found.form is Form.STATEMENT:
            value = json_of(blob)
            if "payload" not in mapping(value):
                return _with_statement(found, read_statement(mapping(value), self._values))
            found = found._replace(form=Form.DSSE)
        if found.form in _SBOM_FORMS:
            sbom = read_sbom(json_of(blob), _SBOM_FORMS[found.form])
            return _with_sbom(found, sbom)
        envelope = read_envelope(found.form, blob, found.descriptor)
        found = found._replace(is_signed=True, has_certificate=bool(envelope.chain))
        return _with_envelope(found, envelope, self._values)


def _with_envelope(found: Attached, envelope: Envelope, values: Values) -> Attached:
    if envelope.digest is not None:
        return found._replace(digests=frozenset({envelope.digest}))
    value = envelope.value(values)
    if found.form is Form.SIMPLE_SIGNING:
        return _simple_signing(found, value)
    if found.form in (Form.JWS, Form.COSE):
        digest = text(mapping(value.get("targetArtifact")).get("digest"))
        if digest is None or parse_digest(digest) is None:
            raise EnvelopeError("does not name the digest of an artifact")
        return found._replace(digests=frozenset({digest}))
    return _with_statement(found, read_statement(value, values))


def _simple_signing(found: Attached, value: object) -> Attached:
    critical = mapping(mapping(value).get("critical"))
    kind = text(critical.get("type")) or ""
    if kind != _COSIGN_TYPE:
        raise EnvelopeError(f'has the type "{kind[:80]}", expected "{_COSIGN_TYPE}"')
    digest = text(mapping(critical.get("image")).get("docker-manifest-digest"))
    if digest is None or parse_digest(digest) is None:
        raise EnvelopeError("does not name the digest of an image")
    reference = text(mapping(critical.get("identity")).get("docker-reference"))
    return found._replace(digests=frozenset({digest}), reference=reference or None)


def _with_statement(found: Attached, statement: Statement) -> Attached:
    is_signature = found.use is Use.SIGNATURE and statement.predicate_type == COSIGN_PREDICATE
    parts = (statement, statement.provenance, statement.sbom)
    return found._replace(
        use=Use.SIGNATURE if is_signature else Use.ATTESTATION,
        digests=statement.digests,
        predicate_type=statement.predicate_type,
        provenance=statement.provenance,
        sbom=statement.sbom,
        flaws=tuple(flaw for each in parts if each is not None for flaw in each.flaws),
    )


def _with_sbom(found: Attached, sbom: Sbom) -> Attached:
    return found._replace(sbom=sbom, flaws=sbom.flaws)


# --- what it is attached to


def _expected_digests(manifest: Manifest, signed: dict[str, str]) -> tuple[str, ...]:
    """The digests of the content that an attestation or signature belongs to, as it is attached.

    By its ``subject``, by BuildKit's annotation, by a tag such as ``sha256-….sig`` of cosign, or
    by the annotations that ``cosign save`` writes.
    """
    annotations = manifest.descriptor.annotations
    subject = None if manifest.subject is None else manifest.subject.digest_text
    reference = annotations.get(REFERENCE_DIGEST)
    name = annotations.get(REF_NAME, "")
    tag = _ATTACHED_TAG.fullmatch(name.rpartition(":")[2])
    saved = signed.get(name) if annotations.get(_COSIGN_KIND) in _COSIGN_ATTACHED else None
    found = (subject, reference, f"{tag[1]}:{tag[2]}" if tag else None, saved)
    return tuple(dict.fromkeys(each for each in found if each and parse_digest(each) is not None))


def _signed_by_cosign_save(indexes: tuple[Index, ...]) -> Iterator[tuple[str, str]]:
    """The names of images that ``cosign save`` wrote, with their digests."""
    for descriptor in indexes[0].manifests if indexes else ():
        annotations = descriptor.annotations
        if annotations.get(_COSIGN_KIND) in _COSIGN_IMAGES and descriptor.digest_text:
            yield annotations.get(REF_NAME, ""), descriptor.digest_text
