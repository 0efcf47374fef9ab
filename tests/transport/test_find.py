"""What is recognized from the first bytes alone, whatever they are."""

from __future__ import annotations

import io
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from checker.checks.lookalike import looks_like
from checker.model.damage import (
    Characters,
    Damage,
    EncodedArchive,
    LeadingData,
    LineEndings,
    OtherFormat,
    Piece,
    PiecePosition,
    SavedText,
    TextKind,
    Unwritten,
)
from checker.model.formats import FORMATS, Format
from checker.reading.archive import ReadOptions, read_archive, read_file
from checker.reading.transport.framed import CHUNKED, DOCKER_STREAM
from checker.testing.archive import build, sample
from checker.testing.damage import DAMAGES
from checker.testing.image import Image
from checker.testing.tar import COMPRESSIONS, compress, file
from tests.effort import examples

SAMPLES = {kind: compress(sample(), kind) for kind in COMPRESSIONS}
TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn"), include_characters="\t\r\n"),
    min_size=1,
    max_size=5000,
).map(lambda text: text.encode()[:5000].decode("utf-8", "ignore").encode())
MIB = 1 << 20


def damage_of(data: bytes, name: str = "image.tar") -> Damage | None:
    return read_file(io.BytesIO(data), name, ReadOptions()).damage


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(prefix=TEXT.filter(bool), compression=st.sampled_from(sorted(SAMPLES)))
@example(b"PK\x03 is what zip files begin with", "gzip")
@example(b"\xef\xbb\xbf", "none")
@example(b"BZh91AY&SY", "none")
@example(b"\n" * 5000, "xz")
@example("ä".encode() * 2500, "bzip2")
@example(b"H4sIAAAAAAAC", "zstd")
@example(b"<html></html>", "none")
@example(b'{"a":1}\n', "gzip")
def test_any_text_before_an_archive(prefix: bytes, compression: str) -> None:
    damage = damage_of(prefix + SAMPLES[compression])
    assert isinstance(damage, LeadingData)
    assert damage.size == len(prefix)
    assert len(damage.text) <= 200


@settings(max_examples=examples(300))
@given(st.binary(max_size=3000))
@example(b"\xff\xfe")
@example(b"\xfe\xff\0")
@example(b"begin 644 x\n")
@example(b"begin 644 x\nM\n")
@example(b"data:;base64,")
@example(b"-----BEGIN X-----\n")
@example(b"00000000: 3132  \n")
@example(b"00000010  31 32 |12|\n")
@example(b"ffffffffffffffff: 3132  ..\nfffffffffffffff0: 3132  ..\n")
@example(b"[" * 2000)
@example(b'{"errors":[1]}')
@example(b'{"errors":[{}],"message":5}')
@example(b"<?xml")
@example(b"PK\x03\x04")
@example(b"\x1f\xef\xbf\xbd\x08")
def test_random_bytes_are_read_without_an_error(data: bytes) -> None:
    damage = damage_of(data)
    assert damage is None or damage.summary
    damage_of(compress(data, "gzip"))


@settings(max_examples=examples(100))
@given(
    st.sampled_from(sorted(DAMAGES)),
    st.sampled_from(sorted(DAMAGES)),
    st.sampled_from(sorted(SAMPLES)),
    st.binary(max_size=20),
)
def test_damage_upon_damage_is_read_without_an_error(
    first: str, second: str, compression: str, prefix: bytes
) -> None:
    data = prefix + DAMAGES[second](DAMAGES[first](SAMPLES[compression]))
    damage = damage_of(data)
    assert damage is None or damage.summary


@settings(max_examples=examples(100))
@given(st.integers(0, len(SAMPLES["none"]) - 1), st.integers(0, 7))
def test_a_single_bit_is_not_damage_of_a_transport(position: int, bit: int) -> None:
    data = bytearray(SAMPLES["none"])
    data[position] ^= 1 << bit
    assert damage_of(bytes(data)) is None


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_sound_archives_have_no_damage(compression: str) -> None:
    assert damage_of(SAMPLES[compression]) is None


def test_bytes_before_an_archive_that_are_not_text() -> None:
    damage = damage_of(b"\0\x01\x02" + SAMPLES["none"])
    assert isinstance(damage, Piece)
    assert damage.evidence == "it begins within an archive: a tar header follows at byte 3"


def test_text_before_line_endings() -> None:
    damage = damage_of(b"password: \r\n" + DAMAGES["lf-to-crlf"](SAMPLES["none"]))
    assert isinstance(damage, LineEndings)
    assert damage.offset is not None
    assert damage.offset > len(b"password: \r\n")


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: f"{each.name} {each.signature.hex()}")
def test_other_formats(each: Format) -> None:
    data = bytes([1]) * each.offset + each.signature
    damage = damage_of(data + bytes(range(256)) * 300)
    assert isinstance(damage, OtherFormat)
    assert damage.format.name == each.name
    assert looks_like(data) == each.name
    assert (each.command is None) or ("FILE" in each.command and "FIXED" in each.command)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("image.tar.partab", "image.tar.part"),
        ("image.tar.part2", "image.tar.part"),
        ("image.tar.part-03", "image.tar.part-"),
        ("image.tar.gz.002", "image.tar.gz."),
        ("image.tar.ab", "image.tar."),
        ("image.z02", "image.z"),
        ("part-ab", "part-"),
        ("image_chunk_7", "image_chunk_"),
        ("xab", "x"),
        ("image.tar.bc", "image.tar."),
        ("image.tgz.abz", "image.tgz."),
        ("image.z07", "image.z"),
        ("image.tar", None),
        ("image.tar.zst", None),
        ("image.zab", None),
        ("part.tar", None),
        ("image.part.bin", None),
        ("image.wim", None),
        ("image.nar", None),
        ("image.rb", None),
        ("image.tar.bcd", None),
        ("image.vhd", None),
        ("image.apk", None),
        ("image.tar.gz", None),
        ("image.tar.xz", None),
        ("image.txt", None),
        ("image", None),
        ("department", None),
        ("image.", None),
        ("", None),
    ],
)
def test_names_of_pieces(name: str, stem: str | None, tmp_path: Path) -> None:
    path = tmp_path / (name or "image")
    path.write_bytes(random.Random(4).randbytes(5000))
    damage = read_archive(str(path), ReadOptions()).damage
    if stem is None:
        assert damage is None
        return
    assert isinstance(damage, Piece)
    assert damage.stem == stem
    assert damage.position is PiecePosition.MIDDLE


@pytest.mark.parametrize("size", [MIB, 100_000, 20_000, 250_000, 512_000, 102_400])
def test_sizes_of_pieces(size: int) -> None:
    data = random.Random(5).randbytes(size)
    assert isinstance(damage_of(data), Piece)
    assert damage_of(data[:-1]) is None


def test_a_piece_of_bzip2_data() -> None:
    data = compress(random.Random(6).randbytes(2 * MIB), "bzip2")
    damage = damage_of(data[MIB - 200_000 :])
    assert isinstance(damage, Piece)
    assert "bzip2" in damage.evidence


def test_the_last_piece_of_an_xz_stream(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.xz.002"
    path.write_bytes(compress(random.Random(7).randbytes(50_000), "xz")[20_000:])
    damage = read_archive(str(path), ReadOptions()).damage
    assert isinstance(damage, Piece)


@pytest.mark.parametrize(
    ("data", "kind", "quote"),
    [
        (
            b"Error response from daemon: x\n",
            TextKind.ENGINE_MESSAGE,
            "Error response from daemon: x",
        ),
        (b"error: x", TextKind.ENGINE_MESSAGE, "error: x"),
        (b"bash: docker: command not found\n", TextKind.ENGINE_MESSAGE, None),
        (b"sh: 1: docker: not found\n", TextKind.ENGINE_MESSAGE, None),
        (b"open x.tar: no such file or directory", TextKind.ENGINE_MESSAGE, None),
        (b"permission denied while trying to connect\n", TextKind.ENGINE_MESSAGE, None),
        (b'time="2023-01-01T00:00:00Z" level=fatal msg="x"\n', TextKind.ENGINE_MESSAGE, None),
        (b"FATA[0000] no such image\n", TextKind.ENGINE_MESSAGE, None),
        (b"cowardly refusing to save to a terminal.", TextKind.ENGINE_MESSAGE, None),
        (b'ctr: image "x": not found\n', TextKind.ENGINE_MESSAGE, None),
        (b"Traceback (most recent call last):\n", TextKind.ENGINE_MESSAGE, None),
        (b"Usage:  docker save [OPTIONS]\n", TextKind.USAGE, "Usage:  docker save [OPTIONS]"),
        (b"unknown flag: --outputs\nSee 'docker save --help'.\n", TextKind.USAGE, None),
        (b"hello\n", TextKind.TEXT, "hello"),
        (b"x" * 999, TextKind.TEXT, "x" * 199 + "…"),
        (b"caf\xe9 au lait", TextKind.TEXT, "caf\udce9 au lait"),
        (b"<html><title> A\n B </title>", TextKind.WEB_PAGE, "A B"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html><h1>No</h1>", TextKind.WEB_PAGE, "No"),
        (b"<Error><Code>A</Code><Message>B</Message></Error>", TextKind.XML, "A: B"),
        (b'{"errors":[{"code":"DENIED","message":"no"}]}', TextKind.JSON, "DENIED: no"),
        (b'{"error":{"code":403,"message":"no"}}', TextKind.JSON, "403: no"),
        (b'{"Driver":"overlay2"}', TextKind.JSON, "keys Driver"),
        (b"[]", TextKind.JSON, "[]"),
        (b"#!/bin/sh\necho\n", TextKind.TEXT, "#!/bin/sh"),
    ],
)
def test_saved_texts(data: bytes, kind: TextKind, quote: str | None) -> None:
    for text in (data, b"\xef\xbb\xbf" + data, b"\r\n" + data):
        damage = damage_of(text)
        assert isinstance(damage, SavedText)
        assert damage.kind is kind
        assert quote is None or damage.quote == quote


def test_utf_16_text() -> None:
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        damage = damage_of(bom + "Error: no\r\n".encode(encoding))
        assert damage == SavedText(TextKind.ENGINE_MESSAGE, "Error: no", "UTF-16")


def test_bytes_that_were_not_written() -> None:
    assert damage_of(b"\xff" * 5000) == Unwritten(255, 5000, is_whole=True)
    assert damage_of(bytes(4096) + b"\x01\x02\x03" * 9) == Unwritten(0, 4096, is_whole=False)
    assert damage_of(bytes(5000)) is None


@pytest.mark.parametrize("damage", ["base64", "base64-url", "hex", "xxd", "hexdump", "uuencode"])
def test_texts_that_are_cut(damage: str) -> None:
    data = DAMAGES[damage](SAMPLES["gzip"])
    for cut in range(1, 5):
        assert isinstance(damage_of(data[:-cut]), EncodedArchive)


HOSTILE = {
    "headers": b"ustar" * (MIB // 5),
    "blanks": b" " * 65_000 + b"!" * MIB,
    "lines": b"\n" * MIB,
    "dump": b"00000000: " + b"ab" * MIB,
    "brackets": b"[" * MIB,
    "bzip2 streams": b"z" + compress(b"", "bzip2") * (MIB // 14),
    "zstd frames": b"z" + compress(b"", "zstd") * (MIB // 9),
    "gzip names": (b"\x1f\x8b\x08\x08" + b"a" * 4000) * 250,
    "titles": b"<html>" + b"<title" * (MIB // 6),
    "colons": b": " * (MIB // 2),
    "replaced": b"\x1f\xef\xbf\xbd\x08" + b"\xef\xbf\xbd" * (MIB // 3),
    "sparse text": b"A" + b" " * MIB,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_take_little_time(name: str) -> None:
    began = time.process_time()
    damage_of(HOSTILE[name])
    assert time.process_time() - began < 5


def large(kind: str, content: bytes) -> bytes:
    """An archive whose first fault is beyond the bytes that are examined."""
    layer = (file("a/large", content), file("b/z", "z" * 700), file("c/z", "z" * 700))
    return build(kind, Image(layers=(layer,))).tar()


NOISE = random.Random(8).randbytes(3 * MIB + 3)
LINES = b"".join(b"line %d of a text\n" % number for number in range(120_000))


@pytest.mark.parametrize(
    ("damage", "content"),
    [
        ("lf-to-crlf", NOISE),
        ("unix2dos", NOISE),
        ("crlf-to-lf", NOISE),
        ("utf-8", NOISE),
        ("replaced", NOISE),
        ("utf-16", NOISE),
        ("base64", NOISE),
        ("lf-to-crlf", LINES),
        ("crlf-to-lf", LINES.replace(b"\n", b"\r\n")),
    ],
)
@pytest.mark.parametrize("kind", ["docker-archive", "export"])
def test_faults_beyond_what_is_examined(kind: str, damage: str, content: bytes) -> None:
    data = large(kind, content)
    found = damage_of(DAMAGES[damage](data))
    expected = {"lf-to-crlf": LineEndings, "unix2dos": LineEndings, "crlf-to-lf": LineEndings}
    assert isinstance(found, expected.get(damage, Characters | EncodedArchive))


@pytest.mark.parametrize("content", [LINES, LINES.replace(b"\n", b"\r\n"), NOISE])
@pytest.mark.parametrize("kind", ["docker-archive", "export"])
def test_another_fault_is_not_taken_for_a_conversion(kind: str, content: bytes) -> None:
    data = large(kind, content)
    last = data.rindex(b"ustar") - 257
    for position in (last, last + 150, last + 258):
        changed = data[:position] + b"\xaa" + data[position + 1 :]
        assert damage_of(changed) is None
    assert damage_of(data[:last] + bytes(range(256)) * 2 + data[last + 512 :]) is None


@pytest.mark.parametrize("compression", ["none", "gzip", "xz"])
def test_the_last_piece_by_its_end(compression: str) -> None:
    damage = damage_of(compress(large("export", NOISE), compression)[MIB + 7 :])
    assert isinstance(damage, Piece)
    assert damage.position is PiecePosition.LAST


def test_a_piece_that_begins_within_a_text(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.ab"
    path.write_bytes(LINES)
    assert isinstance(read_archive(str(path), ReadOptions()).damage, Piece)
    assert isinstance(damage_of(LINES), SavedText)


def docker_frames(data: bytes, size: int) -> bytes:
    """A stream of the Docker API, with a warning on standard error."""
    pieces = [(2, b"warning\n"), *((1, data[i : i + size]) for i in range(0, len(data), size))]
    return b"".join(
        bytes((stream, 0, 0, 0)) + len(piece).to_bytes(4, "big") + piece for stream, piece in pieces
    )


def chunked(data: bytes, size: int) -> bytes:
    """An HTTP body in chunks, the first with an extension."""
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    first = b"%x;a=b\r\n%b\r\n" % (len(pieces[0]), pieces[0])
    rest = b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces[1:])
    return first + rest + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [100, 4096, 10 * MIB])
@pytest.mark.parametrize("compression", SAMPLES)
def test_framed_streams(compression: str, size: int) -> None:
    data = SAMPLES[compression]
    for frame, format_ in ((docker_frames, DOCKER_STREAM), (chunked, CHUNKED)):
        assert damage_of(frame(data, size)) == OtherFormat(format_)


@pytest.mark.parametrize("line", [b"10\r\n", b"ffffffff\n", b"deadbeef\r\n", b"1 archive:\r\n"])
def test_lines_that_look_like_chunks(line: bytes) -> None:
    damage = damage_of(line + SAMPLES["none"])
    assert isinstance(damage, LeadingData)
    assert damage.size == len(line)
