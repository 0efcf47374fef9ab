"""ENG: what an archive is, which tool wrote it, and which command restores it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker.checks.check import Check
from checker.hookspecs import hookimpl
from checker.isolation import attempt
from checker.model.archive import Archive, Source
from checker.verdicts import Classification, Engine, EngineProfile, Host, Question, Verdict


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
    from checker_engines.classification.conversion import Conversion
    from checker_engines.classification.converting import find_conversion
    from checker_engines.classification.directories import classify_directory
    from checker_engines.classification.takers import Takers

    takers = Takers(verdicts, host)
    conversion = Conversion(archive, takers, partial(_verdicts_on, host=host))
    if archive.source is Source.DIRECTORY:
        packed = Takers(_verdicts_on(archive.packed, host), host)
        found = classify_directory(archive, quoted_path, takers, packed, conversion)
    else:
        found = classify(archive, quoted_path, takers, conversion)
    found = with_verdicts(found, archive, quoted_path, takers)
    converting = find_conversion(archive, quoted_path, takers, conversion)
    if converting is None:
        return found
    advice, command = converting
    return found._replace(advice=(*found.advice, advice), conversion=command)


def _verdicts_on(archive: Archive, host: Host) -> tuple[Verdict, ...]:
    """What engines do with what would be made of an archive; a crash is not an answer."""
    question = Question(archive, host, "-")
    answers = (attempt(partial(engine.judge, question)) for engine in checker_engines())
    return tuple(answer for answer in answers if isinstance(answer, Verdict))


@hookimpl
def checker_engines() -> Iterator[Engine]:
    """Give the engines that this bundle knows."""
    from checker_engines.containerd import transfer
    from checker_engines.containers import podman, skopeo
    from checker_engines.moby import containerd_store, graphdriver
    from checker_engines.suits import with_suits

    for module in (graphdriver, containerd_store, transfer, podman, skopeo):
        yield from map(with_suits, module.engines())


@hookimpl
def checker_readers() -> Iterator[Engine]:
    """Give the other tools that this bundle knows."""
    from checker_engines.readers import rooms

    for room in rooms():
        yield from room.engines()


@hookimpl
def checker_profiles() -> Iterator[EngineProfile]:
    """Give the releases of the profiles, and how they were measured."""
    from checker_engines.profiles import ENGINES
    from checker_engines.readers import rooms

    yield from ENGINES
    for room in rooms():
        yield from room.profiles
