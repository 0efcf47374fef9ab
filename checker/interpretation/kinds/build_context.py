"""A build context: a Dockerfile and what it copies."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind

_FILES = frozenset({"Dockerfile", "Containerfile"})


def _fits(traits: Traits) -> bool:
    return bool(traits.top_names & _FILES)


KIND = Recognizer(
    KnownKind(
        name="build-context",
        title="a build context",
        readers="docker build and podman build read it",
        command="docker build - < {path}",
        directory_command="docker build {path}",
    ),
    _fits,
)
