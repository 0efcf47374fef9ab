"""Tools that read archives and are only asked where a user asks for them.

Each family has a room: a package or module with the profiles and actions of its tools. Nothing here
is imported for a check unless ``--engine`` selects one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checker.records import NamedTuple
from checker.verdicts import Engine, EngineProfile


class Room(NamedTuple):
    """The tools of one family.

    Attributes:
        profiles: What is known of them.
        engines: Gives their actions.
    """

    profiles: tuple[EngineProfile, ...]
    engines: Callable[[], Iterator[Engine]]


def rooms() -> tuple[Room, ...]:
    """All families, in the order in which they are listed."""
    from checker_engines.apptainer import command as apptainer
    from checker_engines.containerd import clients, nodes
    from checker_engines.containers import buildah, crio
    from checker_engines.ggcr import cosign, crane, kaniko
    from checker_engines.oras import command as oras
    from checker_engines.regclient import regctl
    from checker_engines.scanners import dive, scout, snyk, syft, trivy
    from checker_engines.umoci import command as umoci
    from checker_engines.unpackers import incus, lxc, programs, systemd, wsl

    return (
        Room(clients.PROFILES, clients.engines),
        Room(nodes.PROFILES, nodes.engines),
        Room(crio.PROFILES, crio.engines),
        Room(buildah.PROFILES, buildah.engines),
        Room(crane.PROFILES, crane.engines),
        Room(cosign.PROFILES, cosign.engines),
        Room(kaniko.PROFILES, kaniko.engines),
        Room(oras.PROFILES, oras.engines),
        Room(regctl.PROFILES, regctl.engines),
        Room(trivy.PROFILES, trivy.engines),
        Room(dive.PROFILES, dive.engines),
        Room(syft.PROFILES, syft.engines),
        Room(scout.PROFILES, scout.engines),
        Room(snyk.PROFILES, snyk.engines),
        Room(programs.PROFILES, programs.engines),
        Room(systemd.PROFILES, systemd.engines),
        Room(lxc.PROFILES, lxc.engines),
        Room(incus.PROFILES, incus.engines),
        Room(wsl.PROFILES, wsl.engines),
        Room(umoci.PROFILES, umoci.engines),
        Room(apptainer.PROFILES, apptainer.engines),
    )
