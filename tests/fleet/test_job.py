"""What is sent to workers, and what is said if they do not fit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.fleet_plan import Costs, Fleet, Prices, plan
from checker.cli import main
from checker.errors import SettingsError
from checker.fleet.job import Job, fingerprint, packed, require_version, unpacked
from checker.plugins import load_plugins
from checker.settings import Settings, layered
from checker.settings_file import Origin, read_file

FILE = """\
ignore = ["HYG"]
baseline = "known.json"
[limits]
entries = 1000
[[waive]]
rule = "ARC004"
reason = "known"
until = 2999-01-01
[[archive]]
path = "*.tar"
fail-on = "never"
"""


def settings_of(tmp_path: Path, **over: object) -> Settings:
    path = tmp_path / "checker.toml"
    path.write_text(FILE)
    return layered(read_file(str(path)), Origin("command line", over)).without_baselines()


def test_settings_are_the_same_on_the_worker(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, select=["ARC"])
    found = unpacked(packed(settings))
    assert found.limits.entries == 1000
    assert found.waivers == settings.waivers
    assert found.for_archive("a.tar").fail_on is None
    assert found.baseline is None
    assert found.select == settings.select


def test_a_worker_without_settings() -> None:
    assert unpacked(packed(layered(None, Origin("", {})))) == layered(None, Origin("", {}))


def test_the_fingerprint_follows_what_judges(tmp_path: Path) -> None:
    plugins = load_plugins(())
    usual = fingerprint(settings_of(tmp_path), plugins)
    assert fingerprint(settings_of(tmp_path), plugins) == usual
    assert fingerprint(settings_of(tmp_path, jobs=3, color="never"), plugins) == usual
    assert fingerprint(settings_of(tmp_path, select=["ARC"]), plugins) != usual
    assert fingerprint(settings_of(tmp_path), load_plugins(("checker_hygiene",))) != usual


def test_a_worker_of_another_version() -> None:
    require_version(Job(b"", None))
    with pytest.raises(
        SettingsError, match=r"the worker has archive-checker .*, the sweep 0\.0\.1: "
    ):
        require_version(Job(b"", None, version="0.0.1"))


@pytest.mark.parametrize("library", ["fsspec", "pyarrow"])
def test_without_the_extra(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    library: str,
) -> None:
    with monkeypatch.context() as patch:
        for module in (library, "fsspec.core", "pyarrow.parquet"):
            if module.startswith(library):
                patch.setitem(sys.modules, module, None)
        code = main(["sweep", str(tmp_path), "-o", str(tmp_path / "results"), "--workers", "0"])
    assert code == 2
    told = f"sweep: {library} is not installed; run: pip install 'archive-checker[fleet]'"
    assert capsys.readouterr().err == f"checker: {told}\n"


def test_the_plan_of_a_fleet() -> None:
    costs = Costs(archive_seconds=0.1, byte_seconds=1e-9, layer_reads=2, layer_writes=1)
    fleet = Fleet(archives=1000, size=8 << 20, layers=5, distinct=0.1)
    shared, apart = (plan(fleet, costs, is_shared=each) for each in (True, False))
    assert (shared.reads, shared.writes) == (1000 * 5 * 2 + 100, 1000 * 5 * 0.1 + 1)
    assert shared.fetched == pytest.approx(100 * (8 << 20))
    assert shared.hours == pytest.approx((100 + 100 * (8 << 20) * 1e-9) / 3600)
    assert apart.fetched == pytest.approx(10 * shared.fetched)
    assert shared.price(Prices(read=1, write=10, hour=0)) == pytest.approx(10.1 + 5.01)
