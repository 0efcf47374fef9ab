"""ENG: what an archive is, what wrote it, and which command brings it back."""

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
    archive: Archive, shown_as: str, verdicts: tuple[Verdict, ...]
) -> Classification:
    """Say what the archive is."""
    from checker_engines.classify import classify
    from checker_engines.follow import follow

    return follow(classify(archive, shown_as), verdicts)


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """Give the engines that this bundle knows."""
    from checker_engines.profiles import (
        containerd,
        containers_image,
        docker_containerd,
        docker_graphdriver,
    )

    yield from docker_graphdriver.engines()
    yield from docker_containerd.engines()
    yield from containerd.engines()
    yield from containers_image.engines()
