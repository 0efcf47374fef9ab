"""CFG008: a PATH that is not set, or depends on the current directory."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.document import pointer
from checker.model.image import items
from checker_config.configs import is_windows, label
from checker_config.scopes import PATH


class UnsoundSearchPath(Check):
    """``PATH`` is not set, or has entries that are not absolute paths.

    What it means:
        ``PATH`` is a colon-separated list of the directories that are searched for programs. An
        entry that is empty, relative, or an unexpanded variable is a warning. An image that has a
        command but sets no ``PATH`` is a note. Images for Windows are ignored.

    Why it matters:
        An empty or relative entry means the current directory: whoever can write to it decides
        which program is run. Without ``PATH`` each engine uses its own default, or none.

    How to fix it:
        Set ``PATH`` completely, with absolute paths:

            ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Env)
        - POSIX.1-2017, Base Definitions, section 8.3 (PATH)
    """

    id = "CFG008"
    name = "unsound-search-path"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the last PATH, which is the one in effect."""
        if is_windows(config):
            return
        variables = config.settings.get("Env")
        found = [
            (i, entry.removeprefix(PATH))
            for i, entry in enumerate(items(variables))
            if isinstance(entry, str) and entry.startswith(PATH)
        ]
        if found:
            yield from self._inspect(config, *found[-1])
        elif (variables is None or isinstance(variables, list)) and config.has_command:
            yield self.finding(
                config,
                f"{label(config)}: Env does not set PATH; each engine uses its own default",
                at={"pointer": pointer("config", "Env")},
                severity=Severity.NOTE,
            )

    def _inspect(self, config: Config, position: int, value: str) -> Iterator[Finding]:
        parts = [part for part in value.split(":") if not part.startswith("/")]
        if not parts:
            return
        shown = ", ".join(f'"{part}"' for part in dict.fromkeys(parts))
        yield self.finding(
            config,
            f"{label(config)}: PATH has entries that are not absolute paths: {shown}; they are "
            "resolved against the current directory",
            at={"pointer": pointer("config", "Env", position)},
        )
