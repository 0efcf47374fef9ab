"""ENG: what an archive is, what wrote it, and which command brings it back."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl
from checker.model.archive import Archive
from checker.verdicts import Classification, Engine


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_engines.not_restorable import NotRestorable
    from checker_engines.wrong_command import WrongCommand

    yield WrongCommand
    yield NotRestorable


@hookimpl
def checker_classify(archive: Archive, shown_as: str) -> Classification:
    """Say what the archive is."""
    from checker_engines.classify import classify

    return classify(archive, shown_as)


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """Give the engines that this bundle knows."""
    from checker_engines.profiles import containerd, docker_containerd, docker_graphdriver

    yield from docker_graphdriver.engines()
    yield from docker_containerd.engines()
    yield from containerd.engines()
