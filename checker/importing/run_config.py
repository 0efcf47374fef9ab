"""The settings of an image that a container is run with: the ``config`` object of its config."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.records import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class Healthcheck(NamedTuple):
    """A health check (Docker image specification v1.3).

    Attributes:
        test: ``CMD`` or ``CMD-SHELL`` with the command, or ``NONE``.
        interval: Time between two checks in nanoseconds; 0 is the engine's default.
        timeout: Nanoseconds after which a check has failed.
        start_period: Nanoseconds during which failures are not counted.
        start_interval: Time between two checks during ``start_period``, in nanoseconds.
        retries: Failures in a row after which the container is unhealthy.
    """

    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class RunConfig(NamedTuple):
    """What ``--change`` can set (OCI image-spec 1.1, config.md, "Properties").

    ``None`` and an empty list differ: engines write them differently.

    Attributes:
        entrypoint: The program to start, with arguments.
        cmd: Arguments of the entrypoint, or the program if there is none.
        env: Variables, ``NAME=value``.
        exposed_ports: Ports, such as ``80/tcp``, sorted.
        healthcheck: How to find out whether the container works.
        labels: Labels.
        on_build: Instructions for builds that are based on the image.
        stop_signal: The signal that ends the container.
        user: User and group of the process.
        volumes: Paths of volumes, sorted.
        working_dir: The working directory.
    """

    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    labels: Mapping[str, str] = _NONE
    on_build: tuple[str, ...] = ()
    stop_signal: str = ""
    user: str = ""
    volumes: tuple[str, ...] = ()
    working_dir: str = ""

    def settings(self) -> dict[str, object]:
        """The ``config`` object, without what is not set."""
        found: dict[str, object] = {
            "Entrypoint": None if self.entrypoint is None else list(self.entrypoint),
            "Cmd": None if self.cmd is None else list(self.cmd),
            "Env": list(self.env) or None,
            "ExposedPorts": {port: {} for port in self.exposed_ports} or None,
            "Healthcheck": None if self.healthcheck is None else _health_json(self.healthcheck),
            "Labels": dict(self.labels) or None,
            "OnBuild": list(self.on_build) or None,
            "StopSignal": self.stop_signal or None,
            "User": self.user or None,
            "Volumes": {path: {} for path in self.volumes} or None,
            "WorkingDir": self.working_dir or None,
        }
        return {key: value for key, value in found.items() if value is not None}


def _health_json(healthcheck: Healthcheck) -> dict[str, object]:
    found: dict[str, object] = {
        "Test": list(healthcheck.test),
        "Interval": healthcheck.interval,
        "Timeout": healthcheck.timeout,
        "StartPeriod": healthcheck.start_period,
        "StartInterval": healthcheck.start_interval,
        "Retries": healthcheck.retries,
    }
    return {key: value for key, value in found.items() if value}
