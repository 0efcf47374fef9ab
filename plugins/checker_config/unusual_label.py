"""CFG015: a label that breaks the rules of annotations."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.annotations import reserved_keys, value_problems
from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.image import Config, read_annotations
from checker_config.configs import label


class UnusualLabel(Check):
    """A label breaks the rules for its key or value.

    What it means:
        Labels follow the rules of annotations. Under ``org.opencontainers`` only the keys that OCI
        defines may be used; another one, or an empty key, is a note. A warning it is if
        ``org.opencontainers.image.created`` is no date, or ``base.digest`` no digest, or
        ``base.name`` no name of an image. Short keys such as ``maintainer`` are usual for labels
        and are passed over.

    Why it matters:
        Tools that show the age of an image, or look whether its base is out of date, do not
        understand such a value. A misspelt key is not found at all.

    How to fix it:
        Write the value in the right form, ``LABEL org.opencontainers.image.created=$(date -u
        +%Y-%m-%dT%H:%M:%SZ)``; put a domain of your own in front of keys of your own.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Labels)
        - OCI image-spec 1.1, annotations.md, "Rules" and "Pre-Defined Annotation Keys"
    """

    id = "CFG015"
    name = "unusual-label"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at the keys that are reserved."""
        labels = read_annotations(config.settings.get("Labels"))
        for problem in value_problems(labels):
            yield self._unusual(config, problem.key, problem.message, Severity.WARNING)
        for problem in reserved_keys(labels):
            yield self._unusual(config, problem.key, problem.message, Severity.NOTE)
        if "" in labels:
            yield self._unusual(config, "", "is an empty key", Severity.NOTE)

    def _unusual(self, config: Config, key: str, message: str, severity: Severity) -> Finding:
        return self.finding(
            config,
            f'{label(config)}: label "{key}" {message}',
            at={"pointer": pointer("config", "Labels", key)},
            severity=severity,
        )
