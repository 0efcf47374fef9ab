"""Fixes that a command in the root filesystem makes."""

from __future__ import annotations

import shlex

from checker import Command, DockerfileEdit, Fix, Rootfs
from checker.checks.fix import quoted
from checker.model.untrusted import is_visible


def fix_in_root(rootfs: Rootfs, title: str, *words: str) -> Fix:
    """A fix by a command: an instruction of the Dockerfile for an image, else the command itself.

    Args:
        rootfs: The root filesystem.
        title: What to do.
        words: The command. Names from the archive are quoted; where the shell of an image cannot
            take one that is not visible, only the title is left.
    """
    if rootfs.image is None:
        return Fix(title, Command(quoted(*words)))
    # The shell of most images, dash, has no quotes for characters that print nothing.
    if not all(map(is_visible, words)):
        return Fix(title)
    return Fix(title, DockerfileEdit(f"RUN {shlex.join(words)}"))
