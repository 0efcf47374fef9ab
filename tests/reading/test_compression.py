"""Decompression: streams of every kind, what is odd about them, and bombs."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.compression import NOT_COMPRESSED, Compression, CompressionKind, Part
from checker.model.limits import MIB, LimitReached, Limits
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from tests.effort import examples

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterable

GZIP, BZIP2, XZ, ZSTD = (
    CompressionKind.GZIP,
    CompressionKind.BZIP2,
    CompressionKind.XZ,
    CompressionKind.ZSTD,
)
TEXT = b"All work and no play makes Jack a dull boy. " * 50
OTHER = bytes(range(256)) * 8
SKIPPABLE = b"\x5e\x2a\x4d\x18" + (20).to_bytes(4, "little") + b"skip" * 5
EMPTY_SKIPPABLE = b"\x50\x2a\x4d\x18" + bytes(4)
PIECES = (1, 3, 100, 1 << 20)


def compress(kind: CompressionKind, data: bytes) -> bytes:
    if kind is GZIP:
        return gzip.compress(data, mtime=0)
    if kind is BZIP2:
        return bz2.compress(data)
    if kind is XZ:
        return lzma.compress(data)
    return zstd.compress(data)


COMPRESSED = {kind: compress(kind, TEXT) for kind in (GZIP, BZIP2, XZ, ZSTD)}


def inflate(
    data: bytes, piece: int = 1 << 20, limits: Limits | None = None
) -> tuple[bytes, Compression]:
    inflater = Inflater(detect(data[:8]), limits or Limits())
    output = bytearray()
    for at in range(0, len(data), piece):
        for part in inflater.feed(data[at : at + piece]):
            assert 0 < len(part) <= MIB
            output += part
    return bytes(output), inflater.finish()._replace(head=b"")


def sound(kind: CompressionKind, streams: int = 1, **facts: object) -> Compression:
    return Compression(kind=kind, streams=streams, **facts)  # type: ignore[arg-type]


# --- which compression


@pytest.mark.parametrize("kind", COMPRESSED)
def test_the_magic_is_told(kind: CompressionKind) -> None:
    assert detect(COMPRESSED[kind][:8]) is kind


@pytest.mark.parametrize(
    "head",
    [b"", b"\x1f\x8b", b"\x1f\x8b\x07", b"BZ", b"\xfd7zXZ", b"\x28\xb5\x2f", b"PK\3\4", b"usr/bin"],
)
def test_what_is_no_magic(head: bytes) -> None:
    assert detect(head) is CompressionKind.NONE


@pytest.mark.parametrize("number", range(0x50, 0x60))
def test_a_skippable_frame_is_zstd(number: int) -> None:
    frame = bytes([number]) + SKIPPABLE[1:]
    assert detect(frame) is ZSTD
    assert detect(frame[:7]) is CompressionKind.NONE


@pytest.mark.parametrize("number", [0x4F, 0x60])
def test_what_is_beside_a_skippable_frame(number: int) -> None:
    assert detect(bytes([number]) + SKIPPABLE[1:]) is CompressionKind.NONE


def test_no_compression_passes_the_bytes_on() -> None:
    assert inflate(b"plain" * 100, 7) == (b"plain" * 100, NOT_COMPRESSED)
    assert inflate(b"") == (b"", NOT_COMPRESSED)


# --- sound streams


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", COMPRESSED)
def test_one_stream(kind: CompressionKind, piece: int) -> None:
    assert inflate(COMPRESSED[kind], piece) == (TEXT, sound(kind))


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", COMPRESSED)
def test_streams_one_after_another(kind: CompressionKind, piece: int) -> None:
    data = COMPRESSED[kind] + compress(kind, b"") + compress(kind, OTHER) + compress(kind, b"x")
    assert inflate(data, piece) == (TEXT + OTHER + b"x", sound(kind, 4))


@given(
    st.sampled_from(list(COMPRESSED)),
    st.lists(st.binary(max_size=3000), min_size=1, max_size=5),
    st.integers(1, 5000),
)
@settings(max_examples=examples(60), deadline=None)
def test_random_streams(kind: CompressionKind, parts: list[bytes], piece: int) -> None:
    data = b"".join(compress(kind, part) for part in parts)
    assert inflate(data, piece) == (b"".join(parts), sound(kind, len(parts)))


def gzip_member(*, extra: bytes = b"", name: bytes = b"", comment: bytes = b"") -> bytes:
    """A member with every optional field of RFC 1952, section 2.3."""
    flags = 2 | (4 if extra else 0) | (8 if name else 0) | (16 if comment else 0)
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(5) + b"\xff"
    if extra:
        head += len(extra).to_bytes(2, "little") + extra
    for text in (name, comment):
        head += text + b"\0" if text else b""
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    return head + COMPRESSED[GZIP][10:]


@pytest.mark.parametrize("piece", [1, 2, 5, 11, 17, 31, 1 << 20])
@pytest.mark.parametrize(
    "member",
    [
        gzip_member(),
        gzip_member(extra=b"BC\2\0\1\2"),
        gzip_member(name=b"layer.tar"),
        gzip_member(comment=b"made by hand"),
        gzip_member(extra=bytes(300), name=b"layer.tar", comment=b"made by hand"),
    ],
)
def test_gzip_headers_with_fields(member: bytes, piece: int) -> None:
    assert inflate(member, piece) == (TEXT, sound(GZIP))
    assert inflate(member + member, piece) == (TEXT * 2, sound(GZIP, 2))


@pytest.mark.parametrize("name", [b"n" * 70_000, b"n" * 3_000_000])
def test_a_gzip_header_of_any_length(name: bytes) -> None:
    output, facts = inflate(gzip_member(name=name), 1 << 16)
    if len(name) < MIB:
        assert (output, facts) == (TEXT, sound(GZIP))
    else:
        assert output in (b"", TEXT)


def test_a_gzip_header_that_spans_two_pieces_of_many() -> None:
    """Where estargz and bgzip files have their member borders, a piece may end."""
    member = gzip_member(extra=b"SG\x16\0" + b"0" * 22)
    data = COMPRESSED[GZIP] + member
    for border in range(len(COMPRESSED[GZIP]), len(COMPRESSED[GZIP]) + 60):
        inflater = Inflater(GZIP, Limits())
        output = b"".join(inflater.feed(data[:border])) + b"".join(inflater.feed(data[border:]))
        found = inflater.finish()._replace(head=b"")
        assert (output, found) == (TEXT * 2, sound(GZIP, 2)), border


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("count", [4, 8, 1000])
def test_xz_stream_padding(count: int, piece: int) -> None:
    data = COMPRESSED[XZ] + bytes(count)
    assert inflate(data, piece) == (TEXT, sound(XZ))
    assert inflate(data + compress(XZ, OTHER), piece) == (TEXT + OTHER, sound(XZ, 2))


@pytest.mark.parametrize("piece", PIECES)
def test_skippable_frames_of_zstd(piece: int) -> None:
    frame = COMPRESSED[ZSTD]
    assert inflate(SKIPPABLE + frame, piece)[0] == TEXT
    first = inflate(SKIPPABLE + frame)[1]
    assert first == sound(ZSTD, 2, skippable_first=True)
    assert inflate(frame + SKIPPABLE + EMPTY_SKIPPABLE + frame, piece) == (TEXT * 2, sound(ZSTD, 4))
    assert inflate(SKIPPABLE, 1 << 20) == (b"", sound(ZSTD, skippable_first=True))


# --- what is odd


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("junk", [b"j", b"junk", b"junk" * 100, b"\0\0\0junk" * 3])
def test_bytes_behind_the_last_stream(kind: CompressionKind, junk: bytes, piece: int) -> None:
    data = COMPRESSED[kind] + junk
    expected = sound(kind, trailing=len(COMPRESSED[kind]), trailing_head=junk[:MAGIC_SIZE])
    assert inflate(data, piece) == (TEXT, expected)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", [GZIP, BZIP2, ZSTD])
@pytest.mark.parametrize("count", [1, 7, 8, 1000])
def test_zeros_behind_the_last_stream(kind: CompressionKind, count: int, piece: int) -> None:
    head = bytes(min(count, MAGIC_SIZE))
    end = len(COMPRESSED[kind])
    expected = sound(kind, trailing=end, trailing_zeros=True, trailing_head=head)
    assert inflate(COMPRESSED[kind] + bytes(count), piece) == (TEXT, expected)


def test_xz_padding_of_an_odd_length_is_trailing() -> None:
    facts = inflate(COMPRESSED[XZ] + bytes(2))[1]
    expected = sound(XZ, trailing=len(COMPRESSED[XZ]), trailing_zeros=True, trailing_head=bytes(2))
    assert facts == expected


@pytest.mark.parametrize("piece", [1, 1 << 20])
@pytest.mark.parametrize("kind", COMPRESSED)
def test_another_compression_behind_is_trailing(kind: CompressionKind, piece: int) -> None:
    other = COMPRESSED[ZSTD if kind is GZIP else GZIP]
    output, facts = inflate(COMPRESSED[kind] + other, piece)
    assert (output, facts.streams, facts.trailing) == (TEXT, 1, len(COMPRESSED[kind]))


@pytest.mark.parametrize("kind", COMPRESSED)
def test_every_truncation_is_a_fact(kind: CompressionKind) -> None:
    whole = COMPRESSED[kind] + compress(kind, OTHER)
    for size in range(8, len(whole)):
        output, facts = inflate(whole[:size])
        assert (TEXT + OTHER).startswith(output)
        if size == len(COMPRESSED[kind]):
            assert facts == sound(kind)
        elif len(COMPRESSED[kind]) < size < len(COMPRESSED[kind]) + 8:
            assert facts.trailing == len(COMPRESSED[kind])
        else:
            assert facts.truncated, size
            assert facts.error == f"the {kind} stream ends before its end marker"
            assert facts.error_offset == size


@pytest.mark.parametrize("kind", COMPRESSED)
def test_every_flip_is_a_fact_or_harmless(kind: CompressionKind) -> None:
    # Of the four, zstd alone can do without a checksum.
    checked = zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1})
    data = checked if kind is ZSTD else COMPRESSED[kind]
    for at in range(8, len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 0x10
        output, facts = inflate(bytes(flipped))
        assert facts.error is not None or facts.trailing is not None or output == TEXT
        assert facts.error is None or facts.error_offset == len(data)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(("at", "what"), [(-8, "checksum"), (-1, "length")])
def test_a_wrong_gzip_trailer(at: int, what: str, piece: int) -> None:
    data = bytearray(COMPRESSED[GZIP])
    data[at] ^= 1
    output, facts = inflate(bytes(data), piece)
    assert facts.error == f"Incorrect {what} found"
    assert not facts.truncated
    assert output == TEXT


def test_a_wrong_gzip_header_checksum() -> None:
    member = bytearray(gzip_member(name=b"layer.tar"))
    member[12] ^= 1
    assert inflate(bytes(member))[1].error is not None


def test_the_place_of_an_error_is_where_it_was_seen() -> None:
    body = b"".join(compress(GZIP, OTHER) for _ in range(100))
    broken = bytearray(COMPRESSED[GZIP])
    broken[-8] ^= 1
    offset = inflate(body + bytes(broken) + bytes(3 * MIB), 1 << 20)[1].error_offset
    assert offset is not None
    assert abs(offset - len(body)) <= 1 << 13


def test_after_an_error_the_rest_is_only_counted() -> None:
    inflater = Inflater(GZIP, Limits())
    assert list(inflater.feed(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 100)) == []
    assert list(inflater.feed(COMPRESSED[GZIP])) == []
    assert inflater.finish().streams == 1


# --- limits


def reached(data: bytes, limits: Limits | None = None) -> tuple[int, LimitReached]:
    """Bytes that came out, and the limit that ended it."""
    inflater = Inflater(detect(data[:8]), limits or Limits())
    size = 0
    try:
        for at in range(0, len(data), 1 << 20):
            for part in inflater.feed(data[at : at + (1 << 20)]):
                size += len(part)
    except LimitError as error:
        return size, error.reached
    pytest.fail("no limit was reached")


@pytest.mark.parametrize("kind", COMPRESSED)
def test_the_limit_on_expansion(kind: CompressionKind) -> None:
    data = compress(kind, bytes(3 * MIB))
    limits = Limits(expansion=10, expansion_from=MIB)
    size, limit = reached(data, limits)
    assert (limit.limit, limit.value) == ("expansion", 10)
    assert size <= 2 * MIB
    assert f"{len(data)} bytes of {kind}" in limit.what
    inflate(data, limits=Limits(expansion=10, expansion_from=3 * MIB))
    inflate(compress(kind, OTHER), limits=Limits(expansion=1000, expansion_from=1))


@pytest.mark.parametrize("kind", COMPRESSED)
def test_the_limit_on_inflated_bytes(kind: CompressionKind) -> None:
    size, limit = reached(compress(kind, bytes(3 * MIB)), Limits(inflated=2 * MIB))
    assert (limit.limit, limit.value) == ("inflated", 2 * MIB)
    assert size <= 2 * MIB
    inflate(compress(kind, bytes(2 * MIB)), limits=Limits(inflated=2 * MIB))


def zstd_of_window(log: int) -> bytes:
    squeeze = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log})
    return squeeze.compress(TEXT) + squeeze.flush()


def test_the_limit_on_the_window_of_zstd() -> None:
    assert inflate(zstd_of_window(27))[0] == TEXT
    size, limit = reached(zstd_of_window(28))
    assert (size, limit.limit, limit.value) == (0, "window", 128 * MIB)
    assert reached(zstd_of_window(21), Limits(window=MIB))[1].limit == "window"


def test_the_limit_on_the_memory_of_xz() -> None:
    data = lzma.compress(TEXT, preset=9)
    assert inflate(data)[0] == TEXT
    assert reached(data, Limits(window=16 * MIB))[1].limit == "window"


def zeros(chunks: int) -> Iterable[bytes]:
    return (bytes(MIB) for _ in range(chunks))


def zstd_bomb() -> bytes:
    """A frame of blocks that each repeat one byte 131,071 times: 10 GB from 4 bytes a block."""
    head = b"\x28\xb5\x2f\xfd\x00\x58"
    block = ((131_071 << 3) | 2).to_bytes(3, "little") + b"\0"
    return head + block * (10 * 10**9 // 131_071)


def bzip2_bomb() -> bytes:
    """The same stream of 45 MB of zeros again and again: 10 GB in 17 KB."""
    squeeze = bz2.BZ2Compressor()
    stream = b"".join(map(squeeze.compress, zeros(45))) + squeeze.flush()
    return stream * (10 * 10**9 // (45 * MIB) + 1)


BOMBS = {
    "bzip2": (bzip2_bomb, 20_000),
    "zstd": (zstd_bomb, 310_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_10_gigabytes(name: str) -> None:
    make, size = BOMBS[name]
    data = make()
    assert len(data) < size
    began = time.process_time()
    tracemalloc.start()
    try:
        given, limit = reached(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert limit.limit == "expansion"
    assert given <= 257 * MIB
    assert peak < 32 * MIB
    assert time.process_time() - began < 2


TINY = [
    pytest.param(gzip.compress(b""), id="gzip"),
    pytest.param(bz2.compress(b""), id="bzip2"),
    pytest.param(lzma.compress(b""), id="xz"),
    pytest.param(zstd.compress(b""), id="zstd"),
    pytest.param(EMPTY_SKIPPABLE, id="zstd, skippable"),
]


@pytest.mark.parametrize("stream", TINY)
def test_many_tiny_streams_end_at_a_limit(stream: bytes) -> None:
    """Each stream takes as long as some kilobytes, so there may be one for each 100 bytes."""
    with pytest.raises(LimitError) as caught:
        inflate(stream * 1000, limits=Limits(frames=100))
    assert (caught.value.reached.limit, caught.value.reached.value) == ("frames", 100)
    assert inflate(stream * 100, limits=Limits(frames=100))[1].streams == 100


@pytest.mark.parametrize("count", [1, 2, 3, 1024, 1025, 300_000])
@pytest.mark.parametrize("piece", [4093, 1 << 20])
def test_padding_of_any_length_is_skipped(count: int, piece: int) -> None:
    data = lzma.compress(TEXT) + bytes(4 * count)
    assert inflate(data, piece) == (TEXT, sound(XZ))
    assert inflate(data + lzma.compress(TEXT), piece) == (TEXT * 2, sound(XZ, 2))


@pytest.mark.parametrize("stream", TINY)
def test_many_tiny_streams_take_linear_time(stream: bytes) -> None:
    """Nothing is copied again for each stream: twice as many take about twice as long."""
    count = (1 << 18) // len(stream)
    began = time.process_time()
    assert inflate(stream * count, limits=Limits(frames=count))[1].streams == count
    assert time.process_time() - began < 5


@pytest.mark.parametrize("piece", [1, 3, 4096])
@pytest.mark.parametrize("damaged", [False, True])
def test_the_content_of_a_zstd_frame_comes_before_its_checksum(
    piece: int, *, damaged: bool
) -> None:
    content = bytes(range(256)) * 1200
    checksum: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
    stream = bytearray(zstd.compress(content, options=checksum))
    stream[-1] ^= damaged
    stream += b"" if damaged else zstd.compress(b"more", options=checksum)
    inflater = Inflater(CompressionKind.ZSTD, Limits())
    found = b"".join(
        part
        for start in range(0, len(stream), piece)
        for part in inflater.feed(bytes(stream[start : start + piece]))
    )
    facts = inflater.finish()
    assert found == content + (b"" if damaged else b"more")
    assert ("checksum" in (facts.error or "")) is damaged


@pytest.mark.parametrize(
    ("cut", "part"),
    [(5, Part.HEADER), (-9, Part.DATA), (-8, Part.TRAILER), (-1, Part.TRAILER)],
)
def test_the_part_of_a_gzip_member_that_is_cut(cut: int, part: Part) -> None:
    inflater = Inflater(CompressionKind.GZIP, Limits())
    list(inflater.feed(gzip.compress(b"content")[:cut]))
    facts = inflater.finish()
    assert facts.truncated
    assert facts.part is part


def test_a_zstd_frame_of_many_empty_blocks() -> None:
    """The blocks are followed up to a limit; the data is the same."""
    frame = b"\x28\xb5\x2f\xfd\x04\x58" + bytes(3) * 100_000 + b"\x01\x00\x00"
    checksum = (0xEF46DB3751D8E999 & 0xFFFFFFFF).to_bytes(4, "little")
    assert inflate(frame + checksum)[0] == b""


@pytest.mark.parametrize("name", [0, 100, 600, 5000])
def test_the_header_of_a_gzip_member_is_kept(name: int) -> None:
    data = gzip_member(name=b"n" * name)
    inflater = Inflater(GZIP, Limits())
    for at in range(0, len(data), 7):
        b"".join(inflater.feed(data[at : at + 7]))
    head = inflater.finish().head
    assert data.startswith(head)
    assert len(head) in {10, len(data[:1024])}


@pytest.mark.parametrize(("cut", "there"), [(1, 7), (8, 0), (9, None), (0, None)])
def test_bytes_of_an_incomplete_gzip_trailer(cut: int, there: int | None) -> None:
    data = COMPRESSED[GZIP]
    assert inflate(data[: len(data) - cut])[1].trailer_size == there
