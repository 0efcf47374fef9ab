"""CFG007: an environment variable that is set twice."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.image import Config, items
from checker_config.configs import label


class RepeatedEnvironmentVariable(Check):
    """``Env`` of a config sets a variable more than once.

    What it means:
        Two entries of ``config.Env`` have the same name. With different values that is a warning,
        with the same value a note.

    Why it matters:
        Engines hand both to the program, and libraries differ on which one counts: most take the
        last, some the first. So the program may see another value than ``inspect`` seems to show.

    How to fix it:
        Build the image anew with one value. Dockerfile's ``ENV`` replaces an earlier value of the
        same name; what adds to the list without looking is the fault.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Env)
        - POSIX.1-2017, Base Definitions, section 8.1
    """

    id = "CFG007"
    name = "repeated-environment-variable"
    severity = Severity.WARNING

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look for the entries that a later one overrides. Values may be secret: none is shown."""
        last: dict[str, int] = {}
        variables = _variables(config)
        for i, (name, _) in variables.items():
            last[name] = i
        for i, (name, value) in variables.items():
            if last[name] == i:
                continue
            same = variables[last[name]][1] == value
            later = pointer("config", "Env", last[name])
            yield self.finding(
                config,
                f"{label(config)}: {name} is set here, and again in {later} to "
                + ("the same value" if same else "another value"),
                at={"pointer": pointer("config", "Env", i)},
                severity=Severity.NOTE if same else Severity.WARNING,
            )


def _variables(config: Config) -> dict[int, tuple[str, str]]:
    """Name and value by position; what is no variable is CFG001's to say."""
    return {
        i: (name, value)
        for i, entry in enumerate(items(config.settings.get("Env")))
        if isinstance(entry, str)
        for name, equals, value in (entry.partition("="),)
        if name and equals
    }
