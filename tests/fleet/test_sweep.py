"""Sweeps over files of this machine, in this process."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from checker.fleet.dataset import Dataset
from checker.fleet.schema import TABLES, State, Type
from checker.session import Session
from tests.fleet.stock import write_stock
from tests.fleet.sweeping import comparable, findings_of, rows, sweep

ARROW_NAMES = {
    Type.TEXTS: "list<element: string>",
    Type.REAL: "double",
    Type.TIME: "timestamp[us, tz=UTC]",
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stock") / "archives"
    write_stock(folder, 10, 4)
    return folder


@pytest.fixture
def archives(stock: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stock, tmp_path / "archives"))


def states(results: Path) -> dict[str, str]:
    return {Path(row["url"]).name: row["state"] for row in rows(results, "archives")}


def test_the_findings_and_verdicts_are_those_of_a_check(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    assert sweep(capsys, archives, results=tmp_path / "results").code == 1
    session = Session()
    found = rows(tmp_path / "results", "findings")
    verdicts = rows(tmp_path / "results", "verdicts")
    for path in sorted(archives.iterdir()):
        checked = session.check(path)
        mine = [row for row in found if row["url"] == str(path)]
        told = sorted((row["rule"], row["severity"], row["message"]) for row in mine)
        assert told == findings_of(checked)
        given = {
            (row["engine"], row["action"]): row["outcome"]
            for row in verdicts
            if row["url"] == str(path)
        }
        assert given == {(one.engine, one.action): one.outcome for one in checked.verdicts}


def test_what_is_told(
    capsys: Capture, archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = sweep(capsys, archives, results=tmp_path / "results")
    lines = result.out.splitlines()
    assert lines[0].startswith("archives/app-0004.tar: ")
    assert lines[2] == (
        "10 archives found: 8 pass, 2 do not pass, 0 not checked completely, 0 unchanged"
    )
    assert lines[-1].startswith(f"results: {tmp_path}/results; see 'checker sweep report ")
    assert result.err == ""


def test_every_table_has_the_columns_that_are_documented(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    sweep(capsys, archives, results=tmp_path / "results")
    for table, columns in TABLES.items():
        (file,) = Dataset(str(tmp_path / "results")).files(table)
        found = [(field.name, str(field.type)) for field in pq.read_schema(file)]
        assert found == [(one.name, ARROW_NAMES.get(one.type, str(one.type))) for one in columns]


def test_the_lines_are_the_archives_of_the_json_report(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    sweep(capsys, archives / "app-0004.tar", results=tmp_path / "results")
    (file,) = (tmp_path / "results" / "lines").glob("day=*/*.jsonl.gz")
    (line,) = gzip.decompress(file.read_bytes()).splitlines()
    document = json.loads(line)
    checked = Session().check(archives / "app-0004.tar")
    assert document["state"] == "checked"
    assert [one["rule"] for one in document["archive"]["findings"]] == [
        one.rule for one in checked.findings
    ]


def test_archives_that_did_not_change_are_not_read_again(
    capsys: Capture, archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    with monkeypatch.context() as patch:
        patch.setattr(Session, "check", None)
        again = sweep(capsys, archives, results=results)
    assert "0 not checked completely, 10 unchanged" in again.out
    assert "2 of the unchanged ones do not pass" in again.out
    assert again.code == 1
    os.utime(archives / "app-0001.tar", (0, 0))
    changed = sweep(capsys, archives, results=results)
    assert "1 pass, 0 do not pass, 0 not checked completely, 9 unchanged" in changed.out


@pytest.mark.parametrize(
    "options",
    [["--again"], ["--ignore", "HYG"], ["--limit", "entries=1000"]],
    ids=lambda each: each[0],
)
def test_archives_are_read_again_if_settings_change(
    capsys: Capture, archives: Path, tmp_path: Path, options: list[str]
) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    assert "0 unchanged" in sweep(capsys, archives, *options, results=results).out


def test_settings_that_change_no_result_change_nothing(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    again = sweep(capsys, archives, "--jobs", "3", "--color", "never", results=results)
    assert "10 unchanged" in again.out


def test_archives_that_are_gone(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    (archives / "app-0004.tar").unlink()
    assert "1 archive removed since the last sweep" in sweep(capsys, archives, results=results).out
    assert "removed" not in sweep(capsys, archives, results=results).out
    assert rows(results, "archives")[-1]["state"] == State.GONE


def test_other_sources_are_not_gone(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    assert "removed" not in sweep(capsys, archives / "app-0001.tar", results=results).out


def test_an_archive_that_cannot_be_read_harms_no_other(
    capsys: Capture, archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    read = Session.check

    def check(self: Session, source: Any, **options: Any) -> object:
        if str(source).endswith("0001.tar"):
            raise RuntimeError("no such luck")
        if str(source).endswith("0002.tar"):
            return read(self, "/nowhere", **options)
        return read(self, source, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "check", check)
        result = sweep(capsys, archives, results=results)
    assert result.code == 3
    assert "app-0001.tar: not checked completely: RuntimeError: no such luck" in result.out
    assert "app-0002.tar: not checked completely: cannot be read: No such file" in result.out
    assert "2 not checked completely" in result.out
    assert states(results)["app-0001.tar"] == State.FAILED
    assert states(results)["app-0002.tar"] == State.UNREADABLE
    assert "2 pass" in sweep(capsys, archives, results=results).out


def test_an_archive_that_changes_while_it_is_read(
    capsys: Capture, archives: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Session.check

    def check(self: Session, source: Any, **options: Any) -> object:
        checked = read(self, source, **options)
        if str(source).endswith("0001.tar"):
            Path(source).write_bytes(b"another one")
        if str(source).endswith("0002.tar"):
            Path(source).unlink()
        return checked

    monkeypatch.setattr(Session, "check", check)
    result = sweep(capsys, archives, results=tmp_path / "results")
    assert result.code == 3
    assert "it changed while it was read: from " in result.out
    assert states(tmp_path / "results")["app-0001.tar"] == State.CHANGED
    assert states(tmp_path / "results")["app-0002.tar"] == State.CHANGED


def test_names_with_any_characters(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    for name in (b"a b.tar", b"\xff.tar", b"\x1b[31m.tar", "ü\u202e.tar".encode()):
        copy = os.fsdecode(os.fsencode(odd) + b"/" + name)
        shutil.copy(archives / "app-0000.tar", copy)
    results = tmp_path / "results"
    assert sweep(capsys, odd, results=results).code == 0
    assert {Path(row["url"]).name for row in rows(results, "archives")} == {
        *("a b.tar", "\\xff.tar", "\x1b[31m.tar", "ü\u202e.tar")
    }
    assert "4 unchanged" in sweep(capsys, odd, results=results).out


def test_layers_are_read_once(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    shared, apart = tmp_path / "shared", tmp_path / "apart"
    sweep(capsys, archives, "--share-from", 512, results=shared)
    sweep(capsys, archives, "--no-shared-layers", results=apart)
    assert comparable(shared) == comparable(apart)
    known = sum(row["shared_layers"] for row in rows(shared, "archives"))
    assert known > 10
    assert sum(row["shared_layers"] for row in rows(apart, "archives")) == 0


def test_a_layer_that_begins_otherwise_is_read(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, "--share-from", 512, results=results)
    path = archives / "app-0000.tar"
    data = bytearray(path.read_bytes())
    tar = Session().read(path).tar
    last = max(range(len(tar.entries)), key=lambda position: tar.entries.sizes[position])
    data[tar.entries.content(last).offset + 100] ^= 1
    path.write_bytes(data)
    result = sweep(capsys, path, "--share-from", 512, results=results)
    assert result.code == 1
    assert rows(results, "archives")[-1]["errors"] > 0


def test_a_damaged_registry_is_as_good_as_none(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    results, other = tmp_path / "results", tmp_path / "other"
    sweep(capsys, archives, "--share-from", 512, results=results)
    for path in (results / "layers-known").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:20])
    shutil.copytree(results / "layers-known", other / "layers-known")
    sweep(capsys, archives, "--share-from", 512, results=other)
    assert comparable(other, with_sharing=True) == comparable(results, with_sharing=True)


def test_large_archives_are_split_by_layer(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    sweep(capsys, archives, "--no-shared-layers", results=whole)
    sweep(capsys, archives, "--share-from", 512, "--split-from", 1, results=split)
    assert comparable(split) == comparable(whole)
    sound = [row for row in rows(split, "archives") if row["passes"]]
    assert {row["shared_layers"] for row in sound} == {4}


def test_results_that_cannot_be_written(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    result = sweep(capsys, archives / "app-0000.tar", results=tmp_path / "results")
    assert result.code == 3
    assert "the results cannot be written" in result.err
    assert len(result.err.splitlines()) == 1


def test_results_that_cannot_be_read(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives / "app-0000.tar", results=results)
    (file,) = Dataset(str(results)).files("archives")
    Path(file).write_bytes(b"PAR1")
    result = sweep(capsys, archives / "app-0000.tar", results=results)
    assert result.code == 3
    assert f"{file}: cannot be read" in result.err
    assert "remove the file" in result.err


def test_a_batch_without_its_archives_has_not_happened(
    capsys: Capture, archives: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    sweep(capsys, archives, results=results)
    (file,) = Dataset(str(results)).files("archives")
    Path(file).unlink()
    again = sweep(capsys, archives, results=results)
    assert "0 unchanged" in again.out


USAGE = {
    "no source": ([], 2, "no archives are named"),
    "unknown protocol": (["bogus://x"], 2, "bogus"),
    "nothing there": (["/nowhere/at/all"], 3, "/nowhere/at/all: there is nothing by this name"),
    "sizes": (["/tmp", "--split-from", "0"], 2, "--split-from: invalid value 0"),
    "rules": (["/tmp", "--select", "XYZ"], 2, "XYZ"),
    "cluster and workers": (["/tmp", "--scheduler", "tcp://127.0.0.1:1"], 2, "--workers"),
}


@pytest.mark.parametrize(("words", "code", "told"), USAGE.values(), ids=USAGE)
def test_usage(capsys: Capture, tmp_path: Path, words: list[str], code: int, told: str) -> None:
    result = sweep(capsys, *words, results=tmp_path / "results")
    assert result.code == code
    assert told in result.err


def test_no_archives_is_not_a_pass(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = sweep(capsys, tmp_path / "empty", results=tmp_path / "results")
    assert result.code == 3


def test_json_for_programs(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    result = sweep(capsys, archives, "--json", results=tmp_path / "results")
    summary = json.loads(result.out)
    assert (summary["found"], summary["failing"], summary["exit_code"]) == (10, 2, 1)
    (file,) = (tmp_path / "results" / "runs").iterdir()
    assert json.loads(file.read_text()) == {"version": 1, **summary}


def test_settings_reach_the_workers(capsys: Capture, archives: Path, tmp_path: Path) -> None:
    config = tmp_path / "checker.toml"
    config.write_text(
        'ignore = ["HYG"]\n[[waive]]\nrule = "ARC004"\nreason = "known"\nuntil = 2999-01-01\n'
        '[[archive]]\npath = "*0009.tar"\nfail-on = "never"\n'
    )
    results = tmp_path / "results"
    sweep(capsys, archives, "--config", config, results=results)
    found = rows(results, "findings")
    assert not [row for row in found if row["rule"].startswith("HYG")]
    assert {row["waived"] for row in found if row["rule"] == "ARC004"} == {"known"}
    passing = {Path(row["url"]).name: row["passes"] for row in rows(results, "archives")}
    assert passing["app-0009.tar"]
    assert not passing["app-0004.tar"]
