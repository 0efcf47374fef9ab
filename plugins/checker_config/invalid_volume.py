"""CFG009: a volume whose path cannot be a mount point."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.document import pointer
from checker.model.image import mapping
from checker_config.configs import is_windows, label


class InvalidVolume(Check):
    """The path of a volume is not absolute, or is the root directory.

    What it means:
        The keys of ``config.Volumes`` are absolute paths in the container. A path is relative,
        empty, contains ``..``, or is ``/``. A path that begins with a bracket or quote comes from a
        JSON array that was parsed as plain text. Images for Windows are ignored.

    Why it matters:
        Runtimes refuse to mount a volume at such a path, or mount it elsewhere, and the data that
        should outlive the container is lost with it.

    How to fix it:
        Correct ``VOLUME`` in the Dockerfile, with double quotes in the array form, and rebuild the
        image:

            before:  VOLUME ['/data']
            after:   VOLUME ["/data"]

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Volumes)
        - OCI runtime-spec 1.2, config.md, "Mounts" (destination)
    """

    id = "CFG009"
    name = "invalid-volume"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the paths of the volumes."""
        if is_windows(config):
            return
        for path, value in mapping(config.settings.get("Volumes")).items():
            what = _fault(path)
            if what is not None and isinstance(value, dict):
                yield self.finding(
                    config,
                    f'{label(config)}: the volume "{path}" {what}; expected an absolute path',
                    at={"pointer": pointer("config", "Volumes", path)},
                )


def _fault(path: str) -> str | None:
    if path.startswith(("[", '"', "'")):
        return "looks like a JSON array that was parsed as plain text"
    if not path.startswith("/"):
        return "is relative" if path else "is empty"
    if not path.strip("/."):
        return "is the root directory"
    return 'contains ".."' if ".." in path.split("/") else None
