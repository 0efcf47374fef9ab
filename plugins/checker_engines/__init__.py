"""ENG: what an archive is, which tool wrote it, and which command restores it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl
from checker.model.archive import Archive
from checker.verdicts import Classification, Engine, Host, Verdict


@hookimpl
def checker_checks() -> tuple[type[Check], ...]:
    """Give the rules of this bundle."""
    from checker_engines.rules import RULES

    return RULES


@hookimpl
def checker_classify(
    archive: Archive, quoted_path: str, verdicts: tuple[Verdict, ...], host: Host
) -> Classification:
    """Say what the archive is."""
    from checker_engines.classification.by_kind import classify
    from checker_engines.classification.by_verdicts import with_verdicts
    from checker_engines.classification.takers import Takers

    takers = Takers(verdicts, host)
    found = classify(archive, quoted_path, takers)
    return with_verdicts(found, archive, quoted_path, takers)


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """Give the engines that this bundle knows."""
    from checker_engines.containerd import transfer
    from checker_engines.containers import podman, skopeo
    from checker_engines.moby import containerd_store, graphdriver
    from checker_engines.suits import with_suits

    for module in (graphdriver, containerd_store, transfer, podman, skopeo):
        yield from map(with_suits, module.engines())
