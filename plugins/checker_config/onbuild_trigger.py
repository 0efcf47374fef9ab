"""CFG014: an image with ONBUILD instructions."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker_config.configs import counted, label

_SHOWN = 80  # characters of an instruction


class OnbuildTrigger(Check):
    """A config has ``OnBuild`` instructions.

    What it means:
        ``config.OnBuild`` lists Dockerfile instructions that are executed when another image is
        built FROM this one. That is useful in base images; in an application image they are left
        over. A value that is not a list of strings is an error.

    Why it matters:
        Builds FROM the image run steps that are not in their Dockerfile. The OCI config has no such
        property, so some tools drop it. Docker rejects a config in which it has another type.

    How to fix it:
        Remove ``ONBUILD`` from the Dockerfile if the image is not meant as a base image.

    References:
        - Docker Image Specification v1.2, "Container RunConfig Field Descriptions"
        - Docker documentation, Dockerfile reference, ONBUILD
    """

    id = "CFG014"
    name = "onbuild-trigger"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the list."""
        triggers = config.settings.get("OnBuild")
        if triggers is None or triggers == []:
            return
        if not isinstance(triggers, list) or not all(isinstance(one, str) for one in triggers):
            yield self.finding(
                config,
                f"{label(config)}: OnBuild is not a list of strings; Docker rejects the config",
                at={"pointer": "/config/OnBuild"},
                severity=Severity.ERROR,
            )
            return
        yield self.finding(
            config,
            f"{label(config)}: builds FROM this image run "
            f"{counted(len(triggers), 'ONBUILD instruction')}; the first is "
            f'"{triggers[0][:_SHOWN]}"',
            at={"pointer": "/config/OnBuild"},
        )
