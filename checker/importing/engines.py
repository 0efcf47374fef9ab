"""The engines that import, version by version: names, ``--change`` and ``--platform``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from checker.importing import docker, podman
from checker.importing.docker import DOCKER_20, DOCKER_28, DOCKER_29, DockerImport
from checker.importing.errors import ImportRefusedError
from checker.importing.platforms import (
    PLATFORM_20,
    PLATFORM_28,
    PLATFORM_29,
    PlatformSyntax,
    parse_platform,
)
from checker.importing.references import docker_name, podman_name
from checker.importing.run_config import RunConfig
from checker.model.names import Platform
from checker.records import NamedTuple

DOCKER, PODMAN = "docker", "podman"
FAMILIES = (DOCKER, PODMAN)
_DAEMON = "Error response from daemon: "
_PODMAN = "Error: "
_OS_REFUSED = f"{_DAEMON}operating system is not supported"


class ImportEngine(NamedTuple):
    """One version of an engine that imports root filesystems.

    Its functions raise ``ImportRefusedError`` with the text that the engine prints.

    Attributes:
        name: The profile, such as ``docker-28``.
        family: ``docker`` or ``podman``.
        follows: The release whose source it models.
        apply: The settings of the image, from the ``--change`` options.
        tag: The name of the image, from the reference.
        platform: The platform of the image, from ``--platform`` and the host's platform.
    """

    name: str
    family: str
    follows: str
    apply: Callable[[Sequence[str]], RunConfig]
    tag: Callable[[str], str]
    platform: Callable[[str, Platform], Platform]


def import_engines(chosen: str) -> tuple[ImportEngine, ...]:
    """The engines of a family, oldest first, or the one of a profile; none if it is not known."""
    return tuple(each for each in ENGINES if chosen in (each.family, each.name))


def _docker_apply(version: DockerImport, changes: Sequence[str]) -> RunConfig:
    try:
        return docker.apply_changes(changes, version)
    except ImportRefusedError as error:
        raise ImportRefusedError(f"{_DAEMON}{error}") from error


def _podman_apply(changes: Sequence[str]) -> RunConfig:
    try:
        return podman.apply_changes(changes)
    except ImportRefusedError as error:
        raise ImportRefusedError(f"{_PODMAN}{error}") from error


def _docker_20_platform(text: str, host: Platform) -> Platform:
    """Docker 20.10 takes the operating system alone from it."""
    found = _daemon_platform(PLATFORM_20, text, host)
    return host._replace(os=found.os)


def _daemon_platform(syntax: PlatformSyntax, text: str, host: Platform) -> Platform:
    try:
        # The client sends it in lower case.
        found = parse_platform(text.lower(), syntax, host)
    except ImportRefusedError as error:
        raise ImportRefusedError(f"{_DAEMON}{error}") from error
    return _of_host(found, host)


def _of_host(platform: Platform, host: Platform) -> Platform:
    if platform.os != host.os:
        raise ImportRefusedError(_OS_REFUSED)
    return platform


def _docker_29_platform(text: str, host: Platform) -> Platform:
    # The client parses it.
    return _of_host(parse_platform(text, PLATFORM_29, host), host)


def _docker_29_any_platform(text: str, host: Platform) -> Platform:
    return parse_platform(text, PLATFORM_29, host)


def _podman_platform(text: str, host: Platform) -> Platform:
    """The options --os, --arch and --variant, which podman does not check."""
    system, _, rest = text.partition("/")
    architecture, _, variant = rest.partition("/")
    return Platform(system or host.os, architecture or host.architecture, variant or None)


def _docker(
    name: str,
    version: DockerImport,
    platform: Callable[[str, Platform], Platform],
    refused_name: str = "sha256",
) -> ImportEngine:
    return ImportEngine(
        name=name,
        family=DOCKER,
        follows=version.follows,
        apply=partial(_docker_apply, version),
        tag=partial(docker_name, grammar=version.references, refused_name=refused_name),
        platform=platform,
    )


def _podman(name: str, follows: str) -> ImportEngine:
    return ImportEngine(name, PODMAN, follows, _podman_apply, podman_name, _podman_platform)


ENGINES: tuple[ImportEngine, ...] = (
    _docker("docker-20.10", DOCKER_20, _docker_20_platform),
    _docker("docker-28", DOCKER_28, partial(_daemon_platform, PLATFORM_28)),
    _docker("docker-29-graphdriver", DOCKER_29, _docker_29_platform),
    _docker(
        "docker-29-containerd",
        DOCKER_29,
        _docker_29_any_platform,
        refused_name="",
    ),
    _podman("podman-4", "4.3.1"),
    _podman("podman-5", "5.8.2"),
)
"""The modelled versions; a new one is added here, and its tables in its module."""
