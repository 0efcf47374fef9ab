"""Image configs, as tests ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.contents.settings import settings_of
from checker.model.image import Config
from checker.reports.printable import printable


class ConfigView:
    """The config of an image: what Docker calls CMD, ENV, USER and so on.

    Attributes:
        facts: The config as it is in the archive.
        label: What failures call the image.
    """

    def __init__(self, facts: Config, label: str) -> None:
        self.facts = facts
        self.label = printable(label)
        self._settings = settings_of(facts)

    @property
    def user(self) -> str:
        """USER; empty if it is not set, which means root."""
        return self._settings.user or ""

    @property
    def workdir(self) -> str:
        """WORKDIR; empty if it is not set, which means ``/``."""
        return self._settings.working_dir or ""

    @property
    def cmd(self) -> list[str]:
        """CMD; empty if it is not set."""
        return list(self._settings.cmd or ())

    @property
    def entrypoint(self) -> list[str]:
        """ENTRYPOINT; empty if it is not set."""
        return list(self._settings.entrypoint or ())

    @property
    def env(self) -> Mapping[str, str]:
        """ENV, by name."""
        return MappingProxyType(dict(self.facts.env))

    @property
    def labels(self) -> Mapping[str, str]:
        """LABEL, by name."""
        return MappingProxyType(dict(self._settings.labels))

    @property
    def ports(self) -> list[str]:
        """EXPOSE, such as ``8080/tcp``."""
        return list(self._settings.exposed_ports)

    @property
    def volumes(self) -> list[str]:
        """VOLUME."""
        return list(self._settings.volumes)

    @property
    def healthcheck(self) -> str | None:
        """HEALTHCHECK in the words of a Dockerfile; None without one."""
        return self._settings.healthcheck

    @property
    def stop_signal(self) -> str:
        """STOPSIGNAL; empty if it is not set."""
        return self._settings.stop_signal or ""

    @property
    def platform(self) -> str:
        """The platform, such as ``linux/amd64``."""
        return str(self.facts.platform)

    def __repr__(self) -> str:
        return f"<config of {self.label}>"
