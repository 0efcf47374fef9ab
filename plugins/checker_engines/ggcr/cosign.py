"""cosign: ``cosign load``, which pushes a signed image (cosign 3.1.3, cmd/cosign/cli/load.go).

It reads the image layout that ``cosign save`` writes (pkg/oci/layout, index.go), in which the
annotation ``kind`` says what a descriptor is; others are not looked at (pkg/oci/remote, write.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checker.model.archive import Kind, Source
from checker.model.image import mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal, prefixed
from checker_engines.ggcr.decisions import load
from checker_engines.ggcr.layout import Directory, push_image, push_index, pushed, read_index

_NAME, _ACTION = "cosign-3", "load"
_KIND = "kind"
_INDEX, _IMAGE, _SIGNATURES, _ATTESTATIONS = (
    f"dev.cosignproject.cosign/{what}" for what in ("imageIndex", "image", "sigs", "atts")
)
_NOT_THERE = "GET https://REGISTRY/v2/NAME/manifests/TAG: NAME_UNKNOWN: Unknown name"
_EMPTY_REGISTRY = "the registry does not have the image yet: cosign looks there for what it signs"
_NO_IMAGE = (
    "no descriptor of index.json has the annotation kind of an image that cosign save wrote, so "
    "nothing is pushed: push the layout with crane push or skopeo copy"
)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="cosign",
        releases=(ReleaseRange("3.1", "3.1"),),
        library="go-containerregistry 0.21, pkg/v1/layout",
        evidence=Evidence.READ,
        groups=("registry-tools",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a push of a layout, a directory."""
    suits: frozenset[Kind] = frozenset()
    yield Engine(_NAME, _ACTION, _load, "cosign 3.1.3", load, suits, only_directories=True)


def _load(question: Question) -> Verdict:
    typed = f"cosign load --dir {question.quoted_path} REGISTRY/NAME:TAG"
    return verdict_of(Command(_NAME, _ACTION, typed, "Error: "), question, _load_directory)


def _load_directory(question: Question) -> Answer:
    """Push what the layout has (WriteSignedImageIndexImages)."""
    with prefixed("signed image index: "):
        if question.archive.source is not Source.DIRECTORY:
            message = "stat <tmp>/index.json: not a directory"
            raise Refusal(message, "it is a file, but cosign reads a directory")
        directory = Directory(question.archive)
        descriptors = read_index(directory)
    missing: list[str] = []
    index = _of_kind(descriptors, _INDEX)
    if index is not None:
        with prefixed("signed image index: "):
            digest = _found(descriptors, index, INDEX_TYPES)
        with prefixed("writing index: "):
            missing += push_index(directory, digest)
    image = _of_kind(descriptors, _IMAGE)
    if image is not None:
        with prefixed("signed image: "):
            digest = _found(descriptors, image, MANIFEST_TYPES)
        with prefixed("remote write: "):
            missing += push_image(directory, digest)
    if index is None and image is None:
        raise _nothing_pushed(descriptors)
    for kind in (_SIGNATURES, _ATTESTATIONS):
        attached = _of_kind(descriptors, kind)
        if attached is not None:
            missing += push_image(directory, _found(descriptors, attached, MANIFEST_TYPES))
    return pushed(_said(descriptors), missing)


def _nothing_pushed(descriptors: Sequence[Mapping[str, object]]) -> Refusal:
    """The error if the registry is asked for an image that was not pushed."""
    has_attached = any(_of_kind(descriptors, each) for each in (_SIGNATURES, _ATTESTATIONS))
    step = "sigs tag" if has_attached else "resolving digest"
    return Refusal(f"{step}: {_NOT_THERE}", f"{_NO_IMAGE} ({_EMPTY_REGISTRY})", ("OCI005",))


def _of_kind(descriptors: Sequence[Mapping[str, object]], kind: str) -> Mapping[str, object] | None:
    """The first descriptor of a kind (imageByAnnotation)."""
    for each in descriptors:
        if mapping(each.get("annotations")).get(_KIND) == kind:
            return each
    return None


def _found(
    descriptors: Sequence[Mapping[str, object]],
    wanted: Mapping[str, object],
    types: frozenset[str],
) -> str:
    """The digest of a descriptor, which is looked up by it, so that the first one counts.

    Raises:
        Refusal: It has another media type.
    """
    digest = text(wanted.get("digest")) or ""
    first = next(each for each in descriptors if each.get("digest") == wanted.get("digest"))
    media_type = text(first.get("mediaType")) or ""
    if media_type not in types:
        raise Refusal(
            f"unexpected media type for {digest}: {media_type}",
            f"index.json says that {digest} has the media type {media_type!r}, and the annotation "
            f"kind that it is {mapping(wanted.get('annotations')).get(_KIND)}",
            ("OCI007", "OCI011"),
        )
    return digest


def _said(descriptors: Sequence[Mapping[str, object]]) -> str:
    kinds = {mapping(each.get("annotations")).get(_KIND) for each in descriptors}
    signed = "with its signatures" if _SIGNATURES in kinds else "without signatures"
    others = sum(mapping(each.get("annotations")).get(_KIND) is None for each in descriptors)
    left = f"; {others} more of index.json are not" if others else ""
    return f"the image is pushed under the name of the command, {signed}{left}"
