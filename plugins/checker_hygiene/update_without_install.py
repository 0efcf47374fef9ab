"""HYG004: a step that updates the package lists and installs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Finding, Severity
from checker_hygiene.steps import Step, StepCheck

_UPDATES = frozenset(
    {
        *(("apt-get", "update"), ("apt", "update"), ("apk", "update"), ("zypper", "refresh")),
        *(("yum", "makecache"), ("dnf", "makecache"), ("microdnf", "makecache")),
        ("zypper", "ref"),
    }
)
# A word that contains one of these uses the new list, possibly through a script.
_USES = ("install", "add", "upgrade", "build-dep", "source", "download", "satisfy")


class UpdateWithoutInstall(StepCheck):
    """A build step updates the package lists and installs nothing.

    What it means:
        The history has a RUN step with ``apt-get update``, or the equivalent of another package
        manager, and no later command in the same step that installs or upgrades packages.

    Why it matters:
        The lists are stored in a separate layer. A later build reuses that layer from its cache and
        installs old packages, or packages that the mirror no longer has, and the lists use space.

    How to fix it:
        Update and install in one step:

            before:  RUN apt-get update
                     RUN apt-get install -y curl
            after:   RUN apt-get update && apt-get install -y --no-install-recommends curl

    References:
        - Docker, "Building best practices", apt-get
        - dockle CIS-DI-0007; CIS Docker Benchmark, section 4.7
    """

    id = "HYG004"
    name = "update-without-install"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each step."""
        for step in self.steps(config):
            update = _lonely_update(step)
            if update is not None:
                what = "and no later command of the step installs a package"
                yield self.at_step(config, step, f"runs {update}, {what}")


def _lonely_update(step: Step) -> str | None:
    update = None
    for command in step.commands():
        tool = command[0].rpartition("/")[2]
        words = [word for word in command[1:] if not word.startswith("-")]
        if words and (tool, words[0]) in _UPDATES:
            update = f"{tool} {words[0]}"
        elif update is not None and any(use in word for word in command for use in _USES):
            return None
    return update
