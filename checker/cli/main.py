"""Entry point: runs a command and turns what happened into an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from typing import NoReturn

from checker.cli.arguments import parse_arguments
from checker.errors import CheckerError, PluginError
from checker.reports.printable import printable

USAGE = 2
NOT_WHOLE = 3
INTERRUPTED = 128 + signal.SIGINT
BROKEN_PIPE = 128 + 13
# Two threads share the work of a blob; the default of 5 ms starves the one that hashes.
_SWITCH_SECONDS = 0.0001
_NEW_OBJECTS = 50_000


def start() -> NoReturn:
    """Run the command line as the whole of a process, and end the process."""
    # A collection of garbage at every 700 new objects takes a tenth of the time of a short run.
    gc.set_threshold(_NEW_OBJECTS)
    code = main()
    sys.stderr.flush()
    # The interpreter frees objects one by one on exit; the system frees them all at once.
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; those of the process if None.

    Returns:
        The exit code: 0 clean, 1 findings, 2 usage, 3 incomplete check, 130 interrupted, 141 broken
        pipe.
    """
    arguments = parse_arguments(argv)
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except CheckerError as error:
        for line in str(error).split("\n"):
            print(f"checker: {printable(line)}", file=sys.stderr)
        return NOT_WHOLE if isinstance(error, PluginError) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more on the way out, into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _run(arguments: argparse.Namespace) -> int:
    # Each command imports only what it needs.
    if arguments.command in ("check", "classify"):
        from checker.reading.early import EarlyHashes

        early = EarlyHashes(arguments.paths[0])
        try:
            from checker.cli.check import run_check

            return run_check(arguments, early)
        finally:
            early.close()
    from checker.cli.catalogue import run_explain, run_plugins, run_rules

    commands = {"rules": run_rules, "explain": run_explain, "plugins": run_plugins}
    return commands[arguments.command](arguments)
