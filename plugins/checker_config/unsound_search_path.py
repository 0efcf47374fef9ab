"""CFG008: a PATH that is missing, or that depends on the current folder."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.image import Config, items
from checker_config.configs import is_windows, label

_PATH = "PATH="


class UnsoundSearchPath(Check):
    """The environment has no PATH, or one with relative parts.

    What it means:
        ``PATH`` lists, parted by colons, the folders in which programs are looked for. Here a part
        is empty, relative, or an unexpanded variable, which is a warning; or there is no ``PATH``
        although the image names a command, which is a note. Images for Windows are passed over.

    Why it matters:
        An empty or relative part means the folder that a program happens to run in: whoever can
        write there chooses what is run. Without ``PATH`` each engine puts its own default in its
        place, or none.

    How to fix it:
        Set it in full: ``ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin``

    References:
        - OCI image-spec 1.1, config.md, "Properties" (Env)
        - POSIX.1-2017, Base Definitions, section 8.3 (PATH)
    """

    id = "CFG008"
    name = "unsound-search-path"
    severity = Severity.WARNING

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at the last PATH, which is the one that counts."""
        if is_windows(config):
            return
        variables = config.settings.get("Env")
        found = [
            (i, entry.removeprefix(_PATH))
            for i, entry in enumerate(items(variables))
            if isinstance(entry, str) and entry.startswith(_PATH)
        ]
        if found:
            yield from self._look_at(config, *found[-1])
        elif (variables is None or isinstance(variables, list)) and _has_command(config):
            yield self.finding(
                config,
                f"{label(config)}: the environment has no PATH, so the engine's default is used",
                at={"pointer": pointer("config", "Env")},
                severity=Severity.NOTE,
            )

    def _look_at(self, config: Config, position: int, value: str) -> Iterator[Finding]:
        parts = [part for part in value.split(":") if not part.startswith("/")]
        if not parts:
            return
        shown = ", ".join(f'"{part}"' for part in dict.fromkeys(parts))
        yield self.finding(
            config,
            f"{label(config)}: PATH has parts that are no absolute paths: {shown}; they are looked "
            "for in the folder that a program happens to run in",
            at={"pointer": pointer("config", "Env", position)},
        )


def _has_command(config: Config) -> bool:
    return bool(config.command_line("Entrypoint") or config.command_line("Cmd"))
