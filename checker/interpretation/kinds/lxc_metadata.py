"""The metadata of an image of LXC, whose root filesystem is another file."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.is_member("config") and traits.has("create-message")


KIND = Recognizer(
    KnownKind(
        name="lxc-metadata",
        title="the metadata of an LXC image",
        readers="lxc-create reads it, with the root filesystem in another file",
    ),
    _fits,
)
