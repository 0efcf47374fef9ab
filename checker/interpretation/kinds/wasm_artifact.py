"""A Wasm module or component as an OCI artifact."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset(
    {
        "application/vnd.wasm.config.v0+json",
        "application/vnd.wasm.config.v1+json",
    }
)


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="wasm-artifact",
        title="a Wasm module as an OCI artifact",
        readers="Wasm runtimes and oras read it",
    ),
    _fits,
)
