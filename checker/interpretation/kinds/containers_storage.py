"""The storage of Podman, Buildah and CRI-O (containers-storage)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_DRIVERS = ("overlay", "vfs", "btrfs", "zfs")


def _fits(traits: Traits) -> bool:
    return any(
        traits.has(f"{driver}-images/images.json") or traits.has(f"{driver}-layers/layers.json")
        for driver in _DRIVERS
    )


KIND = Recognizer(
    KnownKind(
        name="containers-storage",
        title="the storage of Podman, Buildah or CRI-O",
        readers="podman --root reads it from a directory",
    ),
    _fits,
)
