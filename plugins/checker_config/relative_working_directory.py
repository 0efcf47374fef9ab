"""CFG011: a working directory that is not an absolute path."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.image import text
from checker_config.configs import is_windows, label


class RelativeWorkingDirectory(Check):
    """``WorkingDir`` of a config is not an absolute path.

    What it means:
        ``config.WorkingDir`` is the directory in which the command starts: empty, or an absolute
        path in the container. It is a relative path. Images for Windows are ignored.

    Why it matters:
        Engines load the image, but its containers do not start; runc reports ``Cwd must be an
        absolute path``.

    How to fix it:
        Give an absolute path in the Dockerfile, or at import with ``--change 'WORKDIR /app'``:

            before:  WORKDIR app
            after:   WORKDIR /app

    References:
        - OCI image-spec 1.1, config.md, "Properties" (WorkingDir)
        - OCI runtime-spec 1.2, config.md, "Process" (cwd)
    """

    id = "CFG011"
    name = "relative-working-directory"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check that the path is absolute."""
        path = text(config.settings.get("WorkingDir"))
        if path and not path.startswith("/") and not is_windows(config):
            yield self.finding(
                config,
                f'{label(config)}: WorkingDir is "{path}", which is not an absolute path; '
                "containers do not start",
                at={"pointer": "/config/WorkingDir"},
            )
