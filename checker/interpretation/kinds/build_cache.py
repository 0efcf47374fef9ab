"""A cache of BuildKit, exported with type=local."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset({"application/vnd.buildkit.cacheconfig.v0"})


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="buildkit-cache",
        title="a build cache of BuildKit",
        readers="docker buildx build reads it from a directory",
        command="mkdir cache && tar -xf {path} -C cache && "
        "docker buildx build --cache-from type=local,src=cache .",
        directory_command="docker buildx build --cache-from type=local,src={path} .",
    ),
    _fits,
)
