"""A workspace with archives, and programs in the place of those that need a network or a daemon."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from checker.testing import sample

_INSTALLED = "#!/bin/sh\nexit 0\n"
_PROGRAMS = {
    "pip": _INSTALLED,
    "make": _INSTALLED,
    "buildkite-agent": _INSTALLED,
    # A virtual environment gets a pip, and is made below what belongs to this job alone; a zipapp
    # is the checker.
    "python3": """#!/bin/sh
case "$1 $2" in
  "-m venv")
    case $(realpath -m "$3") in
      "$CI_PROJECT_DIR"/*|"$HOME"/*) mkdir -p "$3/bin" && cp "$(command -v pip)" "$3/bin/pip" ;;
      *) echo "other jobs of this machine may write to $3"; exit 9 ;;
    esac ;;
  checker.pyz*) shift; exec checker "$@" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
""",
    "docker": """#!/bin/sh
case "$1" in
  build) ;;
  save) exec cat dist/app.tar ;;
  run)
    while [ "$1" != archive-checker ]; do shift; done
    shift
    cd dist && exec checker "$@" ;;
  *) exit 9 ;;
esac
""",
}


class Workshop:
    """A workspace, in which scripts of pipelines run.

    Args:
        folder: An empty directory.
    """

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.home = folder / "home"
        self._programs = folder / "programs"
        for path in (self.workspace / "dist" / "my images", self.home, self._programs):
            path.mkdir(parents=True)
        for name in ("app.tar", "dist/app.tar", "dist/other.tar", "dist/my images/app.tar"):
            self.workspace.joinpath(name).write_bytes(sample("docker-oci-archive"))
        for name, text in _PROGRAMS.items():
            self._programs.joinpath(name).write_text(text)
            self._programs.joinpath(name).chmod(0o755)

    def run(
        self, script: str, *, shell: str = "bash", arguments: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script with the shell as CI systems start it; what it prints is kept together."""
        options = ("-e", "-o", "pipefail") if shell == "bash" else ("-e",)
        path = (self._programs, Path(sys.prefix, "bin"), os.environ["PATH"])
        return subprocess.run(
            [shell, *options, "-c", script, "script", *arguments],
            cwd=self.workspace,
            env={
                "PATH": os.pathsep.join(map(str, path)),
                "HOME": str(self.home),
                "CI_PROJECT_DIR": str(self.workspace),
                "REAL_PYTHON": sys.executable,
                "LC_ALL": "C.UTF-8",
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
