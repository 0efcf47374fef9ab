"""A box of Vagrant: a disk image with what describes it."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    if not traits.is_member("metadata.json"):
        return False
    return any(traits.is_member(name) for name in ("Vagrantfile", "box.img", "box.ovf"))


KIND = Recognizer(
    KnownKind(
        name="vagrant-box",
        title="a box of Vagrant",
        readers="Vagrant adds it",
        command="vagrant box add --name name {path}",
    ),
    _fits,
)
