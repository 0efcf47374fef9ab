"""A sound compressed stream gives no error, whatever the sizes of the pieces."""

from __future__ import annotations

import pytest

from checker.model.compression import CompressionKind
from checker.model.limits import Limits
from checker.reading.compression import Inflater
from checker.testing.tar import compress

KINDS = ["gzip", "bzip2", "xz", "zstd"]
DATA = bytes(range(256)) * 9_000  # about 2.3 MB: several steps of output


@pytest.mark.parametrize("piece", [7_000, 1 << 20])
@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_sound_streams(kind: str, streams: int, piece: int) -> None:
    stored = compress(DATA, kind) * streams
    inflater = Inflater(CompressionKind(kind), Limits())
    out = b"".join(
        part
        for at in range(0, len(stored), piece)
        for part in inflater.feed(stored[at : at + piece])
    )
    found = inflater.finish()
    assert out == DATA * streams
    assert (found.error, found.truncated, found.trailing) == (None, False, None)
    assert found.streams == streams


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_stream(kind: str) -> None:
    stored = compress(DATA, kind)
    inflater = Inflater(CompressionKind(kind), Limits())
    out = b"".join(inflater.feed(stored + b"some more bytes"))
    found = inflater.finish()
    assert out == DATA
    assert (found.error, found.trailing, found.trailing_zeros) == (None, len(stored), False)


@pytest.mark.parametrize(("at", "what"), [(-8, "checksum"), (-4, "length")])
@pytest.mark.parametrize("size", [2_000, 20_000, len(DATA)])
def test_what_came_before_a_wrong_trailer_is_kept(size: int, at: int, what: str) -> None:
    stored = bytearray(compress(DATA[:size], "gzip"))
    stored[at] ^= 1
    inflater = Inflater(CompressionKind.GZIP, Limits())
    out = b"".join(inflater.feed(bytes(stored)))
    found = inflater.finish()
    assert found.error == f"Incorrect {what} found"
    assert out == DATA[:size]
