"""The data directory of Docker, or the part of it that has images and layers."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_DRIVERS = ("overlay2", "overlay", "vfs", "btrfs", "zfs", "aufs", "devicemapper", "fuse-overlayfs")


def _fits(traits: Traits) -> bool:
    return any(traits.has_below(f"image/{driver}/imagedb") for driver in _DRIVERS) or any(
        traits.is_member(f"image/{driver}/repositories.json") for driver in _DRIVERS
    )


KIND = Recognizer(
    KnownKind(
        name="docker-storage",
        title="the data directory of Docker",
        readers="the Docker daemon reads it from the directory of its --data-root",
    ),
    _fits,
)
