"""The data of a volume, as it is in the storage of the engine."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.top_names == {"_data"}


KIND = Recognizer(
    KnownKind(
        name="volume",
        title="the data of a volume",
        readers="tar extracts it into a volume",
    ),
    _fits,
)
