"""Random tars with odd headers end as GNU tar and bsdtar of this host say."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from benchmarks.masking import masked
from benchmarks.readers.tools import TOOLS, Bench, found, version_of
from checker import VerdictOutcome
from checker.plugins import load_plugins
from checker.verdicts import Question
from tests.effort import examples
from tests.odd_tars import odd_tar
from tests.sessions import new_session

READERS = {f"{one.name} {one.action}": one for one in load_plugins().readers().engines}
PROGRAMS = {tool.title: tool for tool in TOOLS}
RELEASES = {"tar-1 extract": "tar (GNU tar) 1.34", "bsdtar-3 extract": "bsdtar 3.6.2 "}
ARCHIVES = examples(600)


def problem_of(title: str, folder: Path) -> str | None:
    """Why the program cannot be asked; None if it can."""
    tool = PROGRAMS[title]
    if found(tool.program) is None:
        return f"{tool.program} is not installed"
    if not f"{version_of(tool)} ".startswith(RELEASES[title]):
        return f"{version_of(tool)} is not the release of the profile"
    reason = tool.problem()
    if reason is None and not makes_devices(folder / "device"):
        reason = "devices cannot be created here"
    return reason


def makes_devices(path: Path) -> bool:
    try:
        os.mknod(path, stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        return False
    path.unlink()
    return True


def foretold(title: str, path: Path) -> str:
    """What the verdict says that the program prints; empty if it is to exit 0."""
    session = new_session()
    question = Question(session.read(path), session.settings.host, "image.tar")
    verdict = READERS[title].judge(question)
    is_refused = verdict.outcome is VerdictOutcome.REJECTS
    assert bool(verdict.message) is is_refused
    return masked(verdict.message or "")


@pytest.mark.parametrize("title", RELEASES)
def test_the_program_ends_as_the_verdict_says(title: str, tmp_path: Path) -> None:
    problem = problem_of(title, tmp_path)
    if problem is not None:
        if os.environ.get("CHECKER_REQUIRE_ENGINES") == "1":
            pytest.fail(problem)
        pytest.skip(problem)
    bench = Bench(tmp_path, "", "")
    path = tmp_path / "image.tar"
    differing = {}
    for number in range(ARCHIVES):
        path.write_bytes(odd_tar(str(number)))
        said = PROGRAMS[title].read(bench, path)
        message = "" if said.accepts else masked(said.message)
        if foretold(title, path) != message:
            differing[number] = message
    assert not differing


def test_the_same_seed_makes_the_same_tar() -> None:
    assert odd_tar("1") == odd_tar("1")
    assert len({odd_tar(str(number)) for number in range(ARCHIVES)}) > ARCHIVES * 0.9
