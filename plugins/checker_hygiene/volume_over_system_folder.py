"""HYG010: a volume where the engine mounts a filesystem of the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.entries import clean_path
from checker.model.image import Config, mapping

_KERNEL = frozenset({"dev", "proc", "sys"})


class VolumeOverSystemFolder(Check):
    """The image declares a volume over /dev, /proc or /sys.

    What it means:
        One of the Volumes of the config is /dev, /proc or /sys, or lies below one of them, or is
        the root itself.

    Why it matters:
        Engines mount filesystems of the kernel there. A volume in their place hides devices and
        processes from the container, or fails to be mounted, and a bind mount of the host's folders
        there opens the host to the container. A volume over the root cannot be mounted at all.

    How to fix it:
        Take the VOLUME out of the Dockerfile. Volumes are for data.

    References:
        - OCI image-spec 1.1, config.md, "Volumes"
        - OCI runtime-spec 1.2, config-linux.md, "Default Filesystems"
        - dockle DKL-DI-0002
    """

    id = "HYG010"
    name = "volume-over-system-folder"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each volume."""
        if config.os == "windows":
            return
        for volume in mapping(config.settings.get("Volumes")):
            path = clean_path(volume)
            if path.partition("/")[0] in _KERNEL or (not path and volume.startswith("/")):
                yield self.finding(
                    config,
                    f'{config.location.image} declares the volume "{volume}", where engines mount '
                    f"{'the root' if not path else 'a filesystem of the kernel'}",
                    at={"pointer": pointer("config", "Volumes", volume)},
                )
