"""A short run over random archives; `make differential` makes longer ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.differential.__main__ import Run
from benchmarks.differential.engines import installed_engines
from benchmarks.differential.making import make_sample
from benchmarks.engines.host import Host

pytestmark = pytest.mark.engines
ARCHIVES = 25


def test_verdicts_agree_with_the_engines(
    walled_host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(installed_engines(), tmp_path / "kept", shows_messages=False)
    for number in range(ARCHIVES):
        run.take(make_sample(f"1:{number}"), walled_host)
    assert run.unexplained == 0, capsys.readouterr().out
