"""A Zarf package."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.has("zarf.yaml")


KIND = Recognizer(
    KnownKind(
        name="zarf-package",
        title="a Zarf package",
        readers="zarf deploys it",
        command="zarf package deploy {path}",
        directory_command="zarf package create {path}",
    ),
    _fits,
    contains_images=True,
)
