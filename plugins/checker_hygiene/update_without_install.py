"""HYG004: a step that fetches the list of packages and installs none."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Finding, Severity
from checker.model.image import Config
from checker_hygiene.steps import Step, StepCheck, steps_of

_UPDATES = frozenset(
    {
        *(("apt-get", "update"), ("apt", "update"), ("apk", "update"), ("zypper", "refresh")),
        *(("yum", "makecache"), ("dnf", "makecache"), ("microdnf", "makecache")),
        ("zypper", "ref"),
    }
)
# A word with one of these in it makes use of the fresh list, be it through a script.
_USES = ("install", "add", "upgrade", "build-dep", "source", "download", "satisfy")


class UpdateWithoutInstall(StepCheck):
    """A build step updates the list of packages and installs nothing.

    What it means:
        The history has a RUN step with ``apt-get update``, or the like of another package manager,
        and no command after it in the same step that installs or upgrades.

    Why it matters:
        The list is kept in a layer of its own. A later build takes that layer from its cache and
        installs old packages, or ones that the mirror no longer has, and the list takes up space.

    How to fix it:
        Do it in one step: ``RUN apt-get update && apt-get install -y --no-install-recommends
        package && rm -rf /var/lib/apt/lists/*``.

    References:
        - Docker, "Building best practices", apt-get
        - dockle CIS-DI-0007; CIS Docker Benchmark, section 4.7
    """

    id = "HYG004"
    name = "update-without-install"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each step."""
        for step in steps_of(config):
            update = _lonely_update(step)
            if update is not None:
                what = "and nothing after it in the same step installs a package"
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
