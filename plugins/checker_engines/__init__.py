"""ENG: what an archive is, which tool wrote it, and which command restores it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl
from checker.model.archive import Archive
from checker.verdicts import Classification, Engine, Verdict


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_engines.rules import RULES

    return RULES


@hookimpl
def checker_classify(
    archive: Archive, quoted_path: str, verdicts: tuple[Verdict, ...]
) -> Classification:
    """Say what the archive is."""
    from checker_engines.classification.by_kind import classify
    from checker_engines.classification.by_verdicts import with_verdicts

    return with_verdicts(classify(archive, quoted_path), verdicts)


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """Give the engines that this bundle knows."""
    from checker_engines.containerd import transfer
    from checker_engines.containers import podman, skopeo
    from checker_engines.moby import containerd_store, graphdriver

    yield from graphdriver.engines()
    yield from containerd_store.engines()
    yield from transfer.engines()
    yield from podman.engines()
    yield from skopeo.engines()
