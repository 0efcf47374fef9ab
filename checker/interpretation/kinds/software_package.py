"""A package of Alpine Linux (apk) or Arch Linux (pacman)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.is_member(".PKGINFO")


KIND = Recognizer(
    KnownKind(
        name="software-package",
        title="a package of Alpine Linux or Arch Linux",
        readers="the commands apk and pacman install such packages",
    ),
    _fits,
)
