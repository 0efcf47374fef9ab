"""HYG010: a volume where engines mount a kernel filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.document import pointer
from checker.model.entries import clean_path
from checker.model.image import mapping
from checker.typing_names import ClassVar

_KERNEL = frozenset({"dev", "proc", "sys"})


class VolumeOverSystemDirectory(Check):
    """The image declares a volume over /dev, /proc or /sys.

    What it means:
        One of the Volumes of the config is /dev, /proc or /sys, or a directory below, or the root
        directory.

    Why it matters:
        Engines mount kernel filesystems there. A volume in their place hides devices and processes
        from the container, or fails to mount, and a bind mount of the host's directories exposes
        the host to the container. A volume over the root cannot be mounted at all.

    How to fix it:
        Remove the volume from the Dockerfile. Volumes are for data:

            before:  VOLUME /proc
            after:   VOLUME /var/lib/app

    References:
        - OCI image-spec 1.1, config.md, "Volumes"
        - OCI runtime-spec 1.2, config-linux.md, "Default Filesystems"
        - dockle DKL-DI-0002
    """

    id = "HYG010"
    name = "volume-over-system-directory"
    aliases: ClassVar[tuple[str, ...]] = ("volume-over-system-folder",)
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each volume."""
        if config.os == "windows":
            return
        for volume in mapping(config.settings.get("Volumes")):
            path = clean_path(volume)
            if path.partition("/")[0] in _KERNEL or (not path and volume.startswith("/")):
                yield self.finding(
                    config,
                    f'{config.location.image} declares the volume "{volume}", where engines mount '
                    f"{'a kernel filesystem' if path else 'the root filesystem'}",
                    at={"pointer": pointer("config", "Volumes", volume)},
                )
