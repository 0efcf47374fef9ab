"""A checkpoint of Docker: the images of CRIU in a directory (``docker checkpoint create``)."""

from __future__ import annotations

import re

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_TASK = re.compile(r"core-[0-9]+\.img")


def _fits(traits: Traits) -> bool:
    # CRIU writes both, whatever the container has.
    return traits.is_member("inventory.img") and any(map(_TASK.fullmatch, traits.top_names))


KIND = Recognizer(
    KnownKind(
        name="docker-checkpoint",
        title="a checkpoint of a container, as Docker and runc write it",
        readers="docker start --checkpoint and runc restore read it from a directory",
    ),
    _fits,
)
