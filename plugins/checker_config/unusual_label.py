"""CFG015: a label that violates the rules for annotations."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.checks.annotations import reserved_keys, value_problems
from checker.model.document import pointer
from checker.model.image import read_annotations
from checker_config.configs import label


class UnusualLabel(Check):
    """The key or value of a label violates the rules for annotations.

    What it means:
        Labels follow the rules for annotations. The prefix ``org.opencontainers`` is reserved for
        keys that OCI defines; an unknown key with this prefix, or an empty key, is a note. A value
        of ``org.opencontainers.image.created`` that is not a date, of ``base.digest`` that is not a
        digest, or of ``base.name`` that is not an image name is a warning. Short keys such as
        ``maintainer`` are common and accepted.

    Why it matters:
        Tools that show the age of an image, or check whether its base image is outdated, cannot use
        such a value. A misspelt key is not found at all.

    How to fix it:
        Write the value in the required form, and prefix custom keys with a domain that you control:

            before:  LABEL org.opencontainers.image.created="1 May 2024"
            after:   LABEL org.opencontainers.image.created="2024-05-01T12:30:00Z"

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Labels)
        - OCI image-spec 1.1, annotations.md, "Rules" and "Pre-Defined Annotation Keys"
    """

    id = "CFG015"
    name = "unusual-label"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the reserved keys and their values."""
        labels = read_annotations(config.settings.get("Labels"))
        for problem in value_problems(labels):
            yield self._unusual(config, problem.key, problem.message, Severity.WARNING)
        for problem in reserved_keys(labels):
            yield self._unusual(config, problem.key, problem.message, Severity.NOTE)
        if "" in labels:
            yield self._unusual(config, "", "has an empty key", Severity.NOTE)

    def _unusual(self, config: Config, key: str, message: str, severity: Severity) -> Finding:
        return self.finding(
            config,
            f'{label(config)}: label "{key}" {message}',
            at={"pointer": pointer("config", "Labels", key)},
            severity=severity,
        )
