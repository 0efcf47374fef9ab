"""A container of LXC: its configuration and its root filesystem."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.is_member("config") and traits.has_below("rootfs")


KIND = Recognizer(
    KnownKind(
        name="lxc-container",
        title="the directory of an LXC container",
        readers="lxc-start runs it from a directory",
    ),
    _fits,
)
