"""A damaged archive has the same facts, in whatever way and in pieces of what sizes it comes."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.limits import Limits
from checker.reading import ahead as ahead_module
from checker.reading import archive as archive_module
from checker.reading import blob as blob_module
from checker.reading.archive import ReadOptions, read_archive, read_file
from checker.reading.compression import Inflater, detect, regrouped
from checker.reading.ranges import RangedFile, RequestSizes
from checker.session import ArchiveSource, Session
from checker.settings import Settings
from checker.testing.archive import build
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import compress, file, write_tar
from tests.effort import examples
from tests.reading.test_tar_walker import TOKEN, everything

KINDS = ("gzip", "bzip2", "xz", "zstd")
NOISE = random.Random(1).randbytes(700_000)
TAR = write_tar((file("a", "x" * 5000), file("noise", NOISE), file("b", "y" * 300_000)))
STREAMS = {kind: compress(TAR, kind) for kind in KINDS}
SMALL = {kind: compress(write_tar((file("a", "x" * 5000),)), kind) for kind in KINDS}


class Trickle(io.RawIOBase):
    """A file object that gives pieces of the sizes that it is told."""

    def __init__(self, data: bytes, sizes: Iterator[int]) -> None:
        self._rest = io.BytesIO(data)
        self._sizes = sizes

    def read(self, size: int = -1, /) -> bytes:
        return self._rest.read(min(size, next(self._sizes)))


class Damage(NamedTuple):
    """Where in a stream a byte is changed, and where it is cut, as parts of its length."""

    flip: float
    cut: float

    def of(self, data: bytes) -> bytes:
        changed = bytearray(data)
        changed[int(self.flip * (len(data) - 1))] ^= 0x55
        return bytes(changed[: max(20, int(self.cut * len(data)))])


PARTS = st.floats(0, 1)
DAMAGE = st.builds(Damage, flip=PARTS, cut=st.just(1.0) | PARTS)
SIZES = st.lists(st.integers(1, 70_000), min_size=1, max_size=5)


def forever(sizes: list[int]) -> Iterator[int]:
    while True:
        yield from sizes


def facts(archive: Archive) -> tuple[object, ...]:
    tar = archive.tar
    return (archive.compression, tuple(tar.entries), tar.anomalies, tar.size, archive.sha256)


@settings(deadline=None, max_examples=examples(40))
@given(st.sampled_from(KINDS), DAMAGE, SIZES)
def test_pieces_of_any_size(kind: str, damage: Damage, sizes: list[int]) -> None:
    data = damage.of(STREAMS[kind])
    whole = read_file(io.BytesIO(data), "a.tar", ReadOptions())
    pieces = read_file(Trickle(data, forever(sizes)), "a.tar", ReadOptions())
    assert facts(pieces) == facts(whole)


@settings(deadline=None)
@given(st.sampled_from(KINDS), DAMAGE, st.integers(1, 50))
def test_the_smallest_pieces(kind: str, damage: Damage, size: int) -> None:
    data = damage.of(SMALL[kind])

    def inflated(step: int) -> tuple[bytes, object]:
        inflater = Inflater(detect(data), Limits())
        chunks = (data[at : at + step] for at in range(0, len(data), step))
        return b"".join(inflater.inflate(chunks)), inflater.finish()

    assert inflated(size) == inflated(len(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_and_a_pipe(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("streams")
    errors = []
    for number, flip in enumerate((0.2, 0.5, 0.9, 1)):
        data = Damage(flip, 1).of(STREAMS[kind])
        path = folder / f"{number}.tar"
        path.write_bytes(data)
        pipe = folder / f"{number}.pipe"
        os.mkfifo(pipe)
        writer = Thread(target=pipe.write_bytes, args=(data,))
        writer.start()
        piped = read_archive(str(pipe), ReadOptions(), name="a.tar")
        writer.join()
        assert facts(piped) == facts(read_archive(str(path), ReadOptions(), name="a.tar"))
        errors.append(piped.compression.error)
    assert any(errors)


@given(st.lists(st.binary()), st.integers(1, 10))
def test_regrouped(chunks: list[bytes], size: int) -> None:
    found = list(regrouped(chunks, size))
    assert b"".join(found) == b"".join(chunks)
    assert all(len(chunk) == size for chunk in found[:-1])
    assert all(0 < len(chunk) <= size for chunk in found[-1:])


# --- all that is said of an archive

ARCHIVES = tuple(
    (kind, compression)
    for kind in ("docker-archive", "podman-archive", "oci-archive", "multi-platform", "export")
    for compression in ("none", "gzip", "zstd")
)


@cache
def archive_with_programs(kind: str, compression: str) -> bytes:
    program = elf("amd64", "/lib/ld.so", needed=("libc.so.6",), gap=3000)
    layer = (
        file("bin/sh", program, mode=0o755),
        file("etc/passwd", "root:x:0:0::/:/bin/sh\n"),
        file("app/settings.yaml", f"token: {TOKEN}\n".ljust(900)),
    )
    return compress(build(kind, Image(layers=(layer, layer[1:]))).tar(), compression)


def results(session: Session, source: ArchiveSource) -> tuple[Any, ...]:
    """All facts and results, but those by its name, and the digest of the file, which few know."""
    checked = session.check(source, name="archive.tar")
    archive = checked.archive
    assert archive is not None
    return (
        [finding for finding in checked.findings if finding.rule != "ARC014"],
        [verdict._replace(message="") for verdict in checked.verdicts],
        checked.classification,
        archive.compression,
        (archive.damage, archive.raw, archive.limits, archive.crashes),
        (everything(archive.tar), archive.tar.digests),
        {position: facts_of_blob(blob) for position, blob in archive.members.blobs.items()},
    )


def facts_of_blob(blob: Blob) -> tuple[Any, ...]:
    tar = blob.tar
    return (
        (blob.size, dict(blob.digests), blob.inflated_size, blob.diff_id),
        (blob.compression, blob.error, blob.limits, blob.document),
        None if tar is None else (everything(tar), tar.digests),
    )


def sources(data: bytes, path: Path) -> Iterator[ArchiveSource]:
    """The same bytes in each of the ways in which they may arrive."""
    path.write_bytes(data)
    yield path
    yield io.BytesIO(data)
    yield Trickle(data, forever([977]))
    for sizes in (RequestSizes(), RequestSizes(whole=0, first=4, gap=6, stream=600, kept=24)):
        yield RangedFile(lambda at, count: data[at : at + count], len(data), sizes)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("kind", "compression"), ARCHIVES)
def test_the_results_are_the_same_in_any_way(
    kind: str, compression: str, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as large members are read, which these are not."""
    monkeypatch.setattr(blob_module, "_WORTH_A_THREAD", 0)
    monkeypatch.setattr(archive_module, "_WORTH_THREADS", 0)
    monkeypatch.setattr(ahead_module, "WORTH", 1)
    whole = archive_with_programs(kind, compression)
    session = Session(Settings(jobs=jobs))
    chance = random.Random(f"{kind} {compression} {jobs}")
    for turn in range(examples(16)):
        damage = Damage(chance.random(), chance.random() if turn % 2 else 1.0)
        said = [results(session, source) for source in sources(damage.of(whole), tmp_path / "a")]
        assert said[1:] == said[:1] * (len(said) - 1), damage
