"""HYG002: an image without a health check."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity


class MissingHealthcheck(Check):
    """The image has no HEALTHCHECK.

    What it means:
        The image has a command, and its config has no Healthcheck. One that is NONE is accepted,
        since it is explicit. An image without a command is accepted too.

    Why it matters:
        Docker and Podman can tell only whether the process runs, not whether it works, so a
        container that hangs is neither reported nor replaced. Kubernetes ignores Healthcheck and
        has its own probes; the OCI format of Buildah and Podman cannot store one.

    How to fix it:
        Add a HEALTHCHECK to the Dockerfile, with a program that is in the image. If containers are
        monitored differently, disable it explicitly or ignore the rule.

            HEALTHCHECK --interval=30s CMD ["/app", "--health"]
            HEALTHCHECK NONE

    References:
        - Dockerfile reference, "HEALTHCHECK"
        - Docker image specification v1.2, "Healthcheck"
        - dockle CIS-DI-0006; CIS Docker Benchmark, section 4.6
    """

    id = "HYG002"
    name = "missing-healthcheck"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check for a health check."""
        starts = config.command_line("Entrypoint") or config.command_line("Cmd")
        if starts and config.settings.get("Healthcheck") is None:
            yield self.finding(
                config,
                f'{config.location.image} starts "{starts[0]}", but its config has no Healthcheck; '
                "engines cannot tell whether it works",
                at={"pointer": "/config"},
            )
