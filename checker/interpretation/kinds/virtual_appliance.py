"""A virtual appliance: a description in OVF with disk images (DSP0243, OVA)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return any(name.lower().endswith(".ovf") for name in traits.top_names)


KIND = Recognizer(
    KnownKind(
        name="virtual-appliance",
        title="a virtual appliance (OVA)",
        readers="hypervisors such as VirtualBox import it",
    ),
    _fits,
)
