"""Signatures, attestations and SBOMs in a layout, with what verification found of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from checker.model.attached import Attached, Use, parents_of
from checker.model.blob import Blob
from checker.model.forms import Form
from checker.model.image import Descriptor, Image, Index
from checker.model.location import Location
from checker.model.names import shorten
from checker.records import NamedTuple


class State(StrEnum):
    """What is known of a signature.

    ``UNCHECKED``: no key was given. ``NOT_VERIFIABLE``: what it takes cannot be had offline, such
    as the identity behind a keyless certificate. ``UNSIGNED``: a document without a signature.
    """

    VERIFIED = "verified"
    INVALID = "invalid"
    NOT_VERIFIABLE = "not-verifiable"
    UNCHECKED = "unchecked"
    UNSIGNED = "unsigned"


class Signature(NamedTuple):
    """A signature, attestation or SBOM.

    Attributes:
        location: The descriptor of the layer that it is.
        use: What it is for.
        form: Its form.
        digest: The digest of the layer.
        subjects: The digests that it is about, and attached to.
        predicate_type: The type of an in-toto statement's predicate.
        builder: The builder that SLSA provenance names.
        sbom: The format and version of the SBOM that it is or contains: ``SPDX 2.3``.
        state: What is known of it.
        key: The file of the key or certificate that verifies it.
        reason: Who signed it, or why it is not verified; empty if there is nothing to say.
    """

    location: Location
    use: Use
    form: Form
    digest: str | None
    subjects: tuple[str, ...]
    predicate_type: str | None
    builder: str | None
    sbom: str | None
    state: State
    key: str | None = None
    reason: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether a given key verifies it, and it is about what it is attached to."""
        return self.state is State.VERIFIED


def signature_of(attached: Attached, state: State, key: str | None, reason: str) -> Signature:
    """The record of something attached.

    Args:
        attached: What it is.
        state: What is known of it.
        key: The file of the key that verifies it.
        reason: Who signed it, or why it is not verified.
    """
    sbom, provenance = attached.sbom, attached.provenance
    return Signature(
        location=attached.descriptor.location,
        use=attached.use,
        form=attached.form,
        digest=attached.descriptor.digest_text,
        subjects=tuple(sorted(attached.about)),
        predicate_type=attached.predicate_type,
        builder=None if provenance is None else provenance.builder,
        sbom=None if sbom is None else " ".join(filter(None, (sbom.format, sbom.version))),
        state=state,
        key=key,
        reason=reason,
    )


def unchecked(attached: Attached) -> Signature:
    """The record of something attached, if there is no key to verify it with."""
    if attached.problem is not None:
        reason = f"its content {attached.problem}"
        return signature_of(attached, State.UNCHECKED, None, reason)
    state = State.UNCHECKED if attached.is_signed else State.UNSIGNED
    return signature_of(attached, state, None, "")


def signatures_of(
    image: Image, signatures: Iterable[Signature], indexes: Iterable[Index]
) -> Iterator[Signature]:
    """What is about an image, or about an index that lists it, of what is in its archive.

    Only content that matches its digest counts: of a changed manifest nothing is signed.

    Args:
        image: The image.
        signatures: The signatures, attestations and SBOMs of the archive.
        indexes: The indexes of the archive.
    """
    wanted = subject_digests(image, intact_parents(indexes))
    for each in signatures:
        if not wanted.isdisjoint(each.subjects):
            yield each


def subject_digests(image: Image, parents: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The digests by which an image can be signed: its own, and those of indexes that list it.

    Args:
        image: The image; if its manifest does not match its digest, there are none.
        parents: The digests of the indexes that list each manifest, by its digest.
    """
    manifest = image.manifest
    if (
        manifest is None
        or image.digest is None
        or not is_intact(manifest.descriptor, manifest.blob)
    ):
        return frozenset()
    return frozenset({image.digest, *parents.get(image.digest, ())})


def intact_parents(indexes: Iterable[Index]) -> dict[str, frozenset[str]]:
    """The digests of the indexes that list each manifest, of those that match their digest."""
    return parents_of(
        index
        for index in indexes
        if index.descriptor is not None and is_intact(index.descriptor, index.blob)
    )


def is_intact(descriptor: Descriptor, blob: Blob) -> bool:
    """Whether content was read to its end and hashes to the digest of its descriptor."""
    digest = descriptor.digest
    return digest is not None and blob.whole and blob.hashes_to(digest) is True


def changed_part(image: Image) -> str | None:
    """The part of an image that does not match the digest of its descriptor, in words.

    Args:
        image: The image; of layers that it only refers to, nothing is known.
    """
    described = None if image.manifest is None else image.manifest.config
    config = image.config
    if described is not None and config is not None and not is_intact(described, config.blob):
        return f"its config is not {shorten(described.digest_text or '')}"
    for layer in image.layers:
        descriptor = layer.descriptor
        if descriptor is None or layer.blob is None:
            continue
        if not is_intact(descriptor, layer.blob):
            return f"layer {layer.position} is not {shorten(descriptor.digest_text or '')}"
    return None
