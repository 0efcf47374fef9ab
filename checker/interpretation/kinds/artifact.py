"""Any other OCI artifact: a layout without images."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return traits.oci is not None and bool(traits.oci.manifests)


KIND = Recognizer(
    KnownKind(
        name="oci-artifact",
        title="an OCI artifact",
        readers="oras reads it",
        command="mkdir layout && tar -xf {path} -C layout && oras repo tags --oci-layout layout",
        directory_command="oras repo tags --oci-layout {path}",
    ),
    _fits,
)
