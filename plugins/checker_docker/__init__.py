"""DKR: what `docker save` writes: manifest.json, repositories and the form before it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_docker.invalid_manifest_json import InvalidManifestJson
    from checker_docker.invalid_repositories import InvalidRepositories
    from checker_docker.invalid_repository_tag import InvalidRepositoryTag
    from checker_docker.invalid_v1_config import InvalidV1Config
    from checker_docker.layer_count_mismatch import LayerCountMismatch
    from checker_docker.missing_config import MissingConfig
    from checker_docker.missing_layer import MissingLayer

    yield from (
        InvalidManifestJson,
        MissingConfig,
        MissingLayer,
        LayerCountMismatch,
        InvalidRepositoryTag,
        InvalidRepositories,
        InvalidV1Config,
    )
