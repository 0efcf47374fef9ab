"""HYG006: a secret among the environment variables of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.document import pointer
from checker.model.image import Config, items
from checker_hygiene.secrets import MOST_NAMES, suspect

_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "names of variables that are known to hold no secret"
)


class SecretInEnvironment(Check):
    """An environment variable of the image holds a secret.

    What it means:
        A variable in Env has the name of a secret (it ends in PASSWORD, SECRET, TOKEN, API_KEY or
        the like) and a value that can be one, or its value has the form of a known token, a private
        key, a URL with a password or settings with one (`jdbc:…?password=…`). Paths, names of
        files, references to variables and to stores of secrets, switches, placeholders and public
        keys (GPG_KEY) are passed over. A password that everybody knows, such as "postgres", gets a
        note, and so does a key or token of mere words, which may be the name of one. The value is
        never printed.

    Why it matters:
        Everyone who has the image can read its environment (``docker inspect``), every process in a
        container gets it, and it cannot be taken back from copies that were pulled.

    How to fix it:
        Take the variable out of the Dockerfile, change the secret, and give it when the container
        starts: with ``docker run --env-file``, a secret of the cluster, or a file below
        /run/secrets. A step of the build gets it with ``RUN --mount=type=secret``. If it is none,
        name the variable in the option ``accept``.

    References:
        - OCI image-spec 1.1, config.md, "Env"
        - Docker, "Build secrets"
        - dockle CIS-DI-0010; CIS Docker Benchmark, section 4.10
    """

    id = "HYG006"
    name = "secret-in-environment"
    severity = Severity.WARNING
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each variable."""
        accepted = self.option(_ACCEPT)
        for i, item in enumerate(items(config.settings.get("Env"))[:MOST_NAMES]):
            name, _, value = item.partition("=") if isinstance(item, str) else ("", "", "")
            suspicion = None if name in accepted else suspect(name, value)
            if suspicion is not None:
                yield self.finding(
                    config,
                    f"variable {name} of {config.location.image} {suspicion.reason}; it is kept in "
                    "the image for everyone to read",
                    severity=None if suspicion.is_sure else Severity.NOTE,
                    at={"pointer": pointer("config", "Env", i)},
                )
