"""A short run over random archives; `make differential` makes longer ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.differential.__main__ import Run
from benchmarks.differential.engines import installed_engines
from benchmarks.differential.making import make_sample
from benchmarks.differential.rootless import rootless_engines, rootless_to_skip
from benchmarks.engines.host import Host
from checker.verdicts import Host as CheckedHost

pytestmark = pytest.mark.engines
ARCHIVES = 25
ROOTLESS_ARCHIVES = 10


def test_verdicts_agree_with_the_engines(
    walled_host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(installed_engines(), tmp_path / "kept", shows_messages=False)
    for number in range(ARCHIVES):
        run.take(make_sample(f"1:{number}"), walled_host)
    assert run.unexplained == 0, capsys.readouterr().out


def test_verdicts_agree_with_rootless_engines(
    walled_host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = rootless_to_skip()
    if reason is not None:
        pytest.skip(reason)
    checked = CheckedHost(storage=walled_host.docker.storage, rootless=True)
    run = Run(rootless_engines(), tmp_path / "kept", shows_messages=False, checked=checked)
    for number in range(ROOTLESS_ARCHIVES):
        run.take(make_sample(f"31:{number}"), walled_host)
    assert run.unexplained == 0, capsys.readouterr().out
