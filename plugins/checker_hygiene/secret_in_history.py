"""HYG008: a secret in the build history of an image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.image import Config, mapping
from checker_hygiene.secrets import is_plausible, is_secret_name, suspect_text
from checker_hygiene.steps import steps_of

_ACCEPT = Option[tuple[str, ...]](
    "accept", tuple, (), "names of variables and arguments that are known to hold no secret"
)
# In a script much looks like an assignment; a secret has none of these characters.
_NO_SECRET = frozenset("\\*|()[]{}<>$`;,?")


class SecretInHistory(Check):
    """A step of the build history gives a secret away.

    What it means:
        A step contains an assignment whose name is that of a secret (``NPM_TOKEN=…``, also as a
        build argument in front of the command, ``|1 NPM_TOKEN=… /bin/sh -c``), an option such as
        ``--password``, a user with a password for curl, a header Authorization, a password for
        chpasswd, or something in the form of a known token, a private key or a URL with a password.
        References to variables and placeholders are passed over, and so are the variables and
        labels that the image still has: other rules look at those. The value is never printed.

    Why it matters:
        The history is a part of the image (``docker history --no-trunc``). Build arguments are kept
        there too, although they are gone from the environment.

    How to mend it:
        Change the secret, give it to the step with ``RUN --mount=type=secret,id=…``, and build
        the image anew. If it is no secret, name the variable in the option ``accept``.

    References:
        - OCI image-spec 1.1, config.md, "history"
        - Dockerfile reference, "ARG": not for secrets
        - dockle CIS-DI-0010; CIS Docker Benchmark, section 4.10
    """

    id = "HYG008"
    name = "secret-in-history"
    severity = Severity.WARNING
    options = (_ACCEPT,)

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each step."""
        kept = {**mapping(config.settings.get("Labels")), **config.env}
        for step in steps_of(config):
            passed = set(self._accepted())
            if step.instruction in {"ENV", "LABEL"}:
                passed.update(_still_there(step.text, kept))
            for leak in dict.fromkeys(_leaks(step.text, passed)):
                yield self.finding(
                    config,
                    f"{step.label} of {config.location.image} {leak}; the history is kept in the "
                    "image for everyone to read",
                    at={"pointer": step.pointer},
                )

    def _accepted(self) -> tuple[str, ...]:
        return self.option(_ACCEPT)


def _still_there(text: str, kept: Mapping[str, object]) -> Iterator[str]:
    """The variables and labels of a step that the image has to this day, with the same value."""
    for match in _assignments(text):
        name, value = match["name"], match["value"].strip("\"'")
        if value and str(kept.get(name, "")).startswith(value):
            yield name


def _leaks(text: str, passed: AbstractSet[str]) -> Iterator[str]:
    """What a step gives away, without the value."""
    assigned = [(match["name"].lstrip("-"), match["value"]) for match in _assignments(text)]
    found = [
        *(
            f"gives {name} a value that looks like a secret"
            for name, value in assigned
            if name not in passed and is_secret_name(name) and _is_secret(value)
        ),
        *(
            f"gives the option --{match['name'].lower()} a value that looks like a secret"
            for match in _options(text)
            if _is_secret(match["value"])
        ),
        *_shaped(text),
    ]
    yield from found
    # A token under a name that was told or passed already would be told twice.
    if not found and passed.isdisjoint(name for name, _ in assigned):
        suspicion = suspect_text(text)
        if suspicion is not None:
            yield suspicion.reason


def _shaped(text: str) -> Iterator[str]:
    lowered = text.lower()
    for mark, described, pattern in _SHAPES:
        if mark in lowered:
            matches = re.finditer(pattern, text)
            yield from (described for match in matches if _is_secret(match["value"]))


def _is_secret(value: str) -> bool:
    value = value.strip("\"'")
    return is_plausible(value) and not _NO_SECRET.intersection(value)


_SHAPES = (
    (
        "curl",
        "gives curl a user with a password",
        r"\bcurl\b[^|;&\n]{0,200}?\s(?:-u|--user)[ =]?[\"']?\S{1,80}?:(?P<value>[^\s\"']{1,200})",
    ),
    (
        "authorization:",
        "sends a header Authorization with a value that looks like a secret",
        r"(?i:authorization):\s*(?:(?i:bearer|basic|token)\s+)(?P<value>[\w+/=.~-]{1,400})",
    ),
    (
        "chpasswd",
        "sets a password with chpasswd",
        r"\b[\w.-]{1,40}:(?P<value>[^\s:|\"'$]{1,200})[\"']?\s*\|\s*(?:\S{0,40}/)?chpasswd",
    ),
)


def _assignments(text: str) -> Iterator[re.Match[str]]:
    return _assignment().finditer(text) if "=" in text else iter(())


def _options(text: str) -> Iterator[re.Match[str]]:
    return _option().finditer(text) if "--" in text else iter(())


@cache
def _assignment() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w.$/])(?P<name>[A-Za-z_-][\w.-]{0,80})="
        r"(?P<value>\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s\"';&|)]{1,400})"
    )


@cache
def _option() -> re.Pattern[str]:
    return re.compile(
        r"--(?P<name>(?:[a-z]{1,20}-)?(?:password|passwd|passphrase|token|secret|api-?key))"
        r"\s+(?P<value>\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s\"';&|)-][^\s\"';&|)]{0,400})",
        re.IGNORECASE,
    )
