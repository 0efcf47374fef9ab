"""CFG005: a config for a platform that no engine knows."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.platforms import unknown_values
from checker.model.document import pointer
from checker.model.image import Config, mapping
from checker_config.configs import label


class UnknownConfigPlatform(Check):
    """A config gives its platform in words that are not Go's.

    What it means:
        ``os`` and ``architecture`` should be values of Go's GOOS and GOARCH, such as ``linux`` and
        ``amd64``, and ``variant`` one of those that the architecture has. Here one is not: often
        it is what another tool calls the same thing (``x86_64``, ``aarch64``). An empty ``os`` or
        ``architecture`` is a warning.

    Why it matters:
        Engines compare the words with those of their own machine: Docker's classic store refuses
        another ``os``, and all of them warn of, or pass over, another ``architecture``. An empty
        word lets each engine guess.

    How to fix it:
        Build with ``--platform`` and Go's words. If the platform is a new or a rare one, there is
        nothing to mend.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (architecture, os, variant)
        - OCI image-spec 1.1, image-index.md, "Platform Variants"
    """

    id = "CFG005"
    name = "unknown-config-platform"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at the three words."""
        for field, message in unknown_values(config.platform):
            yield self.finding(
                config, f"{label(config)}: {message}", at={"pointer": pointer(field)}
            )
        for field in ("os", "architecture"):
            if mapping(config.document.value).get(field) == "":
                yield self.finding(
                    config,
                    f"{label(config)}: {field} is empty, so each engine guesses the platform",
                    at={"pointer": pointer(field)},
                    severity=Severity.WARNING,
                )
