"""The directory of one layer in the overlay2 storage of Docker, or the overlay of Podman."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    # The lowest layer has no file "lower": its files are a root filesystem.
    return traits.has("diff") and traits.is_member("link") and traits.is_member("lower")


KIND = Recognizer(
    KnownKind(
        name="overlay-layer",
        title="the directory of one layer in the storage of Docker or Podman",
        readers="the engine reads it, with the layers below it, which are other directories",
    ),
    _fits,
)
