"""An artifact of Flux."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset(
    {
        "application/vnd.cncf.flux.config.v1+json",
    }
)


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="flux-artifact",
        title="an artifact of Flux",
        readers="flux and oras read it",
    ),
    _fits,
)
