"""CFG005: a config with an unknown platform."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.checks.platforms import unknown_values
from checker.model.document import pointer
from checker.model.image import mapping
from checker_config.configs import label


class UnknownConfigPlatform(Check):
    """The platform of a config is not a known GOOS/GOARCH value.

    What it means:
        ``os`` and ``architecture`` should be values of Go's GOOS and GOARCH, such as ``linux`` and
        ``amd64``, and ``variant`` one of those defined for the architecture. A value is not; often
        it is the name that another tool uses (``x86_64``, ``aarch64``). An empty ``os`` or
        ``architecture`` is a warning.

    Why it matters:
        Engines compare these values with their own platform: Docker's classic image store rejects
        another ``os``, and all engines warn about, or ignore, another ``architecture``. With an
        empty value each engine guesses.

    How to fix it:
        Build with ``--platform`` and Go's values. A new or rare platform needs no change.

            before:  "architecture": "x86_64"
            after:   "architecture": "amd64"

    References:
        - OCI image-spec 1.1, config.md, "Properties" (architecture, os, variant)
        - OCI image-spec 1.1, image-index.md, "Platform Variants"
    """

    id = "CFG005"
    name = "unknown-config-platform"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the three values."""
        for field, message in unknown_values(config.platform):
            yield self.finding(
                config, f"{label(config)}: {message}", at={"pointer": pointer(field)}
            )
        for field in ("os", "architecture"):
            if mapping(config.document.value).get(field) == "":
                yield self.finding(
                    config,
                    f"{label(config)}: {field} is empty; engines guess the platform",
                    at={"pointer": pointer(field)},
                    severity=Severity.WARNING,
                )
