"""A checkpoint of a container (Podman, CRI-O; CRIU images)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    if traits.has("config.dump", "spec.dump"):
        return True
    return traits.has("descriptors.json") and any(
        name.endswith(".img") for name in traits.top_names
    )


KIND = Recognizer(
    KnownKind(
        name="checkpoint",
        title="a checkpoint of a container",
        readers="Podman and CRI-O restore it",
        command="podman container restore --import {path}",
        directory_command="tar -C {path} -czf checkpoint.tar.gz . && "
        "podman container restore --import checkpoint.tar.gz",
    ),
    _fits,
)
