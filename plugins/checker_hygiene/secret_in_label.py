"""HYG007: a secret among the labels or annotations of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Check, Config, Finding, Manifest, Option, Severity
from checker.checks.turns import Turns
from checker.model.document import pointer
from checker.model.image import mapping
from checker.model.location import Located
from checker_hygiene.secrets import suspect

# A pattern is tried for each; a hostile config can have millions.
_LOOKUPS = 10
_LEFT_OUT = "not all labels and annotations were checked for secrets"
_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "keys of labels and annotations that are known not to be secrets"
)


class SecretInLabel(Check):
    """A label or annotation of the image contains a secret.

    What it means:
        The key of a label, or of an annotation of the manifest, is that of a secret and the value
        is plausible, or the value has the form of a known token, a private key or a URL with a
        password. The exceptions are those of secret-in-environment. The value is never printed.

    Why it matters:
        Labels and annotations are shown by registries, by ``docker inspect``, and by monitoring
        systems that collect them.

    How to fix it:
        Remove the label, change the secret, and rebuild the image. Write the URL of a git remote
        without user and password. If the value is not a secret, add the key to the option
        ``accept``.

            before:  LABEL org.opencontainers.image.source=https://ci:…@git.example.org/app
            after:   LABEL org.opencontainers.image.source=https://git.example.org/app

    References:
        - OCI image-spec 1.1, config.md, "Labels"; annotations.md
        - dockle CIS-DI-0010
    """

    id = "HYG007"
    name = "secret-in-label"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each label."""
        labels = mapping(config.settings.get("Labels"))
        label = str(config.location.image)
        yield from self._inspect("label", label, labels, config, ("config", "Labels"))

    def check_manifest(self, manifest: Manifest) -> Iterator[Finding]:
        """Check each annotation."""
        label = manifest.location.member or "the manifest"
        values = manifest.annotations
        yield from self._inspect("annotation", label, values, manifest, ("annotations",))

    def _inspect(
        self,
        kind: str,
        owner: str,
        values: Mapping[str, object],
        subject: Located,
        parent: tuple[str, ...],
    ) -> Iterator[Finding]:
        accepted = self.option(_ACCEPT)
        for key, value in Turns(self, _LEFT_OUT, _LOOKUPS).take(values.items()):
            if not isinstance(value, str) or key in accepted:
                continue
            suspicion = suspect(key, value)
            if suspicion is not None:
                yield self.finding(
                    subject,
                    f"{kind} {key} of {owner} {suspicion.reason}; everyone who has the image can "
                    "read it",
                    severity=None if suspicion.is_sure else Severity.NOTE,
                    at={"pointer": pointer(*parent, key)},
                )
