"""RFS009: a health check or build shell whose program is not in the image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Finding, Rootfs, Severity
from checker.model.document import pointer
from checker.model.image import mapping, strings
from checker.starting.lookup import describe_missing, is_executable, is_mounted, look_up
from checker.starting.process import process_of
from checker_rootfs.command import ConfigCheck
from checker_rootfs.places import is_windows, name_of, shown

_SHELL = "/bin/sh"


class MissingHealthProgram(ConfigCheck):
    """The program of the health check, or the build shell, is not in the root filesystem.

    What it means:
        Healthcheck in the config names a program (``CMD``), or a shell command (``CMD-SHELL``, run
        with the first word of Shell, or /bin/sh). That program is not in the image or not
        executable. A missing Shell that no health check uses is a note.

    Why it matters:
        The application runs, but the container is always reported as unhealthy, so orchestrators
        restart it or send it no traffic. Distroless images with a health check that uses ``curl``
        or a shell are the usual case. A missing Shell breaks the next build FROM the image with a
        RUN in shell form.

    How to fix it:
        Copy the program into the image, let the application check itself, or disable the check
        (``HEALTHCHECK NONE``):

            before:  HEALTHCHECK CMD curl -f http://localhost/
            after:   HEALTHCHECK CMD ["/app", "--health"]

    References:
        - Docker image specification v1.2, "Healthcheck" and "Shell"
        - Docker Engine 28, daemon/health.go
    """

    id = "RFS009"
    name = "missing-health-program"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the program of the health check, or the shell."""
        config = rootfs.config
        if config is None or is_windows(rootfs):
            return
        shell = strings(config.settings.get("Shell"))
        test = strings(mapping(config.settings.get("Healthcheck")).get("Test"))
        if test[:1] == ("CMD",) and len(test) > 1:
            yield from self._health(rootfs, config, test[1], 1)
        elif test[:1] == ("CMD-SHELL",):
            yield from self._health(rootfs, config, shell[0] if shell else _SHELL, 0)
            return
        for problem in _problems(rootfs, config, shell[0]) if shell else ():
            yield self.finding(
                config,
                f'{name_of(rootfs)} has the build shell "{shell[0]}", {problem}',
                at={"pointer": pointer("config", "Shell", 0)},
                severity=Severity.NOTE,
            )

    def _health(
        self, rootfs: Rootfs, config: Config, program: str, position: int
    ) -> Iterator[Finding]:
        for problem in _problems(rootfs, config, program):
            yield self.finding(
                config,
                f'the health check of {name_of(rootfs)} runs "{program}", {problem}',
                at={"pointer": pointer("config", "Healthcheck", "Test", position)},
            )


def _problems(rootfs: Rootfs, config: Config, word: str) -> Iterator[str]:
    """Why a program cannot be run; at most one reason."""
    lookup = look_up(rootfs, process_of(config), word)
    if is_mounted(lookup.path) or not lookup.is_known:
        return
    if lookup.found is None:
        yield describe_missing(rootfs, lookup)
    elif not is_executable(lookup.found.entry):
        yield f"but {shown(rootfs, lookup.found)} is not an executable file"
