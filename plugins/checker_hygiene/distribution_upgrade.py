"""HYG011: a build step that upgrades every package of the base image."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checker import Config, Finding, Severity
from checker_hygiene.steps import Step, StepCheck

_UPGRADES = {
    **dict.fromkeys(("apt-get", "apt", "aptitude"), ("upgrade", "dist-upgrade", "full-upgrade")),
    **dict.fromkeys(("yum", "dnf", "microdnf", "tdnf"), ("update", "upgrade", "distro-sync")),
    "apk": ("upgrade",),
    "zypper": ("update", "up", "dist-upgrade", "dup"),
}
_PACMAN = "pacman"
# Options of apt-get whose value is the next word.
_WITH_VALUE = frozenset({"-o", "--option", "-t", "--target-release", "-c", "--config-file"})


class DistributionUpgrade(StepCheck):
    """A build step upgrades all packages of the base image.

    What it means:
        The history has a RUN step such as ``apt-get upgrade``, ``apt-get dist-upgrade``, ``apk
        upgrade`` or ``dnf update`` that names no package.

    Why it matters:
        The content of the image then depends on the day of its build. The replaced files of the
        base image remain in its layers, so the image contains them twice; and the maintainer of the
        base image, who could fix the package there, is not informed.

    How to fix it:
        Use a newer base image, and rebuild when a new one is published. If one package must be
        upgraded immediately, name it:

            before:  RUN apt-get update && apt-get upgrade -y
            after:   RUN apt-get update && apt-get install -y --only-upgrade openssl

    References:
        - Docker, "Building best practices", "Rebuild your images often"
        - dockle DKL-DI-0003
    """

    id = "HYG011"
    name = "distribution-upgrade"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each step."""
        for step in self.steps(config):
            for upgrade in dict.fromkeys(_upgrades(step)):
                what = "which replaces packages of the base image with the latest versions"
                yield self.at_step(config, step, f"runs {upgrade}, {what}")


def _upgrades(step: Step) -> Iterator[str]:
    for command in step.commands():
        tool = command[0].rpartition("/")[2]
        words = [
            word
            for before, word in pairwise(command)
            if not word.startswith("-") and before not in _WITH_VALUE
        ]
        if len(words) == 1 and words[0] in _UPGRADES.get(tool, ()):
            yield f"{tool} {words[0]}"
        elif tool == _PACMAN and not words and any(_is_sync(word) for word in command[1:]):
            yield f"{tool} {command[1]}"


def _is_sync(option: str) -> bool:
    """Whether it is pacman's option for a full upgrade, such as ``-Syu``."""
    return option.startswith("-S") and "u" in option
