"""Large members are found by headers alone as the walker finds them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.entries import REGULAR, Span
from checker.model.limits import Limits
from checker.reading.large_members import large_members
from checker.reading.tar.walker import TarWalker, walk_by_seeking

LEAST = 1000
BLOCK = 512
KINDS = (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def found_by_headers(tar: bytes) -> list[Span]:
    return large_members(lambda offset, count: tar[offset : offset + count], len(tar), LEAST)


def found_by_the_walker(tar: bytes) -> list[Span]:
    facts = walk_by_seeking(
        TarWalker(Limits(), ContentPlan()),
        lambda offset, count: tar[offset : offset + count],
        len(tar),
    )
    entries = facts.entries

    def spans() -> Iterator[Span]:
        for position in range(len(entries)):
            span = entries.content(position)
            is_file = entries.kinds[position] == ord(REGULAR) and position not in entries.sparse
            if is_file and LEAST <= span.length <= len(tar) - span.offset:
                yield span

    return sorted(spans(), key=lambda span: -span.length)


def written(members: list[tuple[str, bytes, int]], form: int, **records: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, kind, size in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.size = size if kind == tarfile.REGTYPE else 0
            member.linkname = "" if kind == tarfile.REGTYPE else "target"
            member.pax_headers = dict(records)
            tar.addfile(member, io.BytesIO(b"x" * size))
    return file.getvalue()


NAMES = st.sampled_from(["a", "b/c", "d" * 95, "e" * 60 + "/" + "f" * 150, "ü" * 70])
MEMBERS = st.lists(st.tuples(NAMES, st.sampled_from(KINDS), st.integers(0, 3000)), max_size=8)


@given(MEMBERS, st.sampled_from(FORMATS[1:]))
def test_they_are_those_of_the_walker(members: list[tuple[str, bytes, int]], form: int) -> None:
    tar = written(members, form)
    assert found_by_headers(tar) == found_by_the_walker(tar)


@pytest.mark.parametrize("form", FORMATS)
def test_members_with_short_names(form: int) -> None:
    tar = written([("a", tarfile.REGTYPE, 1500), ("b", tarfile.REGTYPE, 5000)], form)
    assert [span.length for span in found_by_headers(tar)] == [5000, 1500]
    assert found_by_headers(tar) == found_by_the_walker(tar)


def changed_header(tar: bytes, header: int, field: slice, value: bytes) -> bytes:
    """A tar with another value in the header at an offset, and the checksum that belongs to it."""
    block = bytearray(tar[header : header + BLOCK])
    block[field] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return tar[:header] + bytes(block) + tar[header + BLOCK :]


def test_a_size_of_pax_records_counts() -> None:
    tar = written([("a", tarfile.REGTYPE, 4000)], tarfile.PAX_FORMAT, size="4000")
    tar = changed_header(tar, 1024, slice(124, 136), b"00000000000\0")
    assert found_by_headers(tar) == found_by_the_walker(tar) == [Span(1536, 4000)]


@given(MEMBERS, st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_tars_have_an_answer(
    members: list[tuple[str, bytes, int]], place: int, byte: int
) -> None:
    tar = bytearray(written(members, tarfile.PAX_FORMAT))
    tar[place % len(tar)] = byte
    for span in found_by_headers(bytes(tar)):
        assert LEAST <= span.length <= len(tar) - span.offset


def test_nothing_is_found_after_what_is_not_simple() -> None:
    sparse = written([("a", tarfile.REGTYPE, 4000)], FORMATS[2], **{"GNU.sparse.major": "1"})
    plain = written([("a", tarfile.REGTYPE, 4000)], FORMATS[0])
    others = changed_header(plain, 0, slice(156, 157), b"S")
    assert found_by_headers(sparse) == []
    assert found_by_headers(plain) == [Span(512, 4000)]
    assert found_by_headers(others) == []
    assert found_by_headers(b"") == found_by_headers(bytes(4096)) == []


def test_of_many_members_none_is_large() -> None:
    many = [(f"{number}", tarfile.REGTYPE, 0) for number in range(300)]
    tar = written([("a", tarfile.REGTYPE, 4000), *many], tarfile.USTAR_FORMAT)
    assert found_by_the_walker(tar) != []
    assert found_by_headers(tar) == []
