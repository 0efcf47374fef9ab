"""An image of LXC, LXD or Incus: metadata.yaml and a root filesystem."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.has("metadata.yaml") and (traits.has_below("rootfs") or traits.has("templates"))


KIND = Recognizer(
    KnownKind(
        name="lxc-image",
        title="an image for LXD or Incus",
        readers="LXD and Incus import it",
        command="incus image import {path}",
        directory_command="incus image import {path}",
    ),
    _fits,
)
