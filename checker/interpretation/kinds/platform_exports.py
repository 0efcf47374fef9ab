"""A local export of BuildKit: one directory for each platform."""

from __future__ import annotations

import re

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_PLATFORM = re.compile(r"(linux|windows|darwin|freebsd)_[a-z0-9]+(_v[0-9]+)?")


def _fits(traits: Traits) -> bool:
    return bool(traits.top_names) and all(map(_PLATFORM.fullmatch, traits.top_names))


KIND = Recognizer(
    KnownKind(
        name="buildkit-local-export",
        title="a local export of BuildKit for several platforms",
        readers="each directory is a root filesystem or the files of a build",
    ),
    _fits,
)
