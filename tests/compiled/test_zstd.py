"""The decompressor in C gives what that of the library gives, step by step."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.compression import HEAD_SIZE, Compression, CompressionKind
from checker.model.limits import Limits
from checker.reading.compression import Inflater, LimitError, sound_zstd
from checker.reading.zstd_library import find_library
from tests.compiled_parts import compiled_part, without_part

if TYPE_CHECKING:
    from checker.compiled import zstd
else:
    zstd = compiled_part("zstd")

if sys.version_info >= (3, 14):
    from compression import zstd as library
else:
    from backports import zstd as library

LIBRARY = find_library()
LOG = 27
LARGE = 3 << 20
OTHER = bytes(range(256)) * 8
SKIPPABLE = b"\x5e\x2a\x4d\x18" + (20).to_bytes(4, "little") + b"skip" * 5
Checked = dict[int, int]
CHECKED: Checked = {library.CompressionParameter.checksum_flag: 1}
CONTENTS = st.one_of(
    st.binary(max_size=3000),
    st.binary(max_size=50).map(lambda part: part * 4000),
    st.integers(0, LARGE).map(random.Random(1).randbytes),
    st.integers(0, LARGE).map(bytes),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 70_000), st.sampled_from([1, 7, 512, 32768, 1 << 20])), max_size=40
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A frame, sound or damaged or cut, and what follows it."""
    options: Checked = draw(st.sampled_from([{}, CHECKED]))
    frame = bytearray(library.compress(draw(CONTENTS), options=options))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(frame) - 1))
        frame[place] ^= draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(frame)))
    start = draw(st.sampled_from([bytes(frame), bytes(frame[:cut]), SKIPPABLE + frame]))
    return start + draw(st.binary(max_size=30))


def outcome(decompressor: object, data: bytes, steps: list[tuple[int, int]]) -> list[object]:
    """All that a decompressor says, until it raises or has no more to say."""
    said: list[object] = []
    own = decompressor
    assert isinstance(own, zstd.Decompressor | library.ZstdDecompressor)
    for given_bytes, most in [*steps, (len(data), 1 << 20), *[(0, 1 << 20)] * 8]:
        piece, data = (data[:given_bytes], data[given_bytes:]) if own.needs_input else (b"", data)
        try:
            said.append(own.decompress(piece, most))
        except EOFError:
            said.append("at the end")
            break
        except (ValueError, library.ZstdError) as error:
            said.append(str(error))
            break
        said.append((own.eof, own.needs_input, own.unused_data))
    return said


@given(streams(), STEPS)
def test_each_step_is_that_of_the_library(data: bytes, steps: list[tuple[int, int]]) -> None:
    options: Checked = {library.DecompressionParameter.window_log_max: LOG}
    expected = outcome(library.ZstdDecompressor(options=options), data, steps)
    assert outcome(zstd.Decompressor(LIBRARY, LOG), data, steps) == expected


def inflated(data: bytes, limits: Limits) -> tuple[bytes, Compression | str]:
    inflater = Inflater(CompressionKind.ZSTD, limits)
    found = bytearray()
    try:
        for piece in inflater.inflate([data]):
            found += piece
    except LimitError as error:
        return bytes(found), repr(error.reached)
    return bytes(found), inflater.finish()


@given(st.lists(streams(), min_size=1, max_size=4).map(b"".join), st.integers(10, LOG))
def test_the_facts_of_streams_are_the_same(data: bytes, log: int) -> None:
    limits = Limits(window=1 << log)
    found = inflated(data, limits)
    with pytest.MonkeyPatch.context() as patch:
        without_part("zstd", patch)
        assert inflated(data, limits) == found


def test_what_is_not_fit() -> None:
    own = zstd.Decompressor(LIBRARY, window_log_max=LOG)
    wrong: list[object] = ["text", 1, None]
    for data in wrong:
        with pytest.raises(TypeError):
            own.decompress(data, 10)  # type: ignore[arg-type]
    for most in (0, -1):
        with pytest.raises(ValueError, match="positive"):
            own.decompress(b"", max_length=most)
    with pytest.raises(ValueError, match="Zstandard"):
        zstd.Decompressor(LIBRARY, 1000)
    with pytest.raises(TypeError):
        zstd.Decompressor(LIBRARY, "x")  # type: ignore[arg-type]
    with pytest.raises((MemoryError, OverflowError)):
        own.decompress(b"", sys.maxsize)
    assert own.decompress(memoryview(library.compress(b"abc")), 10) == b"abc"
    assert own.eof
    with pytest.raises(EOFError):
        own.decompress(b"", 10)


def test_threads_never_use_one_at_once() -> None:
    data = library.compress(bytes(64 << 20))
    own = zstd.Decompressor(LIBRARY, LOG)
    own.decompress(data, 1)
    sizes: list[int] = []

    def decompress() -> None:
        while not own.eof:
            try:
                sizes.append(len(own.decompress(b"", 1 << 22)))
            except (RuntimeError, EOFError):
                continue

    threads = [Thread(target=decompress) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sizes) == (64 << 20) - 1


def test_a_file_without_the_library() -> None:
    for file in (__file__, "/nowhere", zstd.__file__):
        with pytest.raises(ImportError):
            zstd.Library(file)
    with pytest.raises(TypeError):
        zstd.Decompressor(object(), LOG)  # type: ignore[arg-type]


# --- a stretch of a file

BOUNDS = (1000, 1 << 20, 1 << 40, 100)
PIECE = 1 << 20


@contextmanager
def inflating(
    data: bytes, bounds: tuple[int, int, int, int] = BOUNDS, log: int = LOG
) -> Iterator[zstd.Inflating]:
    with tempfile.TemporaryFile() as file:
        file.write(b"before" + data + b"behind")
        file.flush()
        own = zstd.Inflating(LIBRARY, file.fileno(), 6, len(data), log, bounds)
        thread = Thread(target=own.run)
        thread.start()
        try:
            yield own
        finally:
            own.close()
            thread.join()


def taken(own: zstd.Inflating) -> list[bytes]:
    found = []
    while (piece := own.take()) is not None:
        found.append(piece)
    return found


@given(st.lists(streams(), min_size=1, max_size=4).map(b"".join))
def test_what_has_no_fault_is_what_the_inflater_gives(data: bytes) -> None:
    content, facts = inflated(data, Limits())
    with inflating(data) as own:
        try:
            pieces = taken(own)
        except ValueError:
            # Only then, as all that is sound must be given.
            assert isinstance(facts, str) or facts.error or facts.trailing is not None
            return
        assert b"".join(pieces) == content
        assert all(len(piece) == PIECE for piece in pieces[:-1])
        assert (own.taken, sound_zstd(data[:HEAD_SIZE], own.streams)) == (len(data), facts)


@pytest.mark.parametrize(
    ("bounds", "problem"),
    [
        ((1000, 1 << 20, PIECE, 100), "output exceeds"),
        ((100, 1 << 20, 1 << 40, 100), "output exceeds"),
        ((1 << 40, 1 << 20, 1 << 40, 2), "frames exceed"),
    ],
)
def test_bounds(bounds: tuple[int, int, int, int], problem: str) -> None:
    data = library.compress(bytes(LARGE)) + library.compress(b"") * 6
    with inflating(data, bounds) as own, pytest.raises(ValueError, match=problem):
        taken(own)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (library.compress(OTHER)[:-1], "cut"),
        (library.compress(OTHER)[:5], "cut"),
        (library.compress(OTHER) + b"and more", "Unknown frame"),
        (library.compress(OTHER) + b"\x28", "cut"),
        (OTHER, "Unknown frame"),
        (library.compress(OTHER, options=CHECKED)[:-1] + b"x", "checksum"),
    ],
)
def test_faults(data: bytes, problem: str) -> None:
    with inflating(data) as own, pytest.raises(ValueError, match=problem):
        taken(own)


def test_a_window_that_is_too_large() -> None:
    options: Checked = {library.CompressionParameter.window_log: 24}
    data = library.compress(random.Random(1).randbytes(LARGE), options=options)
    with inflating(data, log=20) as own, pytest.raises(ValueError, match="too much memory"):
        taken(own)


def test_a_file_that_is_shorter() -> None:
    with tempfile.TemporaryFile() as file:
        own = zstd.Inflating(LIBRARY, file.fileno(), 0, 100, LOG, BOUNDS)
        own.run()
        with pytest.raises(ValueError, match="shorter"):
            taken(own)


def test_a_file_that_cannot_be_read() -> None:
    own = zstd.Inflating(LIBRARY, -1, 0, 100, LOG, BOUNDS)
    own.run()
    with pytest.raises(ValueError, match="cannot be read"):
        taken(own)
    with pytest.raises(RuntimeError):
        own.run()


def test_nothing_is_nothing() -> None:
    with inflating(b"") as own:
        assert taken(own) == []


def test_no_more_waits_than_there_is_room_for() -> None:
    content = random.Random(1).randbytes(PIECE) * 100
    data = library.compress(content, options={library.CompressionParameter.window_log: 10})
    with inflating(data, (1 << 40, 1, 1 << 40, 1)) as own:
        time.sleep(0.3)
        assert own.taken < len(data)
        assert b"".join(taken(own)) == content


def test_it_ends_when_it_is_closed() -> None:
    data = library.compress(bytes(100 * PIECE))
    with inflating(data, (1 << 40, 1, 1 << 40, 1)) as own:
        own.take()
        own.close()
        with pytest.raises(ValueError, match="nobody"):
            taken(own)


def test_a_window_that_no_library_knows() -> None:
    with tempfile.TemporaryFile() as file:
        own = zstd.Inflating(LIBRARY, file.fileno(), 0, 100, 1000, BOUNDS)
        with pytest.raises(ValueError, match="Zstandard"):
            own.run()
        with pytest.raises(ValueError, match="memory"):
            own.take()
