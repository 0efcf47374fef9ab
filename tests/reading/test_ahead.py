"""Layers of a stream are read while it comes, with what they would show at its end."""

from __future__ import annotations

import gzip
import io
import os
import threading
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from benchmarks.one_truth.making import make_archive
from checker.errors import UnreadableError
from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.plugins import LoadedPlugins, load_plugins
from checker.reading import ahead as ahead_module
from checker.reading.ahead import LayersAhead
from checker.reading.source import TarContent, open_file
from checker.session import Session
from checker.testing.elf import elf
from checker.testing.tar import compress, directory, file, write_tar
from tests.cache.stores import result_of
from tests.case_files import sampled_cases, tables
from tests.effort import examples, part

NEVER = 1 << 60


@pytest.fixture(scope="module")
def plugins() -> LoadedPlugins:
    return load_plugins()


def noise(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size)


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The members that were read ahead and wanted."""
    found: list[int] = []
    claim = LayersAhead.claim

    def watched(self: LayersAhead, position: int) -> Any:
        blob = claim(self, position)
        if blob is not None:
            found.append(position)
        return blob

    monkeypatch.setattr(LayersAhead, "claim", watched)
    return found


Compare = Callable[[bytes], None]


@pytest.fixture
def compare(plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compares what is said of a stream with and without reading ahead."""

    def run(data: bytes) -> None:
        session = Session(plugins=plugins)
        monkeypatch.setattr(ahead_module, "WORTH", NEVER)
        expected = result_of(session, io.BytesIO(data))
        monkeypatch.setattr(ahead_module, "WORTH", 1)
        assert result_of(session, io.BytesIO(data)) == expected

    return run


def test_the_cases(compare: Compare, claimed: list[int]) -> None:
    cases = sampled_cases(examples(320, share=8))
    for case in cases:
        data = case.build().data
        if data is not None:
            compare(data)
    assert len(claimed) > len(cases) // 4


def test_random_archives(compare: Compare, claimed: list[int]) -> None:
    for number in range(examples(160, share=8)):
        compare(make_archive(f"ahead-{number}", tables()).data)
    assert claimed


LAYERS = (
    write_tar([directory("bin"), file("bin/sh", elf(needed=("libc.so.6",)), mode=0o755)]),
    compress(write_tar([file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")]), "gzip"),
    write_tar([file("noise", noise(9 << 20)), file("bin/ls", elf(), mode=0o755)]),
    compress(
        write_tar([file("noise", noise(7 << 20)), file("bin/cat", elf(), mode=0o755)]), "zstd"
    ),
)
IMAGE = write_tar(
    [
        directory("blobs"),
        *(file(f"blobs/{number}", layer) for number, layer in enumerate(LAYERS)),
        file("index.json", "{}"),
    ]
)


DAMAGES = ("none", "cut", "cut-early", "flipped", "without-end", "text")


@pytest.mark.parametrize(
    ("damage", "pack"),
    [
        (damage, pack)
        for turn, damage in enumerate(DAMAGES)
        for pack in part([bytes, gzip.compress], turn, share=2)
    ],
)
def test_large_layers(
    compare: Compare, claimed: list[int], pack: Callable[[bytes], bytes], damage: str
) -> None:
    """Also of archives whose damage is looked for in the copy, of which parts are released."""
    middle = len(IMAGE) * 2 // 3
    damaged = {
        "none": IMAGE,
        "cut": IMAGE[: len(IMAGE) - (2 << 20)],
        "cut-early": IMAGE[:middle],
        "flipped": IMAGE[:middle] + b"\xff" * 2048 + IMAGE[middle + 2048 :],
        "without-end": IMAGE[:-1024],
        "text": b"a line\n" + IMAGE,
    }[damage]
    compare(pack(damaged))
    assert bool(claimed) == (damage != "text")


def test_the_copy_takes_less_space_than_the_stream() -> None:
    layers = [write_tar([file("noise", noise(12 << 20, seed))]) for seed in range(4)]
    members = [file(f"blobs/{number}", layer) for number, layer in enumerate(layers)]
    # The last one that is begun may not be complete when the stream ends.
    data = write_tar([directory("blobs"), *members, file("rest", noise(4 << 20))])
    reader = LayersAhead("x", ContentPlan(), Limits(), None)
    opened = open_file(io.BytesIO(data), "x", ContentPlan(), Limits(), ahead=reader)
    assert isinstance(opened.content, TarContent)
    assert opened.content.size == len(data)
    assert os.fstat(opened.content.descriptor()).st_blocks * 512 < len(data) * 3 // 4
    opened.content.close()


def test_root_filesystems_are_not_read(claimed: list[int], plugins: LoadedPlugins) -> None:
    names = ("bin", "etc", "usr", "var", "lib", "tmp")
    members = [*map(directory, names), file("usr/data", noise(2 << 20))]
    Session(plugins=plugins).run([io.BytesIO(write_tar(members))])
    assert claimed == []


class Broken(io.RawIOBase):
    """A stream that fails after some bytes."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        piece = self._rest.read(size)
        if not piece:
            raise OSError(5, "Input/output error")
        return piece


def test_a_stream_that_fails_leaves_no_thread() -> None:
    before = threading.active_count()
    reader = LayersAhead("x", ContentPlan(), Limits(), None)
    with pytest.raises(UnreadableError):
        open_file(Broken(IMAGE[:-2000]), "x", ContentPlan(), Limits(), ahead=reader)
    assert threading.active_count() <= before


def test_it_ends_in_the_middle_of_a_layer() -> None:
    """As at Ctrl-C: nothing is found in a layer that is not read to its end."""
    reader = LayersAhead("x", ContentPlan(), Limits(), None)

    class Interrupted(Broken):
        def read(self, size: int = -1, /) -> bytes:
            if self._rest.tell() > 10 << 20:
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt):
        open_file(Interrupted(IMAGE), "x", ContentPlan(), Limits(), ahead=reader)
    assert reader._thread is None
    assert set(reader._blobs) <= {3}


def test_what_fails_ahead_is_read_at_the_end(
    compare: Compare, claimed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ValueError

    monkeypatch.setattr(ahead_module, "read_blob", fail)
    compare(IMAGE)
    assert claimed == []


def test_shared_limits_are_reached_as_before(
    plugins: LoadedPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [
        write_tar([file(f"{number}/{'n' * 200}{each}", "x") for each in range(300)])
        for number in range(3)
    ]
    blobs = [file(f"blobs/{number}", layer) for number, layer in enumerate(layers)]
    data = write_tar([directory("blobs"), *blobs, file("index.json", "{}")])
    for limit in ({"records": 200}, {"records": 700}, {"entries": 100}, {"spool": 300_000}):
        session = Session({"limits": limit, "jobs": 1}, plugins=plugins)
        monkeypatch.setattr(ahead_module, "WORTH", NEVER)
        expected = result_of(session, io.BytesIO(data))
        monkeypatch.setattr(ahead_module, "WORTH", 1)
        assert result_of(session, io.BytesIO(data)) == expected
