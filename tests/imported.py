"""What a run of the command line imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import sys
sys.path[:] = {paths!r}
from checker.cli import main
code = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def modules_of_a_run(*words: str, folder: Path) -> set[str]:
    """The modules that are imported at the end of a clean run.

    Args:
        words: The command line.
        folder: The working directory.
    """
    # Without `site` and what is installed beside, which can import anything.
    program = _PROGRAM.format(paths=[path for path in sys.path if path])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())
