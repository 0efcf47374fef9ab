"""CFG013: a malformed health check."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.document import pointer
from checker.model.image import Json, integer
from checker.records import NamedTuple
from checker_config.configs import label

_MILLISECOND = 1_000_000  # nanoseconds
_LARGEST = 2**63 - 1
_TIMES = ("Interval", "Timeout", "StartPeriod", "StartInterval")
_KINDS = ("", "NONE", "CMD", "CMD-SHELL")


class _Fault(NamedTuple):
    """What is wrong with a property of the health check, and the severity."""

    parts: tuple[str | int, ...]
    message: str
    severity: Severity


class InvalidHealthcheck(Check):
    """``Healthcheck`` of a config is malformed.

    What it means:
        Docker's ``config.Healthcheck`` has a list ``Test`` that begins with ``NONE``, ``CMD`` or
        ``CMD-SHELL``, durations in nanoseconds (0, or at least one millisecond) and ``Retries``. A
        property of another type is an error, another value is a warning.

    Why it matters:
        Docker rejects a config with a string where a number is expected. With an unknown first word
        the check never runs, and with a duration that is too short the container cannot be created.

    How to fix it:
        Correct ``HEALTHCHECK`` in the Dockerfile and rebuild the image. A tool that writes the
        config itself must give durations in nanoseconds:

            before:  "Interval": "30s"
            after:   "Interval": 30000000000

    References:
        - Docker Image Specification v1.2, "Container RunConfig Field Descriptions" (Healthcheck)
        - OCI image-spec 1.1, config.md, "Properties" (reserved fields)
        - Docker 20.10 and later, daemon/container.go, validateHealthCheck
    """

    id = "CFG013"
    name = "invalid-healthcheck"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each property."""
        check = config.settings.get("Healthcheck")
        for fault in () if check is None else _faults(check):
            parts = ("Healthcheck", *fault.parts)
            yield self.finding(
                config,
                f"{label(config)}: {'.'.join(map(str, parts))} {fault.message}",
                at={"pointer": pointer("config", *parts)},
                severity=fault.severity,
            )


def _faults(check: object) -> Iterator[_Fault]:
    if not isinstance(check, dict):
        yield _Fault((), "is not an object", Severity.ERROR)
        return
    yield from _faults_of_test(check.get("Test"))
    for name in _TIMES:
        yield from _faults_of_number(check, name, _MILLISECOND, "nanoseconds")
    yield from _faults_of_number(check, "Retries", 1, "retry")


def _faults_of_test(test: object) -> Iterator[_Fault]:
    if test is None:
        return
    if not isinstance(test, list) or not all(isinstance(word, str) for word in test):
        yield _Fault(("Test",), "is not a list of strings", Severity.ERROR)
    elif test and test[0] not in _KINDS:
        message = f'begins with "{test[0]}"; expected NONE, CMD or CMD-SHELL'
        yield _Fault(("Test",), message, Severity.WARNING)
    elif test and test[0].startswith("CMD") and len(test) == 1:
        yield _Fault(("Test",), f"is {test[0]} without a command", Severity.WARNING)


def _faults_of_number(check: Json, name: str, least: int, unit: str) -> Iterator[_Fault]:
    value = check.get(name)
    if value is None:
        return
    number = integer(value)
    if number is None or not -_LARGEST - 1 <= number <= _LARGEST:
        yield _Fault((name,), "is not a 64-bit integer", Severity.ERROR)
    elif number < 0 or 0 < number < least:
        message = f"is {number}; it must be 0 or at least {least} {unit}"
        yield _Fault((name,), message, Severity.WARNING)
