"""Rules that need no digests run while the bytes of an archive are still being hashed."""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

import checker.reading.archive as reading
import checker.reading.early as early_hashing
from benchmarks.one_truth.making import make_archive
from checker import Archive, Check, Finding, Severity
from checker.checks.check import CheckContext
from checker.checks.registry import Registry, Rule
from checker.checks.runner import begin_checks, finish_checks
from checker.model.blob import Blob
from checker.model.content import ContentPlan
from checker.plugins import LoadedPlugins
from checker.reading.early import EarlyHashes
from checker.session import Session
from checker.testing import build, sample
from checker.testing.image import sample_image
from checker.testing.tar import file
from tests.case_files import FILES, some_cases_of, tables
from tests.effort import examples
from tests.sessions import installed, new_session

SEED = 5
RANDOM = examples(200, share=8)
LARGE = 9 << 20
PATIENCE = 30.0
ALL = installed().registry
PLAN = ContentPlan.of([read for rule in ALL for read in rule.reads])


class Watched(Mapping[str, str]):
    """Digests that tell when somebody asks for one."""

    def __init__(self, digests: Mapping[str, str], asked: list[str]) -> None:
        self._digests = digests
        self._asked = asked

    def __getitem__(self, algorithm: str) -> str:
        self._asked.append(algorithm)
        return self._digests[algorithm]

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of layers that are asked for when an archive is read."""
    asked: list[str] = []

    def watched(blob: Blob) -> Blob:
        if blob.tar is None or not len(blob.tar.entries):
            return blob
        digests = Watched(blob.digests, asked)
        inflated = blob.inflated_digests and Watched(blob.inflated_digests, asked)
        return blob._replace(digests=digests, inflated_digests=inflated)

    read_blobs = reading._read_blobs

    def watched_blobs(*of_archive: object) -> dict[int, Blob]:
        blobs: dict[int, Blob] = read_blobs(*of_archive)  # type: ignore[arg-type]
        return {position: watched(blob) for position, blob in blobs.items()}

    monkeypatch.setattr(reading, "_read_blobs", watched_blobs)
    return asked


def assert_not_asked(session: Session, path: Path, asked: list[str]) -> None:
    archive = session.read(path, plan=PLAN)
    asked.clear()
    begun = begin_checks(archive, ALL, CheckContext())
    assert asked == []
    late = {rule.id for rule in ALL} - {rule.id for rule in begun.running}
    assert late >= {"LYR001", "ENG003", "OCI042"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_they_ask_for_none_in_cases_of_every_rule(
    file: Path, asked: list[str], tmp_path: Path
) -> None:
    session = new_session({"jobs": 1})
    for number, case in enumerate(some_cases_of(file)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_not_asked(session, case.build().write(folder), asked)


def test_they_ask_for_none_in_random_archives(asked: list[str], tmp_path: Path) -> None:
    session = new_session({"jobs": 1})
    path = tmp_path / "archive.tar"
    for number in range(RANDOM):
        path.write_bytes(make_archive(f"{SEED}:{number}", tables()).data)
        assert_not_asked(session, path, asked)


def test_those_that_follow_limits_are_late_all_the_same() -> None:
    class Limited(Check):
        id = "LIM001"
        name = "limited"
        severity = Severity.NOTE
        needs_digests = False
        follows_limits = True

    rule = Rule(Limited, "mine")
    archive = reading.read_file(io.BytesIO(sample()), "a.tar", reading.ReadOptions())
    begun = begin_checks(archive, [rule], CheckContext())
    assert not begun.running
    assert [one.rule for one in finish_checks(begun, archive, CheckContext()).results] == ["LIM001"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    image = replace(sample_image(), layers=((file("etc/large", os.urandom(LARGE)),),))
    path.write_bytes(build("docker-archive", image).tar())
    return path


def with_rule(check: type[Check]) -> LoadedPlugins:
    registry = Registry()
    registry.add(check, "mine")
    return installed()._replace(registry=registry)


def pieces_after(event: Event) -> Callable[..., Iterator[bytes]]:
    pieces = early_hashing._pieces

    def waiting(*of_file: object) -> Iterator[bytes]:
        assert event.wait(PATIENCE)
        yield from pieces(*of_file)  # type: ignore[arg-type]

    return waiting


def test_they_run_while_bytes_are_hashed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has_run = Event()

    class Early(Check):
        id = "ERL001"
        name = "early"
        severity = Severity.NOTE
        needs_digests = False

        def check_archive(self, archive: Archive) -> Iterator[Finding]:
            has_run.set()
            yield self.finding(archive, "it has run")

    monkeypatch.setattr(early_hashing, "_pieces", pieces_after(has_run))
    with closing(EarlyHashes(str(path))) as early:
        checked = Session(plugins=with_rule(Early), early=early).check(path)
    assert [one.rule for one in checked.findings] == ["ERL001"]
    assert has_run.is_set()


def broken(_file: int, _count: int) -> bytes:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def cut(_file: int, _count: int) -> bytes:
    return b""


@pytest.mark.parametrize("read", [broken, cut])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("look", [Session.check, Session.classify, Session.read])
def test_what_another_thread_cannot_read_is_read_again(
    look: Callable[[Session, Path], object],
    read: Callable[[int, int], bytes],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    whole: bool,
) -> None:
    with Session(whole_digest=whole, plugins=installed()) as session:
        expected = without_times(look(session, path))
    hashing = hashing_by(read)
    monkeypatch.setattr(early_hashing, "_OneByOne", hashing)
    monkeypatch.setattr(early_hashing, "_hashing_of_both", hashing)
    early = EarlyHashes(str(path), whole=whole)
    with Session(early=early, whole_digest=whole, plugins=installed()) as session:
        assert without_times(look(session, path)) == expected


def hashing_by(read: Callable[[int, int], bytes]) -> type:
    class Hashing(early_hashing._OneByOne):
        def read(self, file: int, stretch: object, _is_wanted: object) -> None:
            assert stretch
            read(file, 1)

    return Hashing


def without_times(found: object) -> str:
    return re.sub(r"seconds=[0-9.e-]+|at 0x[0-9a-f]+", "", repr(found))
