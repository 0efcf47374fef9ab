"""Signatures, attestations and SBOMs beside the images of a layout. Nothing is verified here.

Sources: OCI distribution-spec 1.1, "Referrers"; BuildKit, docs/attestations; cosign,
specs/SIGNATURE_SPEC.md and pkg/oci/layout; Notary Project, specs/signature-specification.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from types import MappingProxyType

from checker.model.forms import Form
from checker.model.image import REF_NAME, Descriptor, Image, Index, Manifest
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.model.flaws import Flaw
    from checker.model.sbom import Sbom
    from checker.model.statements import Provenance

REFERENCE_DIGEST = "vnd.docker.reference.digest"
"""The annotation in which BuildKit names the image that an attestation is about."""
PREDICATE_TYPE = "in-toto.io/predicate-type"
"""The annotation in which BuildKit repeats the predicate type of a statement."""

_JWS = "application/jose+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "application/vnd.in-toto+json": Form.STATEMENT,
        "application/vnd.dsse.envelope.v1+json": Form.DSSE,
        _SIMPLE_SIGNING: Form.SIMPLE_SIGNING,
        **{f"{_BUNDLE}.v0.{minor}+json": Form.BUNDLE for minor in (1, 2, 3)},
        f"{_BUNDLE}+json": Form.BUNDLE,
        _JWS: Form.JWS,
        "application/cose": Form.COSE,
        "application/spdx+json": Form.SPDX,
        "text/spdx+json": Form.SPDX,
        "application/vnd.cyclonedx+json": Form.CYCLONEDX,
    }
)
"""The forms by the media types of layers."""
_SIGNATURES = (
    "application/vnd.dev.cosign.simplesigning.",
    "application/vnd.dev.cosign.artifact.sig.",
    "application/vnd.dev.sigstore.",
    "application/vnd.cncf.notary.signature",
)
"""How the media types of signatures begin."""
_SBOMS = frozenset({Form.SPDX, Form.CYCLONEDX})
_ONLY_SIGNATURES = frozenset({Form.SIMPLE_SIGNING, Form.JWS, Form.COSE})
_ALWAYS_SIGNED = frozenset({Form.DSSE, Form.BUNDLE, *_ONLY_SIGNATURES})


class Use(StrEnum):
    """What a document beside an image is for."""

    ATTESTATION = "attestation"
    SIGNATURE = "signature"
    SBOM = "sbom"


class Attached(NamedTuple):
    """One layer of a signature, an attestation or an SBOM, and what it says.

    Attributes:
        manifest: The manifest that it is in.
        descriptor: The descriptor of the layer.
        use: What it is for.
        form: Its form.
        expected: The digests of the content that it is attached to, as its manifest says.
        digests: The digests of what it is about, as it says itself.
        reference: The name of the image in the payload of cosign 2.
        predicate_type: The type of an in-toto statement's predicate.
        provenance: What it says about the build.
        sbom: The SBOM that it is, or that it contains.
        is_signed: Whether it has signatures.
        has_certificate: Whether it contains a certificate of the signer.
        problem: Why it cannot be understood; None if it can.
        flaws: What is wrong with the documents in it.
    """

    manifest: Manifest
    descriptor: Descriptor
    use: Use
    form: Form
    expected: tuple[str, ...] = ()
    digests: frozenset[str] = frozenset()
    reference: str | None = None
    predicate_type: str | None = None
    provenance: Provenance | None = None
    sbom: Sbom | None = None
    is_signed: bool = False
    has_certificate: bool = False
    problem: str | None = None
    flaws: tuple[Flaw, ...] = ()

    @property
    def is_about_other(self) -> bool:
        """Whether what it names is other content than it is attached to.

        Digests of algorithms that are not among the expected ones cannot be compared.
        """
        known = {digest.partition(":")[0] for digest in self.expected}
        comparable = {each for each in self.digests if each.partition(":")[0] in known}
        return bool(comparable) and comparable.isdisjoint(self.expected)

    @property
    def about(self) -> frozenset[str]:
        """The digests that it is about: those that it names and is attached to.

        A document that does not name any, such as an SBOM, is about what it is attached to.
        """
        if self.problem is not None:
            return frozenset()
        if self.use is Use.SBOM:
            return frozenset(self.expected)
        return self.digests.intersection(self.expected)


def use_of(manifest: Manifest, descriptor: Descriptor, form: Form) -> Use:
    """What a layer is for by its types; a statement in a bundle may be either."""
    if form in _SBOMS:
        return Use.SBOM
    is_signature = (descriptor.media_type or "").startswith(_SIGNATURES)
    if is_signature and not manifest.descriptor.is_attestation:
        return Use.SIGNATURE
    return Use.SIGNATURE if form in (Form.JWS, Form.COSE) else Use.ATTESTATION


def form_of(descriptor: Descriptor) -> Form | None:
    """The form of a layer, by its media type; None if it is none of those."""
    return FORMS.get((descriptor.media_type or "").partition(";")[0])


def is_signature(manifest: Manifest) -> bool:
    """Whether a manifest is a signature, by its types or by a tag of cosign."""
    types = [manifest.artifact_type, *(layer.media_type for layer in manifest.layers)]
    types.append(None if manifest.config is None else manifest.config.media_type)
    name = manifest.descriptor.annotations.get(REF_NAME, "")
    return name.endswith(".sig") or any((each or "").startswith(_SIGNATURES) for each in types)


def has_layers_of(use: Use, manifest: Manifest) -> bool:
    """Whether any layer has a type of attestations, or of signatures."""
    forms = {form_of(each) for each in manifest.layers} - {None}
    return bool(forms - _SBOMS - (_ONLY_SIGNATURES if use is Use.ATTESTATION else frozenset()))


def attached_to(
    image: Image, attached: Iterable[Attached], parents: Mapping[str, frozenset[str]]
) -> Iterator[Attached]:
    """What is attached to an image, or to an index that lists it, and is about it.

    Args:
        image: The image.
        attached: What is attached in the archive.
        parents: The digests of the indexes that list each manifest, see ``parents_of``.
    """
    wanted = {image.digest or "", *parents.get(image.digest or "", ())}
    for each in attached:
        if not wanted.isdisjoint(each.about):
            yield each


def parents_of(indexes: Iterable[Index]) -> dict[str, frozenset[str]]:
    """The digests of the indexes that list a manifest, by its digest."""
    parents: dict[str, set[str]] = {}
    for index in indexes:
        digest = None if index.descriptor is None else index.descriptor.digest_text
        for descriptor in index.manifests if digest else ():
            parents.setdefault(descriptor.digest_text or "", set()).add(digest or "")
    return {digest: frozenset(found) for digest, found in parents.items()}


def own_digests(image: Image) -> frozenset[str]:
    """All digests that documents call an image by: of manifest, config, layers and diffIDs."""
    layers = chain.from_iterable(
        (each.diff_id, None if each.descriptor is None else each.descriptor.digest_text)
        for each in image.layers
    )
    config = None if image.config is None else image.config.blob.digest
    return frozenset(each for each in (image.digest, config, *layers) if each)
