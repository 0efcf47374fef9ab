"""The metadata of an image for LXD or Incus, whose root filesystem is another file."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.has("metadata.yaml", "templates") and not traits.has("rootfs")


KIND = Recognizer(
    KnownKind(
        name="lxd-metadata",
        title="the metadata of an image for LXD or Incus",
        readers="LXD and Incus import it together with the root filesystem, which is another file",
    ),
    _fits,
)
