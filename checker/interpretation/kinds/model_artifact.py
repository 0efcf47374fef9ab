"""A model as an OCI artifact (ModelPack)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset(
    {
        "application/vnd.cncf.model.config.v1+json",
        "application/vnd.cncf.model.manifest.v1+json",
        "application/vnd.kitops.modelkit.config.v1+json",
    }
)


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="model-artifact",
        title="a model as an OCI artifact",
        readers="modctl, kit and oras read it",
    ),
    _fits,
)
