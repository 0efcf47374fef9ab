"""A damaged archive has the same facts, whatever the sizes of the pieces in which it comes."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from threading import Thread
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.archive import Archive
from checker.model.limits import Limits
from checker.reading.archive import ReadOptions, read_archive, read_file
from checker.reading.compression import Inflater, detect, regrouped
from checker.testing.tar import compress, file, write_tar
from tests.effort import examples

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
