"""HYG006: a secret among the environment variables of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Option, Severity
from checker.checks.turns import Turns
from checker.model.document import pointer
from checker.model.image import items
from checker_hygiene.secrets import suspect

# A pattern is tried for each; a hostile config can have millions.
_LOOKUPS = 10
_LEFT_OUT = "not all variables were checked for secrets"
_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "names of variables that are known not to be secrets"
)


class SecretInEnvironment(Check):
    """An environment variable of the image contains a secret.

    What it means:
        A variable in Env has the name of a secret (it ends in PASSWORD, SECRET, TOKEN, API_KEY or
        similar) and a plausible value, or its value has the form of a known token, a private key, a
        URL with a password or settings with one (``jdbc:…?password=…``). Paths, file names,
        references to variables and secret stores, switches, placeholders and public keys (GPG_KEY)
        are ignored. A well-known password, such as "postgres", is a note, and so is a key or token
        of plain words, which may be an identifier. The value is never printed.

    Why it matters:
        Everyone who has the image can read its environment (``docker inspect``), every process in a
        container receives it, and it cannot be removed from copies that were pulled.

    How to fix it:
        Remove the variable from the Dockerfile, change the secret, and pass it at run time
        (``docker run --env-file``, a secret of the cluster, a file in /run/secrets) or to a single
        build step. If the value is not a secret, add the name to the option ``accept``.

            before:  ENV NPM_TOKEN=…
            after:   RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci

    References:
        - OCI image-spec 1.1, config.md, "Env"
        - Docker, "Build secrets"
        - dockle CIS-DI-0010; CIS Docker Benchmark, section 4.10
    """

    id = "HYG006"
    name = "secret-in-environment"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each variable."""
        accepted = self.option(_ACCEPT)
        turns = Turns(self, _LEFT_OUT, _LOOKUPS)
        for i, item in enumerate(turns.take(items(config.settings.get("Env")))):
            name, _, value = item.partition("=") if isinstance(item, str) else ("", "", "")
            suspicion = None if name in accepted else suspect(name, value)
            if suspicion is not None:
                yield self.finding(
                    config,
                    f"variable {name} of {config.location.image} {suspicion.reason}; everyone who "
                    "has the image can read it",
                    severity=None if suspicion.is_sure else Severity.NOTE,
                    at={"pointer": pointer("config", "Env", i)},
                )
