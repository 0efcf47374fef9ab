"""The data directory of containerd."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_PLUGINS = frozenset({"io.containerd.content.v1.content", "io.containerd.metadata.v1.bolt"})


def _fits(traits: Traits) -> bool:
    return bool(traits.top_names & _PLUGINS)


KIND = Recognizer(
    KnownKind(
        name="containerd-storage",
        title="the data directory of containerd",
        readers="containerd reads it from the directory of its --root",
    ),
    _fits,
)
