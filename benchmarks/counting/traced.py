"""Runs the checker and writes how many bytecode instructions it took.

Run: `python -m benchmarks.counting.traced FILE ARGUMENT…`; FILE receives the number.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any


def count(run: Callable[[], object]) -> int:
    """The bytecode instructions that a function takes, in all threads that it starts.

    Whoever traced before, such as what measures coverage, does not see the function, but traces on.
    """
    numbers = itertools.count()
    take = numbers.__next__  # no other thread can come between reading and adding

    def trace(frame: FrameType, event: str, _argument: Any) -> Callable[..., Any]:
        if event == "opcode":
            take()
        elif event == "call":
            frame.f_trace_lines = False
            frame.f_trace_opcodes = True
        return trace

    before = sys.gettrace(), threading.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])
    return take()


def main(arguments: list[str]) -> int:
    """Run the command line; the exit code is that of the checker."""
    codes: list[int] = []

    def run() -> None:
        from checker.cli import main as checker

        codes.append(checker(arguments[1:]))

    Path(arguments[0]).write_text(str(count(run)), "utf-8")
    return codes[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
