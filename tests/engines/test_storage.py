"""Layers that end otherwise on overlays than on vfs, loaded by the engines on both."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from benchmarks.differential.comparing import compare
from benchmarks.differential.engines import installed_engines
from benchmarks.differential.making import Sample
from benchmarks.engines.host import Host
from checker.testing.cases import Case

pytestmark = pytest.mark.engines
FILE = Path(__file__).parents[1] / "cases" / "engines" / "storage.toml"
LOADS = ("docker-20.10 load", "podman-4 load")


def test_layers_end_as_the_verdicts_say(walled_host: Host) -> None:
    engines = [each for each in installed_engines() if each.title in LOADS]
    differences = []
    for number, case in enumerate(tomllib.loads(FILE.read_text("utf-8"))["case"]):
        table = {"base": "docker-archive", "layers": case["layers"]}
        folder = walled_host.folder / f"case{number}"
        folder.mkdir()
        path = Case("", "", "storage", "pass", {}, (), FILE, table).build().write(folder)
        sample = Sample(case["name"], table, (), path.read_bytes())
        differences += [
            each
            for each in compare(sample, path, engines, walled_host)
            if each.differs_in_words or not each.is_outcome_same
        ]
    assert not differences
