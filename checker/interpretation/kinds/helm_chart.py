"""A Helm chart, packed by helm package."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    return any(path.count("/") == 1 and path.endswith("/Chart.yaml") for path in traits.paths)


KIND = Recognizer(
    KnownKind(
        name="helm-chart",
        title="a Helm chart",
        readers="helm installs it",
        command="helm install name {path}",
        directory_command="helm install name {path}",
    ),
    _fits,
)
