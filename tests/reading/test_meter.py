"""Progress by bytes: what is counted, by which thread, and what is told of it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.reading import meter as module
from checker.reading.archive import ReadOptions, read_archive, read_file
from checker.reading.early import EarlyHashes
from checker.reading.meter import SILENT, Meter, Reached
from checker.reading.opened import open_archive
from checker.testing import build, compress
from checker.testing.tar import file, write_tar

LARGE = 12 << 20


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece is told."""
    monkeypatch.setattr(module, "_INTERVAL", 0.0)


def root(size: int = LARGE) -> bytes:
    return write_tar(
        [file("bin/sh", b"#!", mode=0o755), file("etc/passwd", b""), file("srv/data", bytes(size))]
    )


def image(size: int = LARGE) -> bytes:
    built = build("docker-archive")
    return write_tar([*built.members, file("large", os.urandom(1 << 16) * (size >> 16))])


def told_of(read: Callable[[ReadOptions], object], jobs: int = 1) -> list[Reached]:
    told: list[Reached] = []
    read(ReadOptions(meter=Meter("a.tar", told.append), jobs=jobs))
    assert told
    return told


def in_between(told: list[Reached]) -> list[Reached]:
    """What was told within a pass, neither at its beginning nor at its end."""
    return [each for each in told if 0 < each.done < (each.total or each.done + 1)]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_member_is_told_while_it_is_read(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(image())
    told = told_of(lambda options: read_archive(str(path), options), jobs)
    assert "large" in {each.part for each in in_between(told)}
    assert told[-1].done == told[-1].total


@pytest.mark.usefixtures("at_once")
def test_members_that_are_hashed_early_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(image())
    early = EarlyHashes(str(path))
    told = told_of(lambda options: read_archive(str(path), options._replace(early=early)))
    early.close()
    assert sum(each.done for each in told if each.part == "large") >= LARGE


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("algorithm", ["gzip", "bzip2", "xz", "zstd"])
def test_a_compressed_root_is_told_by_its_compressed_bytes(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "a.tar.compressed"
    # Data that cannot be compressed, so that there are several pieces.
    content = b"".join(os.urandom(1 << 20) for _ in range(3))
    tar = write_tar([file("bin/sh", content, mode=0o755), file("etc/passwd", b"")])
    path.write_bytes(compress(tar, algorithm))
    told = told_of(lambda options: read_archive(str(path), options))
    sizes = {each.total for each in in_between(told)}
    assert sizes == {path.stat().st_size}


@pytest.mark.usefixtures("at_once")
def test_a_plain_root_is_told_by_its_position(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    members = [file(f"srv/{number}", bytes(1 << 20)) for number in range(8)]
    path.write_bytes(write_tar([file("bin/sh", b"#!", mode=0o755), *members]))
    told = told_of(lambda options: read_archive(str(path), options._replace(whole_digest=False)))
    assert {each.total for each in in_between(told)} == {path.stat().st_size}


@pytest.mark.usefixtures("at_once")
def test_a_pipe_has_no_total(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = root()
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    told = told_of(lambda options: read_archive(str(pipe), options))
    writer.join()
    assert [each for each in told if each.total is None and 0 < each.done <= len(data)]


@pytest.mark.usefixtures("at_once")
def test_a_file_object_has_no_total() -> None:
    data = root()
    told = told_of(lambda options: read_file(io.BytesIO(data), "a.tar", options))
    assert max(each.done for each in told if each.total is None) == len(data)


@pytest.mark.usefixtures("at_once")
def test_the_files_of_a_directory_are_told(tmp_path: Path) -> None:
    build("rootfs").write_directory(tmp_path / "root")
    told = told_of(lambda options: read_archive(str(tmp_path / "root"), options))
    assert {"etc/passwd", "bin"} <= {each.part for each in told}


@pytest.mark.usefixtures("at_once")
def test_an_archive_in_an_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(write_tar([file("inner.tar.gz", compress(image(), "gzip"))]))
    told: list[Reached] = []
    options = ReadOptions(meter=Meter("a.tar", told.append))
    with open_archive(str(path), "a.tar", options) as opened:
        assert opened.steps
    assert "large" in {each.part for each in told}


@pytest.mark.usefixtures("at_once")
def test_a_total_is_never_exceeded(tmp_path: Path) -> None:
    for name, data in (("cut", image()[:-LARGE]), ("whole", image()), ("root", root())):
        path = tmp_path / name
        path.write_bytes(data)
        told = told_of(lambda options, path=path: read_archive(str(path), options), 2)  # type: ignore[misc]
        assert all(each.total is None or 0 <= each.done <= each.total for each in told)


def test_it_is_told_rarely() -> None:
    told: list[Reached] = []
    meter = Meter("a", told.append)
    meter.begin(None)
    for _ in range(10_000):
        meter.count(1, "")
    assert len(told) < 100
    meter.end()
    assert told[-1] == Reached("a", "", 10_000, 10_000)


def test_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_INTERVAL", 0.0)
    inside = threading.Lock()
    counts: list[int] = []

    def tell(reached: Reached) -> None:
        assert inside.acquire(blocking=False)
        counts.append(reached.done)
        inside.release()

    meter = Meter("a", tell)

    def work() -> None:
        for _ in range(500):
            meter.count(1, "")

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counts == list(range(1, 2001))


@pytest.mark.usefixtures("at_once")
def test_what_is_raised_once_ends_all_reading() -> None:
    def stop(_reached: Reached) -> None:
        raise LookupError("enough")

    meter = Meter("a", stop)
    for use in (
        lambda: meter.count(1, ""),
        lambda: list(meter.counted(iter([b"a"]))),
        meter.check,
        meter.end,
    ):
        with pytest.raises(LookupError, match="enough"):
            use()


def test_silence_costs_nothing() -> None:
    def read(_offset: int, _count: int) -> bytes:
        return b""

    chunks = iter([b"a"])
    assert SILENT.counted(chunks) is chunks
    assert SILENT.read(read, 1) is read
