"""Runs a program that shows a view on a terminal, until the view is there or it ends."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

_VIEW = b"\x1b[?1049h"
"""The sequence with which a program takes the whole screen."""
_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b=|\r")
_READ = 1 << 16


class Shown(NamedTuple):
    """What a program did on a terminal.

    Attributes:
        has_view: Whether it took the whole screen.
        text: What it printed before, without control sequences.
    """

    has_view: bool
    text: str


def shown_by(command: Sequence[str], seconds: float) -> Shown:
    """Run a program on a terminal, and end it once it shows its view.

    Args:
        command: The program and its arguments.
        seconds: The time limit.

    Raises:
        TimeoutError: It shows nothing, and does not end.
    """
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], list(command), _environment())  # noqa: S606
    try:
        return _read(process, terminal, time.monotonic() + seconds)
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def _environment() -> dict[str, str]:
    """That of somebody at a terminal: with ``CI``, dive writes a text instead of a view."""
    return {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}


def _read(process: int, terminal: int, deadline: float) -> Shown:
    data = b""
    while _VIEW not in data:
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
            raise TimeoutError("no view is shown")
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data += os.read(terminal, _READ)
        except OSError:
            # The other side is closed: the program has ended.
            return Shown(has_view=False, text=_text(data))
    os.kill(process, signal.SIGKILL)
    return Shown(has_view=True, text=_text(data))


def _text(data: bytes) -> str:
    return _CODES.sub("", data.decode("utf-8", "replace"))
