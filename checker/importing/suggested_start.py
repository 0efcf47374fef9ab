"""Whether a container of a root filesystem starts with the command that is suggested for it."""

from __future__ import annotations

from checker.importing.suggestion import find_program
from checker.model.rootfs import Rootfs
from checker.starting.obstacle import Answer, Cause, Start


def suggested_start(rootfs: Rootfs, architecture: str) -> Start:
    """Whether a container starts with the suggested command.

    Args:
        rootfs: The root filesystem.
        architecture: CPU architecture of the host, in Go's words.
    """
    program = find_program(rootfs, architecture)
    if program.start is None:
        reason = f"set CMD; {program.reason}"
        return Start(Answer.NO, reason, "no command specified", cause=Cause.NO_COMMAND)
    reason = f"with the suggested command {' '.join(program.command)}"
    if program.start.answer is not Answer.YES:
        reason += f": {program.start.reason}"
    return program.start._replace(reason=reason)
