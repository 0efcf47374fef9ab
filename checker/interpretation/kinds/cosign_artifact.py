"""Signatures of cosign as OCI artifacts."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset(
    {
        "application/vnd.dev.cosign.simplesigning.v1+json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    }
)


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="cosign-signature",
        title="signatures of cosign",
        readers="cosign reads them",
        command="mkdir layout && tar -xf {path} -C layout && cosign load --dir layout name:tag",
        directory_command="cosign load --dir {path} name:tag",
    ),
    _fits,
)
