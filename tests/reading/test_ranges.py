"""Files that are read by ranges: the same results as of a file, in few requests."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import UnreadableError
from checker.model.blob import Blob
from checker.reading.blob import Task
from checker.reading.ranges import RangedFile, RequestSizes
from checker.session import Session
from checker.testing import KINDS, Image, Member, build, compress, sample, sample_image, write_tar
from tests.sessions import installed, new_session

SMALL = RequestSizes(whole=8, first=4, gap=6, stream=16, kept=24)
NO_WHOLE = RequestSizes(whole=0)


def ranged(data: bytes, sizes: RequestSizes | None = None) -> RangedFile:
    return RangedFile(lambda offset, count: data[offset : offset + count], len(data), sizes)


@given(
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 220), st.integers(0, 220), st.booleans()), max_size=20),
)
def test_any_range_is_that_of_the_file(data: bytes, reads: list[tuple[int, int, bool]]) -> None:
    file = ranged(data, SMALL)
    for offset, count, is_stream in reads:
        found = b"".join(file.stream(offset, count)) if is_stream else file.read_at(offset, count)
        assert found == data[offset : offset + count]


@given(st.binary(max_size=200), st.lists(st.integers(0, 220), min_size=1, max_size=50))
def test_what_is_kept_is_bounded(data: bytes, offsets: list[int]) -> None:
    file = ranged(data, SMALL)
    for offset in offsets:
        file.read_some(offset, 4)
    kept = [len(window.data) for window in file._windows.values()]
    assert sum(kept) <= SMALL.kept or len(kept) == 1


def test_it_is_a_file_object() -> None:
    file = ranged(b"0123456789")
    assert (file.read(4), file.read(), file.read(1)) == (b"0123", b"456789", b"")


def test_a_small_file_is_fetched_at_once() -> None:
    data = bytes(5000)
    file = ranged(data)
    assert file.read_at(4000, 1000) == data[4000:]
    assert file.read_at(0, 100) == data[:100]
    assert (file.requests, file.fetched) == (1, 5000)


def test_headers_are_read_without_the_content_of_large_members() -> None:
    members = [Member(f"file-{number}", bytes(3 << 20)) for number in range(4)]
    data = write_tar(members)
    file = ranged(data)
    archive = new_session().read(file, name="root.tar")
    assert [entry.name for entry in archive.tar.entries] == [member.name for member in members]
    assert file.requests <= 6
    assert file.fetched < 1 << 20


def test_each_layer_is_fetched_once() -> None:
    layers = tuple(
        write_tar([Member(f"data-{number}", bytes([number]) * (9 << 20))]) for number in range(2)
    )
    data = build("docker-archive", Image(layers=layers)).tar()
    file = ranged(data)
    checked = new_session().check(file, name="app.tar")
    assert checked.archive is not None
    assert checked.archive.images[0].layers[1].blob is not None
    assert file.fetched < len(data) + (1 << 20)
    assert file.requests <= 12


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "oci-layout"])
def test_the_results_are_those_of_a_file(tmp_path: Path, kind: str, compression: str) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(compress(sample(kind), compression))
    of_file = new_session().check(path, name="archive.tar")
    for sizes in (None, NO_WHOLE, SMALL):
        found = new_session().check(ranged(path.read_bytes(), sizes), name="archive.tar")
        assert found.findings == of_file.findings
        assert found.verdicts == of_file.verdicts
        assert found.classification == of_file.classification


def test_a_damaged_archive_is_examined(tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(b"Loaded image\n" + sample("docker-archive"))
    of_file = new_session().check(path, name="archive.tar")
    found = new_session().check(ranged(path.read_bytes(), NO_WHOLE), name="archive.tar")
    assert found.archive is not None
    assert found.archive.damage is not None
    assert found.findings == of_file.findings


def test_what_cannot_be_fetched_is_an_error() -> None:
    def fetch(_offset: int, _count: int) -> bytes:
        raise OSError(errno.EIO, "Slow Down")

    with pytest.raises(UnreadableError, match="Slow Down"):
        new_session().check(RangedFile(fetch, 10_000), name="s3://bucket/app.tar")


class Remembered:
    """Remembers blobs by their digest, which is known by their path."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.found: list[str] = []

    def find(self, task: Task) -> Blob | None:
        if task.path in self.blobs:
            self.found.append(task.path)
        return self.blobs.get(task.path)

    def add(self, task: Task, blob: Blob) -> None:
        if blob.document is None:
            self.blobs[task.path] = blob


def test_what_is_known_of_a_blob_is_not_read_again() -> None:
    data = build("oci-archive", sample_image()).tar()
    known = Remembered()
    session = Session(known=known, plugins=installed())
    first = session.check(ranged(data), name="a.tar")
    again = session.check(ranged(data), name="a.tar")
    assert set(known.found) == set(known.blobs) != set()
    assert again.findings == first.findings
    assert again.verdicts == first.verdicts


def test_known_blobs_are_placed_in_the_archive_that_has_them() -> None:
    data = build("oci-archive", sample_image()).tar()
    session = Session(known=Remembered(), plugins=installed())
    session.read(ranged(data), name="a.tar")
    archive = session.read(ranged(data), name="b.tar")
    assert {blob.location.archive for blob in archive.members.blobs.values()} == {"b.tar"}
