"""HYG002: an image that does not say how to find out whether its service is well."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Config


class MissingHealthcheck(Check):
    """The image has no HEALTHCHECK.

    What it means:
        The image starts something, and its config has no Healthcheck. One that says NONE passes: it
        was a decision. An image that starts nothing passes too.

    Why it matters:
        Docker and Podman can tell only whether the process runs, not whether it works, so that
        nobody notices or replaces a container that hangs. Kubernetes does not look at Healthcheck,
        it has probes of its own; and the OCI format of buildah and Podman cannot hold one.

    How to fix it:
        Add a HEALTHCHECK to the Dockerfile, with a program that is in the image. If the containers
        are looked after otherwise, say ``HEALTHCHECK NONE`` or ignore the rule.

    References:
        - Dockerfile reference, "HEALTHCHECK"
        - Docker image specification v1.2, "Healthcheck"
        - dockle CIS-DI-0006; CIS Docker Benchmark, section 4.6
    """

    id = "HYG002"
    name = "missing-healthcheck"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look for a health check."""
        starts = config.command_line("Entrypoint") or config.command_line("Cmd")
        if starts and config.settings.get("Healthcheck") is None:
            yield self.finding(
                config,
                f'{config.location.image} starts "{starts[0]}", but its config has no Healthcheck '
                "that would tell whether it works",
                at={"pointer": "/config"},
            )
