"""CFG011: a working directory that is no absolute path."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Config, text
from checker_config.configs import is_windows, label


class RelativeWorkingDirectory(Check):
    """``WorkingDir`` of a config is not an absolute path.

    What it means:
        ``config.WorkingDir`` is the folder in which the command starts. It is empty, or an
        absolute path in the container; here it is relative. Images for Windows are passed over.

    Why it matters:
        A container of the image does not start: runc says ``Cwd must be an absolute path``.

    How to fix it:
        Write ``WORKDIR /path`` in the Dockerfile, or give ``--change 'WORKDIR /path'`` when
        importing, and build again.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (WorkingDir)
        - OCI runtime-spec 1.2, config.md, "Process" (cwd)
    """

    id = "CFG011"
    name = "relative-working-directory"
    severity = Severity.ERROR

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at how the path begins."""
        path = text(config.settings.get("WorkingDir"))
        if path and not path.startswith("/") and not is_windows(config):
            yield self.finding(
                config,
                f'{label(config)}: WorkingDir is "{path}"; it must be an absolute path',
                at={"pointer": "/config/WorkingDir"},
            )
