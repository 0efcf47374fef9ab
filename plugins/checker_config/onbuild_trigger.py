"""CFG014: triggers for a later build that are left in an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Config
from checker_config.configs import label

_SHOWN = 80  # characters of an instruction


class OnbuildTrigger(Check):
    """A config holds ``OnBuild`` triggers.

    What it means:
        ``config.OnBuild`` lists Dockerfile instructions that are carried out when another image is
        built on this one. That is meant for base images; in an image that is to be run they are
        left over. If it is no list of strings, that is an error.

    Why it matters:
        Whoever builds on the image gets steps that they did not write. OCI images have no such
        member, so some tools drop it. Docker refuses a config where it has another type.

    How to fix it:
        Leave ``ONBUILD`` out of the Dockerfile of an image that is not meant as a base.

    References:
        - Docker Image Specification v1.2, "Container RunConfig Field Descriptions"
        - Docker documentation, Dockerfile reference, ONBUILD
    """

    id = "CFG014"
    name = "onbuild-trigger"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at the list."""
        triggers = config.settings.get("OnBuild")
        if triggers is None or triggers == []:
            return
        if not isinstance(triggers, list) or not all(isinstance(one, str) for one in triggers):
            yield self.finding(
                config,
                f"{label(config)}: OnBuild is no list of strings",
                at={"pointer": "/config/OnBuild"},
                severity=Severity.ERROR,
            )
            return
        yield self.finding(
            config,
            f"{label(config)}: a build on this image carries out {len(triggers)} instructions of "
            f'its own; the first is "{triggers[0][:_SHOWN]}"',
            at={"pointer": "/config/OnBuild"},
        )
