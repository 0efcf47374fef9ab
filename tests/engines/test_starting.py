"""Whether containers start, as the checker says and as they really do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import classify
from checker.testing import build
from tests.starting.roots import LOOKALIKES, UNKNOWN, Case, cases, programs_of_host

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines

CASES = cases(programs_of_host() or LOOKALIKES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_container_starts_or_does_not(case: Case, taker_host: Host, tmp_path: Path) -> None:
    archive = tmp_path / "t.tar"
    archive.write_bytes(build("docker-archive", case.image).tar())
    (start,) = classify(archive).starts
    assert start.answer == case.answer, start.text
    assert case.says in start.text
    taker_host.must("docker", "load", "-i", archive)
    done = taker_host.run("docker", "run", "--rm", "--network", "none", "t:1")
    if case.answer != UNKNOWN:
        assert (done.returncode == 0) == (case.answer == "yes"), f"{start.text}\n{done.stderr}"
