"""Progress on a terminal: for reads that take a while, unless it is turned off."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from checker.testing.cases import Case

# More than a pipe takes before somebody reads.
_FIRST = 1 << 18
_PATIENCE = 0.6


def watched(data: bytes, *words: str, wait: float) -> tuple[int, str]:
    """Check an archive that comes in two pieces; the exit code, and what the terminal shows."""
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "checker", "check", "-", *words]
    shown: list[bytes] = []
    reader = threading.Thread(target=lambda: shown.extend(iter(lambda: piece(terminal), b"")))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        reader.start()
        assert process.stdin is not None
        process.stdin.write(data[:_FIRST])
        process.stdin.flush()
        time.sleep(wait)
        process.stdin.write(data[_FIRST:])
        process.stdin.close()
        code = process.wait(60)
    reader.join(60)
    os.close(terminal)
    return code, b"".join(shown).decode()


def piece(terminal: int) -> bytes:
    """What the terminal shows next; nothing once the process has ended."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


@pytest.fixture(scope="module")
def data() -> bytes:
    table = {"base": "docker-archive", "entries": [{"path": "large", "zeros": 4 * _FIRST}]}
    built = Case("", "", "large", "pass", {}, (), Path(__file__), table).build()
    assert built.data is not None
    return built.data


def test_a_slow_read_shows_its_progress(data: bytes) -> None:
    code, shown = watched(data, wait=_PATIENCE)
    assert code == 0
    assert "reading" in shown
    # The bar is gone once the report is printed.
    assert shown.rstrip().endswith("\x1b[2K")


def test_no_progress_is_shown(data: bytes) -> None:
    assert watched(data, "--no-progress", wait=_PATIENCE) == (0, "")
