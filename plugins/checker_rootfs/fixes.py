"""Fixes that a command in the root filesystem makes."""

from __future__ import annotations

from checker import Command, DockerfileEdit, Fix, Rootfs
from checker.checks.fix import quoted


def fix_in_root(rootfs: Rootfs, title: str, *words: str) -> Fix:
    """A fix by a command: an instruction of the Dockerfile for an image, else the command itself.

    Args:
        rootfs: The root filesystem.
        title: What to do.
        words: The command. Names from the archive are quoted; where one cannot be printed, only
            the title is left.
    """
    line = quoted(*words)
    if line is None:
        return Fix(title)
    return Fix(title, Command(line) if rootfs.image is None else DockerfileEdit(f"RUN {line}"))
