"""Hashes that are begun before anything else is known give the same facts."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from checker.model.archive import Archive
from checker.model.entries import Span
from checker.model.limits import Limits
from checker.reading.archive import ReadOptions, read_archive
from checker.reading.early import EarlyHash, EarlyHashes
from checker.reading.early_inflating import EarlyInflating
from checker.reading.tar.table import Records
from checker.testing import Member, compress, write_tar
from tests.cache.stores import WatchedCache
from tests.compiled_parts import compiled_part, without_part
from tests.effort import combined

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGE = 9 << 20
ENDLESS = 1 << 38
BLOCK = 512
PATIENCE = 60
PREAD = os.pread
PREADV = os.preadv
MANIFEST = Member("manifest.json", b"[]")
LAYER = write_tar([Member("big", os.urandom(LARGE))])
GZIP_LAYER = compress(LAYER, "gzip")
ZSTD_LAYER = compress(LAYER, "zstd")
ZSTD_FRAMES = compress(LAYER[: LARGE // 2], "zstd") + compress(LAYER[LARGE // 2 :], "zstd")
SKIPPABLE = b"\x5e\x2a\x4d\x18" + (20).to_bytes(4, "little") + b"skip" * 5
CHECKED: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
DAMAGED = zstd.compress(LAYER, options=CHECKED)[:-1] + b"x"
NAMED = f"blobs/sha512/{hashlib.sha512(LAYER).hexdigest()}"
ARCHIVES = {
    "a plain layer": [MANIFEST, Member("layer.tar", LAYER)],
    "a compressed layer": [MANIFEST, Member("layer.tar.gz", GZIP_LAYER)],
    "a layer of zstd": [MANIFEST, Member("layer.tar.zst", ZSTD_LAYER)],
    "a layer of several frames": [MANIFEST, Member("x", SKIPPABLE + ZSTD_FRAMES + SKIPPABLE)],
    "a damaged layer of zstd": [MANIFEST, Member("layer.tar.zst", DAMAGED)],
    "a cut layer of zstd": [MANIFEST, Member("layer.tar.zst", ZSTD_LAYER[: LARGE - 512])],
    "data after zstd": [MANIFEST, Member("layer.tar.zst", ZSTD_LAYER + b"more")],
    "zeros after zstd": [MANIFEST, Member("layer.tar.zst", ZSTD_LAYER + bytes(100))],
    "two layers of zstd": [MANIFEST, Member("1", ZSTD_LAYER), Member("2", ZSTD_FRAMES)],
    "two layers": [MANIFEST, Member("1.tar", LAYER), Member("2.tar", LAYER[::-1])],
    "a blob called by its SHA-512": [Member("oci-layout", b"{}"), Member(NAMED, LAYER)],
    "a large file that is no tar": [MANIFEST, Member("x", b"x" * LARGE)],
    "no large member": [MANIFEST],
    "a cut layer": [MANIFEST, Member("layer.tar", LAYER[: LARGE - 512])],
}


@pytest.fixture(params=["the part in C", "two threads"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the file is hashed together with its members."""
    if request.param == "two threads":
        without_part("sha256", monkeypatch)
    else:
        compiled_part("sha256")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.tar"


@pytest.fixture
def opened(path: Path) -> Iterator[int]:
    path.write_bytes(write_tar(ARCHIVES["a plain layer"]))
    file = os.open(path, os.O_RDONLY)
    yield file
    os.close(file)


def facts(archive: Archive) -> list[object]:
    return [
        (
            blob.path,
            blob.size,
            dict(blob.digests),
            list(blob.digests),
            blob.diff_id,
            blob.inflated_size,
            blob.compression,
            blob.limits,
            blob.error,
            blob.tar and (list(blob.tar.entries), blob.tar.anomalies),
        )
        for blob in archive.members.blobs.values()
    ]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def span_of_layer(path: Path) -> Span:
    return Span(path.read_bytes().index(LAYER), len(LAYER))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("name", "jobs", "whole"), combined(list(ARCHIVES), [1, 2], [True, False]))
def test_the_facts_are_the_same(name: str, jobs: int, path: Path, *, whole: bool) -> None:
    path.write_bytes(write_tar(ARCHIVES[name]))
    plain = read_archive(str(path), ReadOptions(jobs=jobs))
    with closing(EarlyHashes(str(path), whole=whole)) as early:
        ahead = read_archive(str(path), ReadOptions(jobs=jobs, early=early))
    assert facts(ahead) == facts(plain)
    assert ahead.sha256 == plain.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.usefixtures("way")
def test_the_whole_file_is_hashed_ahead(opened: int, path: Path) -> None:
    size = path.stat().st_size
    with closing(EarlyHashes(str(path), whole=True)) as early:
        hashing = claimed(early, opened, Span(0, size))
        assert hashing.result() == sha256(path.read_bytes())


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("whole", [True, False])
def test_a_large_member_is_hashed_ahead(opened: int, path: Path, *, whole: bool) -> None:
    with closing(EarlyHashes(str(path), whole=whole)) as early:
        assert claimed(early, opened, span_of_layer(path)).result() == sha256(LAYER)


@pytest.mark.usefixtures("way")
def test_the_file_is_read_once_for_all_hashes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(write_tar(ARCHIVES["two layers"]))
    read: list[Span] = []

    def pread(file: int, count: int, offset: int) -> bytes:
        piece = PREAD(file, count, offset)
        read.append(Span(offset, len(piece)))
        return piece

    def preadv(file: int, buffers: list[memoryview], offset: int) -> int:
        length = PREADV(file, buffers, offset)
        read.append(Span(offset, length))
        return length

    monkeypatch.setattr(os, "pread", pread)
    monkeypatch.setattr(os, "preadv", preadv)
    early = EarlyHashes(str(path), whole=True)
    with path.open("rb") as file:
        whole = claimed(early, file.fileno(), Span(0, path.stat().st_size))
        assert whole.result() == sha256(path.read_bytes())
        for content in (LAYER, LAYER[::-1]):
            span = Span(path.read_bytes().index(content), len(content))
            assert claimed(early, file.fileno(), span).result() == sha256(content)
    early.close()
    large = sorted(span for span in read if span.length >= LARGE // 8)
    assert sum(span.length for span in large) <= path.stat().st_size
    assert all(a.offset + a.length <= b.offset for a, b in pairwise(large))


def claimed(early: EarlyHashes, file: int, span: Span) -> EarlyHash:
    """A hash as soon as it is begun; what is not begun when somebody asks is left to him."""
    end = time.monotonic() + PATIENCE
    while not early._hashes[span].is_begun:
        assert time.monotonic() < end, "it was never begun"
        time.sleep(0.001)
    found = early.claim(file, span)
    assert found is not None
    return found


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("whole", [True, False])
def test_an_archive_that_is_cut_while_it_is_hashed(path: Path, *, whole: bool) -> None:
    spans = write_endless_archive(path)
    with path.open("rb") as file, closing(EarlyHashes(str(path), whole=whole)) as early:
        begun = [claimed(early, file.fileno(), span) for span in spans[not whole :]]
        os.truncate(path, LARGE)
        for hashing in begun:
            with pytest.raises(OSError, match="shorter"):
                hashing.result()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("whole", [True, False])
def test_hashes_that_are_stopped_are_not_given(path: Path, *, whole: bool) -> None:
    spans = write_endless_archive(path)
    early = EarlyHashes(str(path), whole=whole)
    with path.open("rb") as file:
        begun = [claimed(early, file.fileno(), span) for span in spans[not whole :]]
    early.close()
    for hashing in begun:
        with pytest.raises(OSError, match="shorter"):
            hashing.result()
    assert all(hashing.hashed < hashing.span.length for hashing in begun)


def write_endless_archive(path: Path) -> list[Span]:
    """Write an archive that takes minutes to hash and no space; its span and that of its member."""
    header = tarfile.TarInfo("layer.tar")
    header.size = ENDLESS
    with path.open("wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.truncate(ENDLESS + 3 * BLOCK)
    return [Span(0, ENDLESS + 3 * BLOCK), Span(BLOCK, ENDLESS)]


# --- what is decompressed early


@pytest.fixture
def zstd_span(path: Path) -> Span:
    """An archive with a layer of zstd, and where that is."""
    compiled_part("zstd")
    content = write_tar(ARCHIVES["a layer of zstd"])
    path.write_bytes(content)
    return Span(content.index(ZSTD_LAYER), len(ZSTD_LAYER))


def test_a_layer_is_decompressed_ahead(path: Path, zstd_span: Span) -> None:
    with path.open("rb") as file, closing(EarlyHashes(str(path))) as early:
        found = early.claim_inflated(file.fileno(), zstd_span, Limits())
        assert found is not None
        assert b"".join(found.pieces()) == LAYER
        assert found.taken == zstd_span.length
        assert early.claim_inflated(file.fileno(), zstd_span, Limits()) is None


def test_it_is_not_had_with_other_limits_or_of_other_bytes(path: Path, zstd_span: Span) -> None:
    other = zstd_span._replace(length=zstd_span.length - 1)
    with path.open("rb") as file, closing(EarlyHashes(str(path))) as early:
        limits = Limits(inflated=LARGE)
        assert early.claim_inflated(file.fileno(), zstd_span, limits) is None
        assert early.claim_inflated(file.fileno(), other, Limits()) is None
        os.utime(path, (1, 1))
        assert early.claim_inflated(file.fileno(), zstd_span, Limits()) is None


@pytest.mark.parametrize("count", [0, 1])
def test_it_stops_when_it_is_closed(path: Path, zstd_span: Span, count: int) -> None:
    with path.open("rb") as file, closing(EarlyHashes(str(path))) as early:
        found = early.claim_inflated(file.fileno(), zstd_span, Limits())
        assert found is not None
        pieces = found.pieces()
        for _ in range(count):
            next(pieces)
    early.close()


def test_what_is_odd_is_left_to_others(path: Path) -> None:
    compiled_part("zstd")
    path.write_bytes(write_tar(ARCHIVES["a damaged layer of zstd"]))
    span = Span(path.read_bytes().index(DAMAGED), len(DAMAGED))
    with path.open("rb") as file, closing(EarlyHashes(str(path))) as early:
        found = early.claim_inflated(file.fileno(), span, Limits())
        assert found is not None
        with pytest.raises(ValueError, match="checksum"):
            list(found.pieces())


def test_a_known_layer_is_not_decompressed(
    path: Path, zstd_span: Span, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = WatchedCache(tmp_path / "cache")
    expected = read_archive(str(path), ReadOptions(cache=cache))
    monkeypatch.setattr(EarlyInflating, "pieces", None)
    with path.open("rb") as file, closing(EarlyHashes(str(path))) as early:
        again = read_archive(str(path), ReadOptions(early=early, cache=cache))
        assert early.claim_inflated(file.fileno(), zstd_span, Limits()) is None
    assert facts(again) == facts(expected)
    assert cache.found == 1


def test_records_of_what_is_read_again_are_given_back() -> None:
    shared = Records(10)
    shared.take(1)
    one, other = shared.of_one(), shared.of_one()
    assert one.take(3)
    assert other.take(2)
    one.give_back()
    assert one.is_whole
    assert not other.is_whole
    assert shared.take_if_there(7)
    assert not shared.take_if_there(1)


def test_a_known_layer_whose_early_hash_fails_is_hashed_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(write_tar(ARCHIVES["a compressed layer"]))
    cache = WatchedCache(tmp_path / "cache")
    expected = read_archive(str(path), ReadOptions(cache=cache))

    def fail(*_arguments: object) -> int:
        time.sleep(0.5)  # when somebody waits for the hash
        raise OSError(errno.EIO, "it cannot be read")

    monkeypatch.setattr(os, "preadv", fail)
    with closing(EarlyHashes(str(path))) as early:
        again = read_archive(str(path), ReadOptions(early=early, cache=cache))
    assert facts(again) == facts(expected)
    assert not again.crashes


def test_another_file_and_another_stretch_have_none(
    opened: int, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(path.read_bytes())
    span = span_of_layer(path)
    with closing(EarlyHashes(str(other))) as early:
        assert early.claim(opened, span) is None
    with closing(EarlyHashes(str(path))) as early:
        assert early.claim(opened, span._replace(offset=span.offset + 1)) is None


def test_a_file_that_was_written_to_has_none(opened: int, path: Path) -> None:
    with closing(EarlyHashes(str(path))) as early:
        os.utime(path, (1, 1))
        assert early.claim(opened, span_of_layer(path)) is None


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "compressed", "small", "many"])
def test_what_is_no_plain_archive_has_none(kind: str, path: Path) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "compressed":
        path.write_bytes(compress(os.urandom(LARGE), "gzip"))
    elif kind == "small":
        path.write_bytes(write_tar([Member("a", b"x")]))
    elif kind == "many":
        files = [Member(f"f{number}") for number in range(300)]
        path.write_bytes(write_tar([*files, Member("big", b"x" * LARGE)]))
    early = EarlyHashes(str(path))
    early.close()
    assert early.claim(0, Span(512, LARGE)) is None


def test_a_pipe_is_not_even_opened(path: Path) -> None:
    os.mkfifo(path)
    EarlyHashes(str(path)).close()
    # A writer would be let in if somebody had it open.
    with pytest.raises(OSError, match="No such device"):
        os.open(path, os.O_WRONLY | os.O_NONBLOCK)


def test_a_file_that_became_shorter(opened: int) -> None:
    begun = EarlyHash(Span(LARGE, 2 * LARGE), hashlib.sha256())
    begun.compute(opened, lambda: True)
    with pytest.raises(OSError, match="shorter"):
        begun.result()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    begun = EarlyHash(Span(0, LARGE), hashlib.sha256())
    begun.compute(folder, lambda: True)
    os.close(folder)
    with pytest.raises(IsADirectoryError):
        begun.result()


def test_hashing_stops_when_it_is_not_wanted(opened: int) -> None:
    wanted = iter((True, False))
    begun = EarlyHash(Span(0, LARGE), hashlib.sha256())
    begun.compute(opened, lambda: next(wanted))
    with pytest.raises(OSError, match="shorter"):
        begun.result()
