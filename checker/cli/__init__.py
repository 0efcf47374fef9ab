"""Entry points: the command line as a process, and as a function."""

# A signal can arrive while modules are imported, so nothing is imported before `start` is reached.
from __future__ import annotations

_NEW_OBJECTS = 50_000

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


def start() -> NoReturn:
    """Run the command line as the whole of a process, and end the process."""
    try:
        _leave_at_signals()
        _collect_less_garbage()
        from checker.cli.bytecode import use_kept_modules

        modules = use_kept_modules()
        from checker.cli.process import run_process

        run_process(modules.keep)
    except KeyboardInterrupt:  # before the handlers were in place
        import os

        os._exit(130)


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; those of the process if None.

    Returns:
        The exit code: 0 clean, 1 findings, 2 usage, 3 incomplete check, 130 interrupted, 141 broken
        pipe, 128 and the number of another signal that ended the run.
    """
    from checker.cli.process import run

    return run(argv)


def _collect_less_garbage() -> None:
    """Let more new objects wait for a collection than 700, which takes a tenth of a short run."""
    import gc

    gc.set_threshold(_NEW_OBJECTS)


def _leave_at_signals() -> None:
    """End the process at signals: nothing has been written yet that would be left behind."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A shell starts jobs in the background with some signals ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    import os

    os._exit(128 + number)
