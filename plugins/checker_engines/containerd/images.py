"""The names and targets of images in containerd's image store."""

from __future__ import annotations

from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.names import digest_error
from checker_engines.answers.refusal import Refusal
from checker_engines.containerd.documents import Child
from checker_engines.golang.fmt import quote


def name_of(child: Child) -> str:
    """The name that a descriptor of the archive's index gives an image; empty for none."""
    return str(child.annotations.get(CONTAINERD_NAME) or child.annotations.get(REF_NAME) or "")


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
