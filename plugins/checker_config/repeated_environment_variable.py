"""CFG007: an environment variable that is set more than once."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.document import pointer
from checker.model.image import items
from checker_config.configs import label


class RepeatedEnvironmentVariable(Check):
    """``Env`` of a config sets a variable more than once.

    What it means:
        Two entries of ``config.Env`` have the same name. Different values are a warning, equal
        values are a note.

    Why it matters:
        Engines pass both entries to the program, and libraries differ in which one they use: most
        take the last, some the first. The program may see a different value than ``docker inspect``
        suggests.

    How to fix it:
        Rebuild the image with one value. ``ENV`` in a Dockerfile replaces an earlier value of the
        same name; look for a tool that appends to the list unconditionally.

            before:  "Env": ["MODE=debug", "MODE=production"]
            after:   "Env": ["MODE=production"]

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Env)
        - POSIX.1-2017, Base Definitions, section 8.1
    """

    id = "CFG007"
    name = "repeated-environment-variable"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Find entries that a later one overrides. Values may be secret and are not shown."""
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
                f"{label(config)}: {name} is set again in {later}, to "
                + ("the same value" if same else "a different value; programs may use either"),
                at={"pointer": pointer("config", "Env", i)},
                severity=Severity.NOTE if same else Severity.WARNING,
            )


def _variables(config: Config) -> dict[int, tuple[str, str]]:
    """Name and value by position; CFG001 reports entries that are not variables."""
    return {
        i: (name, value)
        for i, entry in enumerate(items(config.settings.get("Env")))
        if isinstance(entry, str)
        for name, equals, value in (entry.partition("="),)
        if name and equals
    }
