"""The names and targets of images in containerd's image store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.names import InvalidReferenceError, Reference, digest_error, parse_reference
from checker_engines.answers.refusal import Refusal
from checker_engines.containerd.documents import Child
from checker_engines.golang.fmt import quote

_PARTS = frozenset("/:@")
"""What only a whole name contains; without one it is a tag."""


def name_of(child: Child) -> str:
    """The name that a descriptor of the archive's index gives an image; empty for none."""
    return str(child.annotations.get(CONTAINERD_NAME) or child.annotations.get(REF_NAME) or "")


def stored_name(child: Child, prefix: str) -> str:
    """The name of an image in the store (core/images/archive, reference.go, AddRefPrefix).

    Args:
        child: The descriptor of the archive's index.
        prefix: What is put before a name that is only a tag.

    Returns:
        The name; empty for none.
    """
    name = name_of(child)
    is_whole = bool(child.annotations.get(CONTAINERD_NAME)) or not _PARTS.isdisjoint(name)
    return name if is_whole or not name else f"{prefix}:{name}"


def normalized(reference: Reference) -> str:
    """A reference in full, with one version (distribution/reference, ParseDockerRef).

    Given a tag and a digest, the digest is kept.
    """
    version = f"@{reference.digest}" if reference.digest else f":{reference.tag or 'latest'}"
    return f"{reference.domain}/{reference.path}{version}"


def not_found_by_name(children: Sequence[Child]) -> Iterator[tuple[Child, str]]:
    """The images that Kubernetes does not find, each with the reason.

    The kubelet and ``crictl`` ask containerd for an image by the full form of its name (containerd
    2.3, internal/cri/server/images, LocalResolve), which must be the one that is stored.
    """
    for child in children:
        name = name_of(child)
        if not name:
            yield child, "it has no name"
        elif _full_form(name) != name:
            yield child, f"it is stored by the name {name!r}, which is not a full name"


def _full_form(name: str) -> str | None:
    try:
        return normalized(parse_reference(name))
    except InvalidReferenceError:
        return None


def check_target(child: Child) -> None:
    """Refuse a descriptor that no image can have (core/metadata, images.go, validateTarget).

    Raises:
        Refusal: Digest, size or media type cannot be stored.
    """
    error = digest_error(child.digest)
    if error is not None:
        raise Refusal(
            f"target.Digest {quote(child.digest)} invalid: {error}: invalid argument",
            f"the descriptor of an image has the digest {child.digest!r}, which is not valid",
            ("OCI007",),
        )
    if child.size <= 0:
        raise Refusal(
            "target.Size must be greater than zero: invalid argument",
            f"the descriptor of {child.digest} has the size {child.size}, which must be above 0",
            ("OCI007", "OCI010"),
        )
    if not child.media_type:
        raise Refusal(
            "target.MediaType must be set: invalid argument",
            f"the descriptor of {child.digest} has no media type",
            ("OCI007",),
        )
