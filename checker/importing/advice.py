"""The import of a root filesystem in short: what to start, its PATH, and its platform."""

from __future__ import annotations

from checker.importing.command_line import ImportCommand, Origin
from checker.importing.engines import DOCKER, import_engines
from checker.importing.expressing import express
from checker.importing.os_release import read_os_release
from checker.importing.plan import DEFAULT_REFERENCE
from checker.importing.run_config import RunConfig
from checker.importing.search_path import find_search_path
from checker.importing.suggestion import find_program, platform_of
from checker.model.archive import Archive, Source
from checker.model.names import Platform
from checker.model.rootfs import Rootfs
from checker.model.shell import path_in_commands
from checker.records import NamedTuple

ORIGINS = {
    Source.FILE: Origin.FILE,
    Source.STREAM: Origin.STANDARD_INPUT,
    Source.DIRECTORY: Origin.DIRECTORY,
}
"""What the path of an archive is."""


class ImportAdvice(NamedTuple):
    """How to import a root filesystem.

    Attributes:
        command: The command; None if the root has nothing that a container can run.
        reason: Why there is none, as a clause.
    """

    command: ImportCommand | None
    reason: str


def advise_import(archive: Archive, rootfs: Rootfs, host: Platform) -> ImportAdvice:
    """The command that imports a root filesystem with what it needs to start.

    Args:
        archive: The archive.
        rootfs: Its root filesystem.
        host: The platform of the engine.
    """
    found = platform_of(rootfs)
    platform = host if found is None else found.platform
    program = find_program(rootfs, platform.architecture)
    if not program.command:
        return ImportAdvice(None, program.reason)
    search = find_search_path(rootfs, read_os_release(rootfs))
    env = () if search is None else (f"PATH={search.value}",)
    engine = import_engines(DOCKER)[-1]
    command = ImportCommand(
        family=DOCKER,
        path=path_in_commands(archive.path),
        origin=Origin.DIRECTORY if archive.source is Source.DIRECTORY else Origin.FILE,
        changes=express(RunConfig(cmd=program.command, env=env), engine).changes,
        platform=None if platform == host else platform,
        reference=DEFAULT_REFERENCE,
    )
    return ImportAdvice(command, "")
