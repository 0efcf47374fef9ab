"""Which headers are read in C, and how many at a time.

That they are read as by the walker alone is tested with the walker.
"""

from __future__ import annotations

import sys
import tarfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.text_files import (
    LARGEST,
    SMALLEST,
    searched_by_path,
    searched_by_size,
)
from checker.reading.tar import header, plain, seeking
from checker.reading.tar.batches import HeaderBatches
from checker.reading.tar.header import BLOCK
from checker.reading.tar.table import Room
from checker.testing.tar import file, write_tar
from tests.compiled_parts import compiled_part
from tests.effort import examples
from tests.model.test_text_files import LEFT_OUT, SEARCHED
from tests.reading.test_tar_walker import (
    HEADER_BY_HEADER,
    PLAIN_EXTENTS,
    UNUSUAL_FIELDS,
    cut,
    everything,
    info,
    made_by_tarfile,
    seek,
    walk,
    with_fields,
)

if TYPE_CHECKING:
    from checker.compiled import plain_headers
else:
    plain_headers = compiled_part("plain_headers")

PART = "checker.compiled.plain_headers"
LONGEST = 1 << 20
ROOM = Room(1000, 1000, 1 << 20)
USUAL = tuple(
    info(name, kind, uid=1000, gid=100, uname=f"user{len(name)}", mtime=1_700_000_000, **fields)
    for name, kind, fields in (
        ("./", tarfile.DIRTYPE, {}),
        ("usr/lib/", tarfile.DIRTYPE, {}),
        ("./usr/share", tarfile.DIRTYPE, {"mode": 0o1777}),
        ("/etc/absolute", tarfile.REGTYPE, {"size": 1}),
        ("usr/bin/a...", tarfile.REGTYPE, {"size": 2000, "mode": 0o755}),
        ("usr/lib/libz.so.1.2", tarfile.REGTYPE, {"size": 3}),
        ("usr/share/é", tarfile.REGTYPE, {"size": 5000}),
        ("empty", tarfile.REGTYPE, {}),
        ("usr//share/./a/../odd", tarfile.REGTYPE, {"size": 100, "mode": 0o755}),
        ("usr/lib/libz.so", tarfile.SYMTYPE, {"linkname": "libz.so.1.2"}),
        ("usr/bin/b", tarfile.LNKTYPE, {"linkname": "usr/bin/a..."}),
    )
)
IN_TWO_PARTS = info("usr/share/" + "long-name/" * 8 + "é" * 8 + "and-more", size=1)


def forbid_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header.HeaderReader, "read", None)
    monkeypatch.setattr(plain, "HeaderBatches", None)


@pytest.mark.parametrize(
    ("form", "infos"),
    [(tarfile.USTAR_FORMAT, (*USUAL, IN_TWO_PARTS)), (tarfile.GNU_FORMAT, USUAL)],
    ids=["ustar", "gnu"],
)
def test_all_usual_headers_are_read(
    monkeypatch: pytest.MonkeyPatch, form: int, infos: tuple[tarfile.TarInfo, ...]
) -> None:
    data = made_by_tarfile(form, infos)
    expected = everything(walk([data], HEADER_BY_HEADER))
    forbid_others(monkeypatch)
    assert everything(walk([data])) == expected
    assert everything(walk(cut(data, 700))) == expected
    assert everything(seek(data)) == expected
    assert len(expected[0]) == len(infos)


BY_OTHERS = {
    "bsdtar": [
        (100, b"000644 \0"),
        (108, b"000765 \0"),
        (124, b"00000000000 "),
        (136, b"14524770400 "),
    ],
    "before ustar": [(100, b"   644 \0"), (257, bytes(8)), (329, bytes(16))],
    "large numbers": [(108, b"\x80\0\0\0\x7f\0\0\0"), (136, b"\xff" * 12)],
    "text after numbers": [(136, b"14524770\0xyz")],
}


@pytest.mark.parametrize("fields", BY_OTHERS.values(), ids=BY_OTHERS)
def test_headers_of_others_are_read(
    monkeypatch: pytest.MonkeyPatch, fields: list[tuple[int, bytes]]
) -> None:
    data = with_fields(0, fields)[: PLAIN_EXTENTS[0].header + BLOCK]
    expected = everything(walk([data], HEADER_BY_HEADER))
    forbid_others(monkeypatch)
    assert everything(walk([data])) == expected
    assert len(expected[0]) == 1


@pytest.mark.parametrize("fields", UNUSUAL_FIELDS.values(), ids=UNUSUAL_FIELDS)
def test_the_same_headers_are_plain_without_it(fields: list[tuple[int, bytes]]) -> None:
    block = with_fields(0, fields)[:BLOCK]
    alone = HeaderBatches(ContentPlan(), LONGEST, None).read(block, 0, 0, ROOM)
    rows = plain.PlainHeaders(ContentPlan(), LONGEST).read(block, 0, 0, ROOM)
    assert (rows is None) == (alone is None)
    if rows is not None and alone is not None:
        assert rows._replace(paths=None, spellings=b"", meant=None, texts=None) == alone


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Takes how many headers are read at each call."""
    counts: list[int] = []

    class Counting:
        def __init__(self, **settings: Any) -> None:
            self._reader = plain_headers.Reader(**settings)

        def read(self, *arguments: Any) -> Any:
            found = self._reader.read(*arguments)
            counts.append(0 if found is None else len(found[2]))
            return found

    monkeypatch.setitem(sys.modules, PART, SimpleNamespace(Reader=Counting))
    return counts


def test_headers_are_read_together(counts: list[int]) -> None:
    data = write_tar([file(f"srv/{number}", b"x" * number) for number in range(1200)])
    walk([data])
    assert counts == [1200, 0]
    counts.clear()
    seek(data)
    assert sum(counts) == 1200
    assert len(counts) < 10


@pytest.mark.parametrize(("size", "most"), [(9000, seeking.ENOUGH + 10), (3 << 20, 4)], ids=str)
def test_rows_that_are_read_together_are_near_each_other(
    counts: list[int], size: int, most: int
) -> None:
    """What is in their files is read after that."""
    number = 3 * most
    seek(write_tar([file(f"srv/{at}", bytes(size)) for at in range(number)]))
    assert sum(counts) == number
    assert most // 2 < max(counts) <= most


def test_text_files_are_told_by_their_places() -> None:
    members = [file(path, b"x" * SMALLEST) for path in (*SEARCHED, *LEFT_OUT)]
    rows = plain.PlainHeaders(ContentPlan(secrets=True), LONGEST).read(
        write_tar(members), 0, 0, ROOM
    )
    assert rows is not None
    assert rows.texts is not None
    assert set(range(len(SEARCHED))) <= set(rows.texts)
    told = {members[number].name for number in rows.texts}
    assert told.isdisjoint({"usr/lib/os-release", "usr/src/linux/Makefile", "var/lib/dpkg/status"})


SIZES = (0, SMALLEST - 1, SMALLEST, 1000, LARGEST, LARGEST + 1)
PARTS = st.sampled_from(["a", "usr", "usrs", "src", "app", "etc", "local", "var", "www", "doc"])
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


@given(st.lists(st.one_of(st.sampled_from((*SEARCHED, *LEFT_OUT)), PATHS), min_size=1))
@settings(max_examples=examples(300), deadline=None)
def test_all_text_files_are_told(paths: list[str]) -> None:
    members = [file(path, bytes(SIZES[at % len(SIZES)])) for at, path in enumerate(paths)]
    rows = plain.PlainHeaders(ContentPlan(secrets=True), LONGEST).read(
        write_tar(members), 0, 0, ROOM
    )
    assert rows is not None
    assert rows.texts is not None
    assert rows.paths == paths
    by_size = searched_by_size(rows.sizes)
    assert set(searched_by_path(paths, by_size)) <= set(rows.texts) <= set(by_size)
    assert not any(paths[number].startswith("usr/lib/") for number in rows.texts)


def reader() -> plain_headers.Reader:
    return plain_headers.Reader(
        named=(),
        below=(),
        executables=False,
        libraries=False,
        hashed=(),
        texts=(0, 0),
        system=(),
        applications=(),
        longest=LONGEST,
        enough=100,
        reach=1 << 20,
        window=4096,
    )


def test_what_reading_on_raises_is_raised() -> None:
    def fail(_offset: int, _count: int) -> bytes:
        raise OSError("gone")

    def give_a_number(_offset: int, _count: int) -> Any:
        return 1

    data = write_tar([file("a", b"x" * 9000), file("b", b"x")])
    with pytest.raises(OSError, match="gone"):
        reader().read(data[:BLOCK], 0, 0, ROOM, fail)
    with pytest.raises(TypeError):
        reader().read(data[:BLOCK], 0, 0, ROOM, give_a_number)


@pytest.mark.parametrize("position", [1, BLOCK, 1 << 40])
def test_a_position_without_a_header_has_no_rows(position: int) -> None:
    data = write_tar([file("a", b"x")])[:BLOCK]
    assert reader().read(data, position, 0, ROOM, None) is None


@pytest.mark.parametrize(
    ("position", "offset", "room"),
    [(-1, 0, ROOM), (0, -1, ROOM), (0, 0, (-1, 0, 0)), (0, 0, (1, 0, -1))],
)
def test_numbers_below_0_are_refused(
    position: int, offset: int, room: tuple[int, int, int]
) -> None:
    with pytest.raises(ValueError, match="below 0"):
        reader().read(bytes(BLOCK), position, offset, room, None)
