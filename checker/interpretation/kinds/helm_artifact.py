"""A Helm chart as an OCI artifact (Helm 3.8, registry/constants.go)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.interpretation.kinds.media_types import media_types
from checker.model.known_kind import KnownKind

_TYPES = frozenset(
    {
        "application/vnd.cncf.helm.config.v1+json",
    }
)


def _fits(traits: Traits) -> bool:
    return bool(media_types(traits.oci) & _TYPES)


KIND = Recognizer(
    KnownKind(
        name="helm-artifact",
        title="a Helm chart as an OCI artifact",
        readers="helm and oras read it",
        command="mkdir layout && tar -xf {path} -C layout && "
        "oras manifest fetch --oci-layout layout:tag",
        directory_command="oras manifest fetch --oci-layout {path}:tag",
    ),
    _fits,
)
