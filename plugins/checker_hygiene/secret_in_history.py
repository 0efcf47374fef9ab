"""HYG008: a secret in the build history of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Config, Finding, Option, Severity
from checker.model.image import mapping
from checker.model.leaks import assignments, leaks_of
from checker_hygiene.steps import StepCheck

_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "names of variables and arguments that are known not to be secrets"
)


class SecretInHistory(StepCheck):
    """A step of the build history exposes a secret.

    What it means:
        A step contains an assignment to a name of a secret (``NPM_TOKEN=…``, also as a build
        argument before the command, ``|1 NPM_TOKEN=… /bin/sh -c``), an option such as
        ``--password``, a password for curl, docker login, mysql, passwd, openssl and others, an
        Authorization header, or a known token, a private key or a URL with a password or token.
        References to variables and placeholders are ignored, and so are variables and labels that
        the image still has, which other rules check. The value is never printed.

    Why it matters:
        The history is part of the image (``docker history --no-trunc``). It contains build
        arguments too, although they are not in the environment.

    How to fix it:
        Change the secret, pass it to the step as a mount, and rebuild the image. If the value is
        not a secret, add the name to the option ``accept``.

            before:  ARG NPM_TOKEN
                     RUN npm ci
            after:   RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci

    References:
        - OCI image-spec 1.1, config.md, "history"
        - Dockerfile reference, "ARG": not for secrets
        - dockle CIS-DI-0010; CIS Docker Benchmark, section 4.10
    """

    id = "HYG008"
    name = "secret-in-history"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each step."""
        kept = {**mapping(config.settings.get("Labels")), **config.env}
        for step in self.steps(config):
            passed = set(self._accepted())
            if step.instruction in {"ENV", "LABEL"}:
                passed.update(_still_set(step.text, kept))
            for leak in dict.fromkeys(each.reason for each in leaks_of(step.text, passed)):
                why = "everyone who has the image can read its history"
                yield self.at_step(config, step, f"{leak}; {why}")

    def _accepted(self) -> tuple[str, ...]:
        return self.option(_ACCEPT)


def _still_set(text: str, kept: Mapping[str, object]) -> Iterator[str]:
    """The variables and labels of a step that the image still has, with the same value."""
    for name, quoted in assignments(text):
        value = quoted.strip("\"'")
        if value and str(kept.get(name, "")).startswith(value):
            yield name
