"""Which kinds of archive each engine is made for: of these it accepts a sound one."""

from __future__ import annotations

from checker.model.archive import Archive, Kind, Source
from checker.verdicts import Engine, Verdict

_DOCKER = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_OCI = frozenset({Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_LEGACY = frozenset({Kind.DOCKER_ARCHIVE_LEGACY})
_BY_ACTION: dict[str, frozenset[Kind]] = {
    "import": frozenset({Kind.ROOTFS}),
    "ctr import": _DOCKER | _OCI,
    "docker-archive": _DOCKER,
    "oci-archive": _OCI,
    "oci": frozenset({Kind.OCI_LAYOUT}),
    "dir": frozenset(),
}
_LOADS = {
    "docker-20.10": _DOCKER | _LEGACY,
    "docker-28": _DOCKER | _LEGACY,
    "docker-29-graphdriver": _DOCKER,
    "docker-29-containerd": _DOCKER | _OCI,
    "podman-4": _DOCKER | _OCI | {Kind.OCI_LAYOUT},
    "podman-5": _DOCKER | _OCI | {Kind.OCI_LAYOUT},
}


def with_suits(engine: Engine) -> Engine:
    """An engine with the kinds that it is made for."""
    return engine._replace(suits=suited_kinds(engine.name, engine.action))


def suited_kinds(engine: str, action: str) -> frozenset[Kind]:
    """The kinds that an engine is made for when it is asked for an action."""
    by_action = _BY_ACTION.get(action)
    return _LOADS.get(engine, frozenset[Kind]()) if by_action is None else by_action


def is_made_for(verdict: Verdict, archive: Archive) -> bool:
    """Whether an engine is made for an archive; of directories, only podman reads layouts."""
    if archive.source is Source.DIRECTORY:
        is_reader = verdict.engine.startswith("podman-") and verdict.action == "load"
        return is_reader and archive.oci is not None
    return archive.kind in suited_kinds(verdict.engine, verdict.action)
