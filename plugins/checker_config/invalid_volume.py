"""CFG009: a volume at a place where none can be."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.image import Config, mapping
from checker_config.configs import is_windows, label


class InvalidVolume(Check):
    """A volume of a config has no absolute path, or is the root.

    What it means:
        The names in ``config.Volumes`` are absolute paths in the container. Here one is relative,
        empty, leads up with ``..``, or is ``/`` itself. A name in brackets or quotes comes from a
        list that was read as plain text. Images for Windows are passed over.

    Why it matters:
        Runtimes refuse to mount a volume at such a place, or mount it somewhere else than was
        meant, and the data that should outlive the container is lost with it.

    How to fix it:
        Correct the Dockerfile, ``VOLUME /data`` or ``VOLUME ["/data"]`` with double quotes, and
        build again.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Volumes)
        - OCI runtime-spec 1.2, config.md, "Mounts" (destination)
    """

    id = "CFG009"
    name = "invalid-volume"
    severity = Severity.WARNING

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at the paths of the volumes."""
        if is_windows(config):
            return
        for path, value in mapping(config.settings.get("Volumes")).items():
            what = _fault(path)
            if what is not None and isinstance(value, dict):
                yield self.finding(
                    config,
                    f'{label(config)}: the volume "{path}" {what}; it must be an absolute path',
                    at={"pointer": pointer("config", "Volumes", path)},
                )


def _fault(path: str) -> str | None:
    if path.startswith(("[", '"', "'")):
        return "looks like a list that was read as plain text"
    if not path.startswith("/"):
        return "is relative" if path else "is empty"
    if not path.strip("/."):
        return "is the root itself"
    return "leads up" if ".." in path.split("/") else None
