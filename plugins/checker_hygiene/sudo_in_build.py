"""HYG009: a build step that uses or installs sudo."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Finding, Severity
from checker_hygiene.steps import Step, StepCheck

_INSTALLERS = frozenset({"apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "tdnf"})


class SudoInBuild(StepCheck):
    """A build step uses or installs sudo.

    What it means:
        The history has a RUN step that runs a command with sudo, or that installs sudo as a
        package.

    Why it matters:
        Build steps run as the user set by USER, so sudo is not needed. In a container it does not
        forward signals and terminals as expected, and it is a setuid program through which a user
        of the container can become root.

    How to fix it:
        Set ``USER root`` before the steps that need it and the user of the service after them. To
        start a program as another user, use ``setpriv``, ``su-exec`` or ``gosu``, which are
        replaced by the program.

            before:  RUN sudo apt-get install -y curl
            after:   USER root
                     RUN apt-get update && apt-get install -y curl
                     USER app

    References:
        - Docker, "Building best practices", USER
        - dockle DKL-DI-0001
    """

    id = "HYG009"
    name = "sudo-in-build"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each step."""
        for step in self.steps(config):
            for what in dict.fromkeys(_found(step)):
                yield self.at_step(config, step, what)


def _found(step: Step) -> Iterator[str]:
    for command in step.commands():
        tool = command[0].rpartition("/")[2]
        if tool == "sudo" and len(command) > 1:
            yield "runs a command with sudo, which build steps do not need"
        elif tool in _INSTALLERS and _installs_sudo(command):
            yield "installs sudo, with which a user of the container can become root"


def _installs_sudo(command: tuple[str, ...]) -> bool:
    return "sudo" in command and not {"install", "add"}.isdisjoint(command)
