"""The sessions on the pages of the documentation are what the commands print.

The commands of a page run one after the other in a directory with the files that the page
shows. With ``CHECKER_RENEW_SNAPSHOTS=1`` in the environment the pages are written again; read the
diff.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"(?<=```console\n)\$ .*?(?=```)", re.DOTALL)
FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.DOTALL | re.MULTILINE)
"""A file that the sessions of a page use: its name and content."""
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)
"""A command, with the lines that a backslash continues."""
WRONG = ("usage: ", "Traceback ", "bash: ")
PAGES = (
    *("cache.md", "compare.md", "convert.md", "import-plan.md", "policy.md", "reports.md"),
    *("settings.md", "show.md", "structure-tests.md"),
)
"""The pages whose sessions need nothing but the checker."""
FLEET = pytest.param(
    "fleet.md",
    marks=(
        pytest.mark.fleet,
        pytest.mark.skipif(
            not (
                os.environ.get("CHECKER_REQUIRE_FLEET")
                or (find_spec("fsspec") and find_spec("pyarrow"))
            ),
            reason="fsspec or pyarrow not installed: make test-fleet installs the extra fleet-test",
        ),
    ),
)


def ran(session: str, folder: Path, paths: Iterable[Path] = ()) -> Iterator[str]:
    """The commands of a session with what they print.

    Args:
        session: The session.
        folder: The directory that they run in.
        paths: Directories with packages that they find.
    """
    packages = {"PYTHONPATH": os.pathsep.join(map(str, paths))} if paths else {}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMAND.findall(session):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", **packages},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        yield f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("page", [*PAGES, FLEET])
def test_sessions_print_what_the_page_says(page: str, tmp_path: Path) -> None:
    text = DOCS.joinpath(page).read_text("utf-8")
    sessions = BLOCK.findall(text)
    assert sessions
    for name, content in FILE.findall(text):
        tmp_path.joinpath(name).write_text(content)
    printed = ["".join(ran(session, tmp_path)) for session in sessions]
    if os.environ.get("CHECKER_RENEW_SNAPSHOTS") == "1":
        for session, now in zip(sessions, printed, strict=True):
            text = text.replace(session, now)
        DOCS.joinpath(page).write_text(text, "utf-8")
        sessions = printed
    assert not [line for text in printed for line in text.splitlines() if line.startswith(WRONG)]
    assert printed == sessions
