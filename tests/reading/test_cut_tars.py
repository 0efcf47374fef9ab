"""What is told of a tar that is cut: the same in whatever way it arrives, and nothing untrue.

Of what is asked for, that is told whose bytes are all there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.model.archive import Archive
from checker.model.content import ContentPlan
from checker.model.elf import ElfFile
from checker.model.limits import Limits
from checker.model.tar import Tar
from checker.reading import archive as archive_module
from checker.reading import blob as blob_module
from checker.reading.archive import ReadOptions, read_archive, read_file
from checker.reading.ranges import RangedFile, RequestSizes
from checker.reading.tar.header import BLOCK
from checker.testing.archive import build
from checker.testing.elf import Linking, elf
from checker.testing.image import Image
from checker.testing.tar import compress, file, offsets, write_tar
from tests.compiled_parts import without_part
from tests.reading.test_same_facts import Trickle
from tests.reading.test_tar_walker import TOKEN, cut, everything, seek, walk

NEEDED = ("libssl.so.3", "libc.so.6")
FAR = elf("amd64", "/lib/ld.so", needed=NEEDED, gap=3000, linking=Linking(names_gap=5000))
MEMBERS = (
    file("bin/near", elf("amd64", "/lib/ld.so", needed=NEEDED), mode=0o755),
    file("lib/libfar.so.1", FAR),
    file("bin/static", elf("arm64", gap=2000), mode=0o755),
    file("etc/kept", b"kept " * 500),
    file("app/settings.yaml", f"token: {TOKEN}\n".ljust(1500)),
    file("etc/hashed", b"hashed " * 200),
)
TAR = write_tar(MEMBERS)
PLAN = ContentPlan(
    {"etc/kept": 700, "app/settings.yaml": 30},
    executables=100,
    libraries=True,
    secrets=True,
    hashed={"hashed": frozenset({"etc/hashed"})},
)
NEAR = (-513, -1, 0, 1, 20, 64, 99, 100, 101, 600, 700, 1023, 1024, 1025)
CUTS = sorted(
    {
        min(max(at, 1), len(TAR))
        for extent in offsets(MEMBERS)
        for at in (extent.header + BLOCK + near for near in NEAR)
    }
    | set(range(1, len(TAR), 211))
)
WHOLE = walk([TAR], PLAN)


def facts(tar: Tar) -> tuple[Any, ...]:
    return (*everything(tar), tar.digests)


@pytest.fixture(params=["compiled", "python"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        without_part("plain_headers", monkeypatch)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("digests", [False, True])
def test_seeking_and_passing_tell_the_same(*, digests: bool) -> None:
    plan = PLAN._replace(digests=digests)
    for size in CUTS:
        data = TAR[:size]
        expected = facts(walk([data], plan))
        assert facts(seek(data, plan)) == expected, size
        assert facts(seek(data, plan, most=700)) == expected, size
        assert facts(walk(cut(data, 500), plan)) == expected, size


def test_what_is_told_is_true_of_the_whole_file() -> None:
    told: set[tuple[int, bool]] = set()
    for size in CUTS:
        tar = seek(TAR[:size], PLAN)
        for position, content in tar.contents.items():
            assert WHOLE.contents[position].startswith(content), size
        assert tar.digests.items() <= WHOLE.digests.items(), size
        for position, program in tar.elf_files.items():
            whole = WHOLE.elf_files[position]
            assert program in (whole, *partial(whole)), size
            told.add((position, program == whole))
    assert told == {(0, True), (1, False), (1, True), (2, True)}


def partial(whole: ElfFile) -> tuple[ElfFile, ElfFile]:
    """What can be told of a file whose header is there, without and with the name of its loader."""
    start = ElfFile(whole.machine, whole.kind, needed=None)
    return start, start._replace(interpreter=whole.interpreter)


def test_first_bytes_are_told_when_they_are_there() -> None:
    """Also those of a file that is searched for secrets, for which all of it is needed."""
    for member, extent in zip(MEMBERS, offsets(MEMBERS), strict=True):
        kept = PLAN.paths.get(member.name, 0)
        start = extent.header + BLOCK
        without, with_them = (walk([TAR[:size]], PLAN) for size in (start + kept - 1, start + kept))
        if kept:
            assert with_them.contents.keys() - without.contents.keys() == {len(without.entries) - 1}


def test_a_limit_that_is_reached_in_a_file_that_is_cut() -> None:
    for names in (150, 200, 260):
        limits = Limits(names=names)
        for size in CUTS:
            expected = facts(walk([TAR[:size]], PLAN, limits))
            assert facts(seek(TAR[:size], PLAN, limits)) == expected, (names, size)


def archives(data: bytes, folder: Path, jobs: int) -> Iterator[Archive]:
    """What is read of an archive in each of the ways in which it may arrive."""
    options = ReadOptions(plan=PLAN, jobs=jobs)
    path = folder / "a.tar"
    path.write_bytes(data)
    yield read_archive(str(path), options, name="a.tar")
    yield read_file(io.BytesIO(data), "a.tar", options)
    yield read_file(Trickle(data, iter(lambda: 977, None)), "a.tar", options)
    for sizes in (RequestSizes(), RequestSizes(whole=0, first=4, gap=6, stream=600, kept=24)):
        ranges = RangedFile(lambda at, count: data[at : at + count], len(data), sizes)
        yield read_file(ranges, "a.tar", options)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_root_filesystem_in_any_way(tmp_path: Path, jobs: int) -> None:
    for size in CUTS[::9]:
        data = TAR[:size]
        expected = facts(walk([data], PLAN))
        for compression in ("none", "gzip", "zstd"):
            for read in archives(compress(data, compression), tmp_path, jobs):
                assert facts(read.tar) == expected, (compression, size)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_layer_in_any_way(
    compression: str, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_module, "_WORTH_A_THREAD", 0)
    monkeypatch.setattr(archive_module, "_WORTH_THREADS", 0)
    for size in CUTS[4::20]:
        data = TAR[:size]
        expected = facts(walk([data], PLAN))
        image = Image(layers=(data, TAR), compression=compression)
        archive = build("docker-archive", image).tar()
        for read in archives(archive, tmp_path, jobs):
            first, second = (layer.blob for layer in read.images[0].layers)
            assert first is not None
            assert first.tar is not None
            assert second is not None
            assert second.tar is not None
            assert facts(first.tar) == expected, size
            assert facts(second.tar) == facts(WHOLE)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_layer_at_the_end_of_an_archive_that_is_cut(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_module, "_WORTH_A_THREAD", 0)
    members = build("docker-archive", Image(layers=(TAR,))).members
    layer_last = sorted(members, key=lambda member: member.name.endswith("layer.tar"))
    archive = write_tar(layer_last)
    start = offsets(layer_last)[-1].header + BLOCK
    for size in CUTS[2::12]:
        expected = facts(walk([TAR[:size]], PLAN))
        for read in archives(archive[: start + size], tmp_path, jobs):
            assert facts(last_tar(read)) == expected, size


def last_tar(archive: Archive) -> Tar:
    blob = archive.members.blobs[len(archive.tar.entries) - 1]
    assert blob.tar is not None
    return blob.tar
