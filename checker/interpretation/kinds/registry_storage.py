"""The storage of a registry (CNCF distribution, ``registry:2``)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.has_below("docker/registry/v2") or (
        traits.has_below("v2/repositories") and traits.has_below("v2/blobs")
    )


KIND = Recognizer(
    KnownKind(
        name="registry-storage",
        title="the storage of a registry",
        readers="a registry reads it from the directory of its filesystem driver",
    ),
    _fits,
)
