"""The standard streams, which may be closed, full, or pipes without a reader."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from checker.reports.printable import printable, without_commands

_NAME = "standard output"
# Opened in a way in which they cannot be used, so that using them fails as if they were closed.
_UNUSABLE = {0: os.O_WRONLY, 1: os.O_RDONLY, 2: os.O_RDONLY}


def occupy_closed_streams() -> None:
    """Keep the numbers of closed standard streams from the files that are opened later."""
    for number, flags in _UNUSABLE.items():
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is given, which is this one.
            os.open(os.devnull, flags)


def tell(*lines: str) -> None:
    """Write lines for the user to standard error, as far as it takes them."""
    if sys.stderr is None:  # closed from the start; print() would take standard output
        return
    with suppress(OSError, ValueError):
        for line in lines:
            text = without_commands(printable(f"checker: {line}"))
            encoding = sys.stderr.encoding or "ascii"
            print(text.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
        sys.stderr.flush()


def require_output() -> None:
    """Make sure that there is a standard output.

    Raises:
        OSError: It was closed from the start.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed", _NAME)


def flush_output() -> None:
    """Write out what was printed.

    Raises:
        BrokenPipeError: The reader has closed the pipe.
        OSError: It cannot be written.
    """
    if sys.stdout is None:
        return
    with writing_output():
        sys.stdout.flush()


@contextmanager
def writing_output() -> Iterator[None]:
    """Name standard output in the errors of writing to it.

    Raises:
        BrokenPipeError: The reader has closed the pipe.
        OSError: It cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, _NAME) from error


def discard_output() -> None:
    """Drop what could not be written, which Python would try to write again on its way out."""
    if sys.stdout is None:
        return
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
