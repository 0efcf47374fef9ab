"""Whether an archive can be loaded and imported, and how: what the verdicts of the engines say."""

from __future__ import annotations

from checker.model.archive import Archive, Source
from checker.verdicts import Classification, Loadable, Verdict
from checker_engines.classification.by_kind import IMPORT_RUINS
from checker_engines.classification.commands import (
    docker_import,
    docker_load,
    podman_import,
    podman_load,
)
from checker_engines.classification.takers import IMPORT, Takers, accepts, refuses

_DOCKER, _PODMAN = "docker-", "podman-"


def with_verdicts(
    found: Classification, archive: Archive, quoted_path: str, takers: Takers
) -> Classification:
    """The classification by kind, with everything that engines decide taken from their verdicts.

    Args:
        found: The classification by kind.
        archive: The facts.
        quoted_path: Its path, quoted for a command line.
        takers: The verdicts; without any, what the kind says stays.
    """
    if takers.are_known:
        found = _importable(_loadable(found, archive, takers), takers)
    restore = _restore(found, archive, quoted_path, takers)
    return found._replace(restore=restore)


def _loadable(found: Classification, archive: Archive, takers: Takers) -> Classification:
    docker = [one for one in takers.loads(_DOCKER) if one.action == "load"]
    refusals = [one for one in docker if not accepts(one)]
    if docker and not refusals:
        reason = found.loadable_reason
        if found.loadable is not Loadable.YES:
            reason = "every Docker profile loads it"
        return found._replace(loadable=Loadable.YES, loadable_reason=reason)
    others = [one for one in takers.loads(_PODMAN) if accepts(one)]
    if len(refusals) == len(docker) and not others:
        reason = found.loadable_reason
        if found.loadable is not Loadable.NO:
            # Of a directory, others than podman say only that it is one.
            asked = _PODMAN if archive.source is Source.DIRECTORY else ""
            reason = _first_reason(takers.loads(asked), found.loadable_reason)
        return found._replace(loadable=Loadable.NO, loadable_reason=reason)
    if found.loadable is Loadable.DEPENDS:
        return found
    return found._replace(
        loadable=Loadable.DEPENDS,
        loadable_reason=f"{_fails(refusals)} {_names(refusals)}: {refusals[0].reason}",
    )


def _fails(verdicts: list[Verdict]) -> str:
    return "refused by" if all(map(refuses, verdicts)) else "does not work with"


def _names(verdicts: list[Verdict]) -> str:
    return ", ".join(verdict.engine for verdict in verdicts)


def _importable(found: Classification, takers: Takers) -> Classification:
    """An import is possible where an engine makes a usable image of the archive."""
    imports = takers.imports()
    if any(map(accepts, imports)):
        return found._replace(importable=True)
    says_exit_0 = found.importable_reason == IMPORT_RUINS and all(map(refuses, imports))
    if not (found.importable or says_exit_0) or not imports:
        return found
    return found._replace(importable=False, importable_reason=imports[0].reason)


def _first_reason(verdicts: list[Verdict], otherwise: str) -> str:
    return verdicts[0].reason if verdicts else otherwise


def _restore(
    found: Classification, archive: Archive, quoted_path: str, takers: Takers
) -> str | None:
    """The command of an engine that takes it, in every version if there is one; else none."""
    if found.importable and archive.rootfs is not None:
        return _first_taken(takers, _importing(quoted_path))
    if found.loadable is Loadable.NO and not takers.are_known:
        return None
    if archive.rootfs is not None or not archive.images:
        return None
    return _first_taken(takers, _loading(quoted_path))


def _first_taken(takers: Takers, commands: tuple[tuple[str, str, str], ...]) -> str | None:
    """The first command that all versions of its engine take; else one that some take."""
    by_all = [command for family, action, command in commands if takers.all_take(family, action)]
    by_some = [command for family, action, command in commands if takers.take(family, action)]
    return next(iter((*by_all, *by_some)), None)


def _importing(quoted_path: str) -> tuple[tuple[str, str, str], ...]:
    """Engine family, action and command, the most usual first."""
    return (
        (_DOCKER, IMPORT, docker_import(quoted_path)),
        (_PODMAN, IMPORT, podman_import(quoted_path)),
    )


def _loading(quoted_path: str) -> tuple[tuple[str, str, str], ...]:
    """Engine family, action and command, the most usual first."""
    return (
        (_DOCKER, "load", docker_load(quoted_path)),
        (_PODMAN, "load", podman_load(quoted_path)),
        ("containerd-", "ctr import", f"ctr image import {quoted_path}"),
    )
