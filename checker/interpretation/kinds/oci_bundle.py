"""An OCI runtime bundle (OCI runtime-spec 1.2, bundle.md)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    # A runtime needs a directory for the root, in which there may be nothing yet.
    return traits.has("config.json", "rootfs")


KIND = Recognizer(
    KnownKind(
        name="oci-runtime-bundle",
        title="an OCI runtime bundle",
        readers="runc and crun run it from a directory",
        directory_command="runc run --bundle {path} name",
    ),
    _fits,
)
