"""Entries with PAX headers are read as by the walker alone, whatever their records are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.reading.tar.columns import usual_extension
from checker.reading.tar.pax import PaxError, is_usual, parse_pax, usual_records
from checker.reading.tar.table import Records
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.testing.elf import elf
from checker.testing.tar import Member, directory, encode, file, hardlink, symlink, write_tar
from tests.effort import examples
from tests.reading.test_tar_walker import TOKEN, cut, everything, reader

__all__ = ["reader"]

PLANS = (
    ContentPlan({}, 600),
    ContentPlan({"long/name": 4}, 100, libraries=True, secrets=True),
    ContentPlan(hashed={"name": frozenset({"long/name"})}),
)
LIMITS = (
    Limits(),
    *(Limits(records=count) for count in (0, 3, 40)),
    *(Limits(names=count) for count in (0, 300, 3000)),
    *(Limits(entries=count) for count in (3, 20)),
    Limits(extension=100),
    Limits(names=200_000, records=5),
)


def record(key: bytes, value: bytes, length: int = 0) -> bytes:
    """A record; its length is wrong by so many bytes."""
    rest = b" %b=%b\n" % (key, value)
    digits = len(str(len(rest)))
    digits = len(str(len(rest) + digits))
    return b"%d%b" % (len(rest) + digits + length, rest)


SOME_TEXTS = (
    *(b"long/name", b"./long//name/", b"a" * 120, b"d/" * 60 + b"f", b"d/" * 99 + b"f", b"x" * 201),
    *("dätä/ü".encode(), "\u07ff\u0800\uffff\U00010000\U0010ffff".encode(), b"a\0b", b"a\nb", b""),
    *(b"\xff\xfe", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc3"),
    *(
        b"\xed\xa0\x80",
        b"\xed\x9f\xbf",
        b"\xe1\x80",
        b"\xe1\x80A",
        b"\xf1\x80\x80",
        b"\xf5\x80\x80\x80",
    ),
    *(b".wh.gone", b"etc/.wh..wh..opq", b"usr/lib/libz.so.1", b"/", b"..", b"a/", b"a=b", b"="),
)
SOME_NUMBERS = (
    *(
        b"5",
        b"",
        b"-1",
        b"+5",
        b"007",
        b"1 ",
        b" 1",
        b"x",
        b"1x",
        b"9" * 9,
        b"1" + b"0" * 9,
        b"9" * 18,
    ),
    *(b"9" * 19, b"9" * 30, b"0" * 20, str(2**63 - 1).encode(), str(2**63).encode(), b"\xd9\xa1"),
)
SOME_TIMES = (
    *(
        b"1700000000.123456789",
        b"-7.25",
        b"-7",
        b"5.",
        b".5",
        b"-.5",
        b"-",
        b"-0.5",
        b"--5",
        b"1.2.3",
    ),
    *(b"1,5", b"1e9", b"+1", b"1.5x", b"1.x", b"1\0", b"-" + b"9" * 18, b"-" + b"9" * 19),
    *SOME_NUMBERS,
)
SOME_VALUES = (*SOME_TEXTS, *(b"v" * count for count in (255, 256, 257, 258, 300)))
TEXT_KEYS = (b"path", b"linkpath", b"uname", b"gname", b"comment")
TIME_KEYS = (b"mtime", b"atime", b"ctime")
NUMBER_KEYS = (b"uid", b"gid", b"size")
XATTR_NAMES = (b"user.a", b"user.b=c", b"security.capability", b"\xff", b"n\0", b"", b" ")
XATTR_KEYS = tuple(b"SCHILY.xattr." + name for name in XATTR_NAMES)
OTHER_KEYS = (
    *(b"SCHILY.dev", b"SCHILY.acl.access", b"LIBARCHIVE.xattr.a", b"RHT.security.selinux"),
    *(b"GNU.sparse.major", b"GNU.sparse.map", b"GNU.sparse.size", b"hdrcharset", b"MTIME"),
    *(b"", b"p\0h", b"pat", b"paths", b"SCHILY.xattr"),
)
ODD_BODIES = (
    *(
        b"\0",
        b"\n",
        b"12",
        b"12 ",
        b"9 path=a\n\0",
        b"0012 path=abc\n",
        b"12  path=ab\n",
        b"9 path=a",
    ),
    *(
        b"99999999999 path=a\n",
        b"11\tpath=ab\n",
        b"11=path=ab\n",
        b" 9 path=a\n",
        b"4 =\n",
        b"4 a\n",
    ),
    *(b"9 path=a\n8 path=b", b"9 path=a\nxxxxxxxxx", b"0 path=a\n", b"10path=abc\n"),
    *(record(b"path", b"ab") * 2, record(b"path", b"a\n11 mtime=5")),
    *(record(b"path", b"abc", wrong) for wrong in (-13, -5, -1, 1, 5, 500)),
    *(
        record(b"path", b"abc", wrong) + record(b"mtime", b"5")
        for wrong in (-1, 1, 4, 8, 9, 10, 11)
    ),
    *(
        b"".join(record(b"SCHILY.xattr.n%d" % at, b"v") for at in range(n))
        for n in (15, 16, 17, 65, 70)
    ),
    record(b"SCHILY.xattr.a", b"1") * 2,
    b"10 path=ab11 mtime=5\n",
    record(b"SCHILY.xattr.\xff", b"1") + record(b"SCHILY.xattr.\xfe", b"2"),
)


def bodies_of(keys: Iterable[bytes], values: Iterable[bytes]) -> list[bytes]:
    return [record(key, value) for key, value in product(keys, values)]


ALL_BODIES = (
    *bodies_of(TEXT_KEYS, SOME_TEXTS),
    *bodies_of(TIME_KEYS, SOME_TIMES),
    *bodies_of(NUMBER_KEYS, SOME_NUMBERS),
    *bodies_of(XATTR_KEYS, SOME_VALUES),
    *bodies_of(OTHER_KEYS, (b"1", b"")),
    *ODD_BODIES,
)
TEXTS = st.one_of(
    st.sampled_from(SOME_TEXTS), st.text(max_size=8).map(str.encode), st.binary(max_size=8)
)
TIMES = st.one_of(
    st.builds("{}.{:09}".format, st.integers(-5, 1 << 34), st.integers(0, 999_999_999)).map(
        str.encode
    ),
    st.sampled_from(SOME_TIMES),
)
KNOWN = st.one_of(
    st.builds(record, st.sampled_from(TEXT_KEYS), TEXTS),
    st.builds(record, st.sampled_from(TIME_KEYS), TIMES),
    st.builds(record, st.sampled_from(NUMBER_KEYS), st.sampled_from(SOME_NUMBERS)),
    st.builds(record, st.sampled_from(XATTR_KEYS), st.sampled_from(SOME_VALUES)),
)
# As they are nearly always.
USUAL = st.one_of(
    st.sampled_from([record(b"mtime", b"%d.5" % number) for number in (-7, 0, 1_700_000_000)]),
    st.sampled_from([record(key, b"1700000000.123456789") for key in (b"atime", b"ctime")]),
    st.sampled_from([record(b"path", "srv/ä".encode()), record(b"path", b"p" * 150)]),
    st.sampled_from([record(b"linkpath", b"t" * 110), record(b"uid", b"70000000")]),
    st.sampled_from([record(b"size", b"0"), record(b"size", b"700"), record(b"size", b"1500")]),
    st.sampled_from([record(b"SCHILY.xattr.user.%d" % number, b"v") for number in range(3)]),
)
ODD = st.one_of(
    st.builds(record, st.sampled_from(TEXT_KEYS), TEXTS, st.integers(-20, 20)),
    st.builds(record, st.sampled_from(OTHER_KEYS), TEXTS),
    st.sampled_from(ODD_BODIES),
    st.binary(max_size=20),
)
BODIES = st.one_of(
    st.lists(USUAL, min_size=1, max_size=4).map(b"".join),
    st.lists(st.one_of(USUAL, KNOWN), max_size=4).map(b"".join),
    st.lists(st.one_of(USUAL, KNOWN, ODD), max_size=4).map(b"".join),
)
SOME_FIELDS = (
    *({"size": b"00000000000 "}, {"size": b" " * 12}, {"size": b"00000000001"}, {"mtime": b"x"}),
    *({"magic": b"ustar ", "version": b" \0"}, {"magic": bytes(6)}, {"uid": b"\0" + b"1" * 7}),
    *({"prefix": b"PaxHeaders"}, {"chksum": b"0000001"}, {"linkname": b"t" * 100}),
    *({"typeflag": flag} for flag in (b"0", b"1", b"2", b"3", b"5", b"7", b"S", b"X", b"Z", b"\0")),
    *({"typeflag": flag} for flag in (b"x", b"g", b"L", b"K")),
)
FIELDS = st.one_of(*[st.just({})] * 9, st.sampled_from(SOME_FIELDS))
EXTENSIONS = st.builds(
    Member,
    name=st.sampled_from(["PaxHeaders/f", "", "n" * 100]),
    content=BODIES,
    typeflag=st.sampled_from([*[b"x"] * 9, b"g", b"L", b"K"]),
    raw=FIELDS,
)
PROGRAM = elf("amd64", "/lib/ld.so", needed=("libc.so.6",))
ENTRIES = st.one_of(
    st.builds(
        file, st.sampled_from(["f", "long/name", "srv/.wh.f"]), st.sampled_from([b"", b"x" * 700])
    ),
    st.sampled_from(
        [
            *(
                directory("d/"),
                symlink("l", "t"),
                hardlink("h", "f"),
                file("p", PROGRAM, mode=0o755),
            ),
            *(file("app/a.yaml", f"token: {TOKEN}\n"), Member("fifo", typeflag=b"6")),
            *(Member("Z", typeflag=b"Z"), Member("old", typeflag=b"\0")),
            symlink("long", "t" * 120),
            Member("h", b"x" * 600, b"1", linkname="f"),
        ]
    ),
    st.builds(Member, name=st.just("f"), content=st.just(b"x" * 700), raw=FIELDS),
)
UNITS = st.one_of(
    ENTRIES.map(lambda entry: (entry,)),
    st.tuples(EXTENSIONS, ENTRIES),
    st.tuples(EXTENSIONS, ENTRIES),
    st.tuples(EXTENSIONS, ENTRIES),
    st.tuples(EXTENSIONS, EXTENSIONS, ENTRIES),
)
# Batches grow only where much is plain.
PLAIN_UNITS = tuple(
    encode(Member("PaxHeaders", record(b"mtime", b"%d.25" % number), b"x"))
    + encode(file(f"plain/{number}", b"x" * (number * 37 % 900)))
    for number in range(40)
)


def walked(pieces: Any, plan: ContentPlan, limits: Limits) -> tuple[Any, ...]:
    shared = Records(limits.records)
    walker = TarWalker(limits, plan, shared)
    for piece in pieces:
        walker.feed(piece)
    return (*everything(walker.finish()), walker.taken_records, shared.take(0))


def sought(data: bytes, most: int, plan: ContentPlan, limits: Limits) -> tuple[Any, ...]:
    shared = Records(limits.records)
    walker = TarWalker(limits, plan, shared)
    tar = walk_by_seeking(walker, lambda at, size: data[at : at + min(size, most)], len(data))
    return (*everything(tar), walker.taken_records, shared.take(0))


def assert_as_alone(data: bytes, plan: ContentPlan, limits: Limits, piece: int) -> None:
    """The facts are those of a walker that reads each header alone, as for digests of all files."""
    expected = walked([data], plan._replace(digests=True), limits)
    assert walked([data], plan, limits) == expected
    assert walked(cut(data, piece), plan, limits) == expected
    assert sought(data, 1 << 20, plan, limits) == expected
    assert sought(data, piece, plan, limits) == expected


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("entry", [file("f", b"x" * 700), symlink("l", "t")], ids=["file", "link"])
@pytest.mark.parametrize("before", [0, 9])
def test_every_kind_of_record(entry: Member, before: int) -> None:
    """Which has no limit that it could reach, and is followed by others."""
    start, rest = b"".join(PLAIN_UNITS[:before]), b"".join(PLAIN_UNITS[before : before + 2])
    for body in ALL_BODIES:
        extension = Member("PaxHeaders", body, b"x")
        data = start + encode(extension) + encode(entry) + rest
        expected = walked([data], PLANS[0]._replace(digests=True), Limits())
        assert walked([data], PLANS[0], Limits()) == expected, body


TIME = Member("PaxHeaders", record(b"mtime", b"7.5"), b"x")
PATH = Member("PaxHeaders", record(b"path", b"srv/other") + record(b"size", b"700"), b"x")
ENTRY = file("f", b"x" * 700)
ALL_ORDERS = (
    *((TIME, PATH, ENTRY), (PATH, TIME, ENTRY), (TIME, PATH), (TIME,), (PATH, PATH, PATH, ENTRY)),
    *((replace(TIME, raw=fields), ENTRY) for fields in SOME_FIELDS),
    *((replace(PATH, raw=fields), ENTRY) for fields in SOME_FIELDS),
    *((TIME, replace(ENTRY, raw=fields)) for fields in SOME_FIELDS),
    *((PATH, replace(ENTRY, raw=fields)) for fields in SOME_FIELDS),
    *((TIME, replace(PATH, raw=fields), ENTRY) for fields in SOME_FIELDS),
    *((replace(PATH, raw=fields), TIME, ENTRY) for fields in SOME_FIELDS),
)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("before", [0, 9])
def test_every_order_and_kind_of_headers(before: int) -> None:
    start, rest = b"".join(PLAIN_UNITS[:before]), b"".join(PLAIN_UNITS[before : before + 2])
    for members in ALL_ORDERS:
        data = start + b"".join(map(encode, members)) + rest + bytes(1024)
        expected = walked([data], PLANS[0]._replace(digests=True), Limits())
        assert walked([data], PLANS[0], Limits()) == expected, members
        assert sought(data, 1 << 20, PLANS[0], Limits()) == expected, members


MUCH_TEXT = elf(needed=tuple(f"lib{number:0240}.so" for number in range(480)))
MUCH_TO_KEEP = b"".join(
    encode(
        Member(
            "PaxHeaders",
            b"".join(record(b"SCHILY.xattr.%d" % at, b"v" * 250) for at in range(16)),
            b"x",
        )
    )
    + encode(file(f"bin/{number}", MUCH_TEXT, mode=0o755))
    for number in range(6)
)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("names", range(280_000, 640_000, 29_000))
def test_attributes_and_libraries_within_limits(names: int) -> None:
    """The walk ends with the file whose libraries exceed the limit."""
    limits, plan = Limits(names=names), PLANS[1]
    expected = walked([MUCH_TO_KEEP], plan._replace(digests=True), limits)
    assert walked([MUCH_TO_KEEP], plan, limits) == expected
    assert sought(MUCH_TO_KEEP, 1 << 20, plan, limits) == expected


WITH_XATTRS = b"".join(
    encode(Member("PaxHeaders", body, b"x")) + encode(file(f"with/{number}", PROGRAM, mode=0o755))
    for number in range(30)
    for body in (
        b"".join(record(b"SCHILY.xattr.user.%d" % at, b"v" * number) for at in range(number % 17)),
        record(b"path", b"p" * (number * 7 % 200 + 1)),
    )
)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("plan", PLANS)
def test_attributes_within_limits(plan: ContentPlan) -> None:
    for limits in (
        *(Limits(names=count) for count in range(0, 9000, 487)),
        *(Limits(names=count) for count in (150_000, 300_000)),
        *(Limits(extension=count) for count in (0, 100, 200)),
    ):
        assert_as_alone(WITH_XATTRS, plan, limits, 5000)


# More than the share of their bytes: 17 in three blocks.
MANY_RECORDS = b"".join(
    encode(Member("PaxHeaders", record(b"mtime", b"1") + body, b"x")) + encode(file("f"))
    for body in [b"".join(record(b"SCHILY.xattr.%d" % at, b"") for at in range(16))] * 130
)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("records", range(0, 120, 13))
def test_records_within_limits(records: int) -> None:
    assert_as_alone(MANY_RECORDS, PLANS[0], Limits(records=records), 5000)
    assert_as_alone(PLAIN_UNITS[0] * 9 + MANY_RECORDS, PLANS[0], Limits(records=records), 5000)


@pytest.mark.usefixtures("reader")
@given(
    units=st.lists(UNITS, min_size=1, max_size=12),
    plain=st.integers(0, len(PLAIN_UNITS)),
    plan=st.sampled_from(PLANS),
    limits=st.sampled_from(LIMITS),
    piece=st.integers(300, 9000),
)
@settings(max_examples=examples(400), deadline=None)
def test_any_records(
    units: list[tuple[Member, ...]], plain: int, plan: ContentPlan, limits: Limits, piece: int
) -> None:
    odd = write_tar([member for unit in units for member in unit])
    data = b"".join((*PLAIN_UNITS[:plain], odd))
    assert_as_alone(data, plan, limits, piece)


@pytest.mark.usefixtures("reader")
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 40 * 2048), st.binary(min_size=1, max_size=3)), max_size=4
    ),
    piece=st.integers(300, 9000),
)
@settings(max_examples=examples(200), deadline=None)
def test_any_bytes_that_are_changed(changes: list[tuple[int, bytes]], piece: int) -> None:
    data = bytearray(b"".join(PLAIN_UNITS) + bytes(1024))
    for at, value in changes:
        data[at : at + len(value)] = value
    assert_as_alone(bytes(data), PLANS[1], Limits(), piece)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("size", range(0, 3 * 2048, 97))
def test_any_end(size: int) -> None:
    data = b"".join(PLAIN_UNITS)[20 * 1800 :][:size]
    start = b"".join(PLAIN_UNITS)[: 20 * 1800]
    assert_as_alone(start + data, PLANS[1], Limits(), 700)


@given(st.one_of(BODIES, st.binary(max_size=30)))
@settings(max_examples=examples(1200), deadline=None)
def test_usual_records_are_those_of_the_full_rules(body: bytes) -> None:
    found = usual_records(body)
    try:
        records = parse_pax(body)
    except PaxError:
        assert found is None
        return
    if found is None:
        assert not is_usual(body, records) or body[:1] == b"0" or b"\n0" in body
    else:
        assert found == records
        assert is_usual(body, records)


@pytest.mark.parametrize(
    "body",
    [
        *(b"1 path=" * 150_000, b"1 path=" * 150_000 + b"\0\n", b"1 SCHILY.xattr." * 70_000),
        *(
            b"1 size=1" * 130_000,
            b"1 mtime=1." * 100_000,
            b"1" * (1 << 20),
            b"9 path=a\n" * 110_000,
        ),
        *(b"1 path=\n" * 130_000, b"\n" * (1 << 20), b"1 mtime=1." + b"1" * (1 << 20)),
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_the_time_is_in_proportion_to_the_body(body: bytes) -> None:
    """Else these would take hours: what may begin a record is in it again and again."""
    assert usual_records(body) is None


def test_extended_attributes_are_told_by_their_bytes() -> None:
    body = record(b"SCHILY.xattr.user.a", b"1\0") + record(b"mtime", b"1")
    found = usual_extension(body)
    assert found is not None
    assert found.xattrs == {"user.a": b"1\0"}
    assert found.xattr_bytes == len(b"SCHILY.xattr.user.a1\0")
    assert usual_extension(record(b"SCHILY.xattr.user.a", b"v" * 257)) is None


@pytest.mark.usefixtures("reader")
def test_most_headers_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else none of the above is about anything."""
    alone = 0
    see = TarWalker._see_header

    def counted(self: TarWalker, block: bytes, offset: int) -> None:
        nonlocal alone
        alone += 1
        see(self, block, offset)

    monkeypatch.setattr(TarWalker, "_see_header", counted)
    units = [
        encode(Member("PaxHeaders", record(b"mtime", b"%d.25" % at) + record(b"uid", b"5"), b"x"))
        + encode(file(f"plain/{at}", b"x"))
        for at in range(2000)
    ]
    data = b"".join(units) + bytes(1024)
    for tar in (walked([data], PLANS[0], Limits()), sought(data, 1 << 20, PLANS[0], Limits())):
        assert len(tar[0]) == 2000
        assert tar[0][7].mtime == 7
    assert alone < 400
