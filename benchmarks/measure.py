"""Runs a command once and measures its time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# ru_maxrss is in KiB, except on macOS (getrusage(2) of each).
MAXRSS_UNIT_BYTES: Final = 1 if sys.platform == "darwin" else 1024


# Without compiled modules every start would include their compilation.
_ENVIRONMENT: Final = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


PROGRAM: Final = str(Path(sys.executable).with_name("checker"))
"""The command as it is installed beside this Python: ``python -m checker`` starts more slowly."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command.

    Attributes:
        seconds: Wall time, from before the start of the process to its end.
        peak_bytes: The largest resident set of the process, or that of the process which
            started it, if that was larger: the kernel counts from before the exec.
        code: Exit code; negative: ended by that signal.
        said: The end of its output.
        cpu_seconds: Time of all its threads, which depends less on what else the machine does.
    """

    seconds: float
    peak_bytes: int
    code: int
    said: str
    cpu_seconds: float


def in_a_fork(work: Callable[[], object]) -> None:
    """Do something whose memory does not count as that of the programs that are measured later.

    Raises:
        ChildProcessError: It failed.
    """
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 - nothing may get out of the fork
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise ChildProcessError("it failed, see above")


def measure(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Run:
    """Run a command and measure it.

    Args:
        command: The command.
        environment: Variables of its environment, besides those of this process.
        directory: Where it runs; the working directory if None.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_ENVIRONMENT, **(environment or {})},
            cwd=directory,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(max(0, output.tell() - 2000))
        said = output.read().decode(errors="replace").strip()
    return Run(
        seconds,
        usage.ru_maxrss * MAXRSS_UNIT_BYTES,
        process.returncode,
        said,
        usage.ru_utime + usage.ru_stime,
    )
