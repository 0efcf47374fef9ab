"""A disk image in a tar, as clouds and distributions publish it."""

from __future__ import annotations

import re

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_DISK = re.compile(r"(?!initr).*\.(raw|img|qcow2|vhd|vhdx|vmdk|vdi)", re.IGNORECASE)
_BESIDE = re.compile(r"(README|LICENSE|.*SUMS?$|.*\.(txt|md|json|sha256|manifest))", re.IGNORECASE)


def _fits(traits: Traits) -> bool:
    names = traits.top_names
    disks = [name for name in names if _DISK.fullmatch(name)]
    if len(disks) != 1 or traits.has_below(disks[0]):
        return False
    return all(name in disks or _BESIDE.match(name) for name in names)


KIND = Recognizer(
    KnownKind(
        name="disk-image",
        title="a disk image in a tar",
        readers="virtual machines start from it, and virt-tar-out writes its files as a tar that "
        "docker import takes",
    ),
    _fits,
)
