"""HYG007: a secret among the labels or annotations of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.document import pointer
from checker.model.image import Config, Manifest, mapping
from checker.model.location import Located
from checker_hygiene.secrets import MOST_NAMES, suspect

_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "keys of labels and annotations that are known to hold no secret"
)


class SecretInLabel(Check):
    """A label or annotation of the image holds a secret.

    What it means:
        The key of a label, or of an annotation of the manifest, is that of a secret and the value
        can be one, or the value has the form of a known token, a private key or a URL with a
        password. What is passed over is told at secret-in-environment. The value is never printed.

    Why it matters:
        Labels and annotations are shown by registries, by ``docker inspect``, and by every
        monitoring that collects them.

    How to fix it:
        Take the label out, change the secret, and build the image anew. A remote of git belongs
        into a label without the user and password in it. If it is no secret, name the key in the
        option ``accept``.

    References:
        - OCI image-spec 1.1, config.md, "Labels"; annotations.md
        - dockle CIS-DI-0010
    """

    id = "HYG007"
    name = "secret-in-label"
    severity = Severity.WARNING
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each label."""
        labels = mapping(config.settings.get("Labels"))
        label = str(config.location.image)
        yield from self._look("label", label, labels, config, ("config", "Labels"))

    def check_manifest(self, manifest: Manifest) -> Iterator[Finding]:
        """Look at each annotation."""
        label = manifest.location.member or "the manifest"
        yield from self._look("annotation", label, manifest.annotations, manifest, ("annotations",))

    def _look(
        self,
        kind: str,
        owner: str,
        values: Mapping[str, object],
        subject: Located,
        parent: tuple[str, ...],
    ) -> Iterator[Finding]:
        accepted = self.option(_ACCEPT)
        for key, value in islice(values.items(), MOST_NAMES):
            if not isinstance(value, str) or key in accepted:
                continue
            suspicion = suspect(key, value)
            if suspicion is not None:
                yield self.finding(
                    subject,
                    f"{kind} {key} of {owner} {suspicion.reason}; it is shown to everyone who sees "
                    "the image",
                    severity=None if suspicion.is_sure else Severity.NOTE,
                    at={"pointer": pointer(*parent, key)},
                )
