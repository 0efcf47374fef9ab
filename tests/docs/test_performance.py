"""The page on performance: it agrees with the record, and the plots are there."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from benchmarks.performance.archives import write_bytes_archive, write_entries_archive
from benchmarks.performance.page import page
from benchmarks.performance.plots import FOLDER, names
from benchmarks.performance.record import (
    CHECKER,
    FLOOR,
    MOST_LOAD,
    RECORD,
    read_performance,
    write_performance,
)
from checker import Kind, check

LARGEST = 300_000
RECORDED = read_performance()
TEXT = RECORD.with_suffix(".md").read_text("utf-8")
BUSY = "only the ratios say something"


def test_the_page_agrees_with_the_record() -> None:
    assert page(RECORDED) == TEXT


def test_the_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_performance(RECORDED, path)
    assert read_performance(path) == RECORDED
    assert path.read_text("utf-8") == RECORD.read_text("utf-8")


def test_every_archive_is_measured_with_the_checker_and_the_baseline() -> None:
    rows = (*RECORDED.contents, *RECORDED.by_bytes, *RECORDED.by_entries)
    assert rows
    for row in rows:
        assert {CHECKER, FLOOR} <= row.figures.keys()
        assert all(figure.runs >= 1 and figure.peak_bytes > 0 for figure in row.figures.values())


@pytest.mark.parametrize(("load", "is_busy"), [(0.0, False), (MOST_LOAD, False), (1.0, True)])
def test_a_run_on_a_busy_machine_says_so(*, load: float, is_busy: bool) -> None:
    assert (BUSY in page(RECORDED._replace(load=load))) is is_busy


@pytest.mark.parametrize("name", names())
def test_plots_are_there_and_small(name: str) -> None:
    path = FOLDER / name
    assert path.stat().st_size < LARGEST
    if path.suffix == ".png":
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        assert f"performance/{name}" in TEXT
    else:
        words = "".join(map(str, etree.fromstring(path.read_bytes()).itertext()))
        assert CHECKER in words


def test_no_plot_is_left_over() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(names())


@pytest.mark.parametrize(
    ("write", "amount", "entries"),
    [
        (write_bytes_archive, 0, 1),
        (write_bytes_archive, 512, 1),
        (write_bytes_archive, 3_000_001, 1),
        (write_entries_archive, 1, 2),
        (write_entries_archive, 1001, 1004),
    ],
)
def test_archives_that_are_measured_are_sound(
    write: Callable[[Path, int], None], amount: int, entries: int, tmp_path: Path
) -> None:
    path = tmp_path / "image.tar"
    write(path, amount)
    with tarfile.open(path) as archive:
        layer = archive.getmembers()[-1]
        stream = archive.extractfile(layer)
        assert stream is not None
        assert f"{hashlib.sha256(stream.read()).hexdigest()}.tar" == layer.name
        stream.seek(0)
        with tarfile.open(fileobj=stream) as inner:
            assert len(inner.getmembers()) == entries
    checked = check(str(path))
    assert checked.archive is not None
    assert checked.archive.kind is Kind.DOCKER_ARCHIVE
    assert {one.rule[:3] for one in checked.findings} <= {"HYG", "CFG", "RFS"}
