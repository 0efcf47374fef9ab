"""The rules of the tar walker: each anomaly with its offset, what Go takes and refuses, limits.

Go's archive/tar is the reference: ``reader.go``, ``strconv.go`` and ``format.go`` of Go 1.24.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind
from checker.reading.tar.header import BLOCK, looks_like_header, parse_number
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import (
    Member,
    directory,
    encode,
    file,
    hardlink,
    header,
    pax_global,
    pax_records,
    symlink,
    write_tar,
)

if TYPE_CHECKING:
    from checker.model.tar import Tar

FIRST, LAST = file("first", b"1"), file("last", b"2")
END = bytes(2 * BLOCK)
FIRST_SIZE = 2 * BLOCK
GNU = {"magic": b"ustar ", "version": b" \0"}


def walk(data: bytes, limits: Limits | None = None, plan: ContentPlan | None = None) -> Tar:
    walker = TarWalker(limits or Limits(), plan or ContentPlan())
    walker.feed(data)
    return walker.finish()


def paths(tar: Tar) -> list[str]:
    return [entry.path for entry in tar.entries]


def between(*members: Member) -> bytes:
    """Members with a sound one before and behind them; the first one of them is at 1024."""
    return write_tar([FIRST, *members, LAST])


def signed(member: Member) -> bytes:
    """A header with the sum that some old writers made: of signed bytes."""
    block = header(member)
    blanked = block[:148] + b" " * 8 + block[156:]
    total = sum(byte - 256 if byte > 127 else byte for byte in blanked)
    return block[:148] + b"%06o\0 " % total + block[156:]


# --- each kind of anomaly: kind, offset, whether it is fatal, the entries that are seen

PAX_BAD = Member("x", b"junk", typeflag=b"x")
NEGATIVE = b"\xff" * 12


def found(data: bytes) -> list[tuple[AnomalyKind, int, bool]]:
    return [(each.kind, each.offset, each.fatal) for each in walk(data).anomalies]


ANOMALIES: dict[str, tuple[bytes, AnomalyKind, int, bool, list[str]]] = {
    "not a tar": (b"hello" * 200, AnomalyKind.NOT_A_TAR, 0, True, []),
    "shorter than a header": (b"hello", AnomalyKind.NOT_A_TAR, 0, True, []),
    "bad checksum": (
        between(Member("bad", raw={"chksum": b"000001\0 "})),
        AnomalyKind.BAD_CHECKSUM,
        1024,
        True,
        ["first"],
    ),
    "bad checksum at once": (
        write_tar([Member("bad", raw={"chksum": b"000001\0 "})]),
        AnomalyKind.BAD_CHECKSUM,
        0,
        True,
        [],
    ),
    "checksum in base-256": (
        between(Member("bad", raw={"chksum": b"\x80" + bytes(5) + b"\x12\x34"})),
        AnomalyKind.BAD_CHECKSUM,
        1024,
        True,
        ["first"],
    ),
    "bad mode": (
        between(Member("bad", raw={"mode": b"worldly\0"})),
        AnomalyKind.BAD_NUMBER,
        1024 + 100,
        True,
        ["first"],
    ),
    "bad time": (
        between(Member("bad", raw={"mtime": b"0000000008\0"})),
        AnomalyKind.BAD_NUMBER,
        1024 + 136,
        True,
        ["first"],
    ),
    "bad device number": (
        between(Member("bad", typeflag=b"3", raw={"devminor": b"-1\0"})),
        AnomalyKind.BAD_NUMBER,
        1024 + 337,
        True,
        ["first"],
    ),
    "bad device number of a file": (
        between(Member("bad", raw={"devmajor": b"x"})),
        AnomalyKind.BAD_NUMBER,
        1024 + 329,
        True,
        ["first"],
    ),
    "bad time of star": (
        between(Member("bad", raw={"prefix": bytes(131) + b"x", "pad": bytes(8) + b"tar\0"})),
        AnomalyKind.BAD_NUMBER,
        1024 + 476,
        True,
        ["first"],
    ),
    "number over 63 bits": (
        between(Member("bad", raw={"size": b"\x80\0\0\0\xff" + b"\xff" * 7})),
        AnomalyKind.BAD_NUMBER,
        1024 + 124,
        True,
        ["first"],
    ),
    "negative size": (
        between(Member("bad", raw={"size": NEGATIVE})),
        AnomalyKind.NEGATIVE_SIZE,
        1024,
        True,
        ["first"],
    ),
    "negative size in a record": (
        between(Member("bad", pax={"size": "-512"})),
        AnomalyKind.NEGATIVE_SIZE,
        2048,
        True,
        ["first"],
    ),
    "negative size under a record": (
        between(Member("bad", pax={"size": "0"}, raw={"size": NEGATIVE})),
        AnomalyKind.NEGATIVE_SIZE,
        2048,
        True,
        ["first"],
    ),
    "negative size of a sparse file": (
        between(
            Member(
                "bad",
                pax={"GNU.sparse.map": "0,0", "GNU.sparse.numblocks": "1", "size": "-1024"},
            )
        ),
        AnomalyKind.NEGATIVE_SIZE,
        2048,
        True,
        ["first"],
    ),
    "negative size of an old sparse file": (
        between(Member("bad", typeflag=b"S", raw={**GNU, "size": NEGATIVE})),
        AnomalyKind.NEGATIVE_SIZE,
        1024,
        True,
        ["first"],
    ),
    "negative size of an extension header": (
        between(Member("bad", typeflag=b"L", raw={"size": NEGATIVE})),
        AnomalyKind.NEGATIVE_SIZE,
        1024,
        True,
        ["first"],
    ),
    "bad record": (between(PAX_BAD), AnomalyKind.BAD_PAX_RECORD, 1536, True, ["first"]),
    "second record bad": (
        between(Member("x", pax_records({"a": "b"}) + b"junk", typeflag=b"x")),
        AnomalyKind.BAD_PAX_RECORD,
        1536 + 6,
        True,
        ["first"],
    ),
    "bad record of a global header": (
        between(replace(PAX_BAD, typeflag=b"g")),
        AnomalyKind.BAD_PAX_RECORD,
        1536,
        True,
        ["first"],
    ),
    "extension header too long": (
        between(Member("x", b"a" * ((1 << 20) + 1), typeflag=b"L")),
        AnomalyKind.OVERSIZED_EXTENSION,
        1024,
        True,
        ["first"],
    ),
    "extension header at the end": (
        write_tar([FIRST, Member("x", pax_records({"path": "y"}), typeflag=b"x")]),
        AnomalyKind.DANGLING_EXTENSION,
        1024,
        False,
        ["first"],
    ),
    "extension header before a global one": (
        between(Member("x", b"name\0", typeflag=b"L"), pax_global({"a": "b"})),
        AnomalyKind.DANGLING_EXTENSION,
        1024,
        False,
        ["first", "pax_global_header", "last"],
    ),
    "global path": (
        between(pax_global({"path": "everywhere"})),
        AnomalyKind.GLOBAL_OVERRIDE,
        1024,
        False,
        ["first", "pax_global_header", "last"],
    ),
    "unknown type": (
        between(Member("volume", b"data", typeflag=b"V")),
        AnomalyKind.UNKNOWN_TYPE,
        1024,
        False,
        ["first", "volume", "last"],
    ),
    "cut in a header": (
        between()[:1100],
        AnomalyKind.TRUNCATED_HEADER,
        1024,
        True,
        ["first"],
    ),
    "cut in a block of zeros": (
        write_tar([FIRST], end_blocks=0) + bytes(100),
        AnomalyKind.TRUNCATED_HEADER,
        1024,
        True,
        ["first"],
    ),
    "cut behind one block of zeros": (
        write_tar([FIRST], end_blocks=1) + bytes(100),
        AnomalyKind.TRUNCATED_HEADER,
        1536,
        True,
        ["first"],
    ),
    "cut in content": (
        write_tar([file("long", b"x" * 600)])[:1000],
        AnomalyKind.TRUNCATED_CONTENT,
        1000,
        True,
        ["long"],
    ),
    "cut before all content": (
        write_tar([file("long", b"x")])[:512],
        AnomalyKind.TRUNCATED_CONTENT,
        512,
        True,
        ["long"],
    ),
    "cut in an extension header": (
        between(Member("x", b"n" * 400, typeflag=b"L"))[:1600],
        AnomalyKind.TRUNCATED_CONTENT,
        1600,
        True,
        ["first"],
    ),
    "cut in padding": (
        write_tar([FIRST])[:600],
        AnomalyKind.TRUNCATED_PADDING,
        600,
        False,
        ["first"],
    ),
    "no padding at all": (
        write_tar([FIRST])[:513],
        AnomalyKind.TRUNCATED_PADDING,
        513,
        False,
        ["first"],
    ),
    "lone block of zeros": (
        encode(FIRST) + bytes(BLOCK) + encode(LAST) + END,
        AnomalyKind.LONE_ZERO_BLOCK,
        1024,
        True,
        ["first"],
    ),
    "lone block of zeros at the end": (
        write_tar([FIRST], end_blocks=1),
        AnomalyKind.MISSING_END,
        1536,
        False,
        ["first"],
    ),
    "no end": (
        write_tar([FIRST], end_blocks=0),
        AnomalyKind.MISSING_END,
        1024,
        False,
        ["first"],
    ),
    "data behind the end": (
        write_tar([FIRST]) + bytes(700) + b"hidden",
        AnomalyKind.DATA_AFTER_END,
        2048 + 700,
        False,
        ["first"],
    ),
    "a second tar behind the end": (
        write_tar([FIRST]) + write_tar([LAST]),
        AnomalyKind.DATA_AFTER_END,
        2048,
        False,
        ["first"],
    ),
    "a tar behind two blocks of zeros": (
        END + write_tar([FIRST]),
        AnomalyKind.DATA_AFTER_END,
        1024,
        False,
        [],
    ),
}


@pytest.mark.parametrize("name", ANOMALIES)
def test_an_anomaly(name: str) -> None:
    data, kind, offset, fatal, seen = ANOMALIES[name]
    assert found(data) == [(kind, offset, fatal)]
    assert paths(walk(data)) == seen


OF_DIRECTORIES = {
    AnomalyKind.UNLISTED_DIRECTORY,
    AnomalyKind.UNREADABLE_FILE,
    AnomalyKind.UNSTORABLE_FILE,
}
"""What only a directory can have; see ``test_directory.py``."""


def test_every_kind_of_anomaly_has_a_case() -> None:
    sparse = {AnomalyKind.BAD_SPARSE_MAP, AnomalyKind.INCOMPLETE_SPARSE_MAP}
    tested = {case[1] for case in ANOMALIES.values()} | sparse
    assert tested == set(AnomalyKind) - OF_DIRECTORIES


def test_an_extension_header_cut_in_its_padding_speaks_of_no_entry() -> None:
    data = write_tar([FIRST, Member("x", pax_records({"path": "y"}), typeflag=b"x")])[:1600]
    assert found(data) == [
        (AnomalyKind.DANGLING_EXTENSION, 1024, False),
        (AnomalyKind.TRUNCATED_PADDING, 1600, False),
    ]


@pytest.mark.parametrize("data", [b"", END, bytes(10_240), write_tar([FIRST]) + bytes(9000)])
def test_what_is_no_anomaly(data: bytes) -> None:
    assert walk(data).anomalies == ()


def test_the_end_is_told() -> None:
    tar = walk(write_tar([FIRST]) + bytes(512) + b"behind" * 200)
    assert (tar.end, tar.end_blocks, tar.size) == (1024, 2, 2048 + 512 + 1200)
    assert tar.after_end == (b"behind" * 200)[:512]
    assert walk(write_tar([FIRST], end_blocks=1)).end is None


@pytest.mark.parametrize(
    ("after", "follows"),
    [
        (b"", False),
        (bytes(1024), False),
        (write_tar([FIRST]), True),
        (bytes(512) + write_tar([FIRST]), True),
        (b"x" + write_tar([FIRST]), False),
        (bytes(256) + write_tar([FIRST]), False),
        (write_tar([FIRST])[:511], False),
        (b"x" * 512, False),
    ],
)
def test_a_header_after_the_end(after: bytes, follows: bool) -> None:  # noqa: FBT001 - a case
    assert walk(write_tar([FIRST]) + after).header_follows is follows


# --- numbers

NUMBERS = {
    "octal": (b"0000644\0", 0o644),
    "spaces in front": (b"    644\0", 0o644),
    "spaces and no NUL": (b"   644  ", 0o644),
    "NULs in front": (b"\0" * 3 + b"644 \0", 0o644),
    "full width": (b"77777777", 0o77777777),
    "what stands behind a NUL": (b"644\0junk", 0o644),
    "nothing": (bytes(8), 0),
    "blank": (b" " * 8, 0),
    "base-256": (b"\x80\0\0\0\0\0\x01\0", 256),
    "negative base-256": (b"\xff\xff\xff\xff\xff\xff\xff\xfe", -2),
    "largest": (b"\x80\0\0\0\x7f" + b"\xff" * 7, (1 << 63) - 1),
    "smallest": (b"\xff\xff\xff\xff\x80" + bytes(7), -(1 << 63)),
    "above the largest": (b"\x80\0\0\0\x80" + bytes(7), None),
    "below the smallest": (b"\xff\xff\xff\xff\x7f" + b"\xff" * 7, None),
    "digit 8": (b"0000648\0", None),
    "sign": (b"-000644\0", None),
    "plus": (b"+000644\0", None),
    "underscore": (b"00_0644\0", None),
    "hexadecimal": (b"0x0644\0\0", None),
    "space inside": (b"06 44\0\0\0", None),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number(name: str) -> None:
    field, value = NUMBERS[name]
    assert parse_number(field) == value


def test_numbers_reach_the_entry() -> None:
    raw = {
        "mode": b"  644 \0\0",
        "uid": b"\x80" + bytes(3) + b"\x01\0\0\0",
        "mtime": b"\xff" * 11 + b"\xf0",
        "size": b"          3\0",
    }
    (entry,) = walk(write_tar([Member("a", b"abc", raw=raw)])).entries
    assert (entry.mode, entry.uid, entry.mtime, entry.size) == (0o644, 1 << 24, -16, 3)


def test_a_signed_checksum_is_taken() -> None:
    member = Member("höhe-\u4e2d", b"")
    assert signed(member) != header(member)
    tar = walk(signed(member) + END)
    assert (paths(tar), tar.anomalies) == (["höhe-\u4e2d"], ())
    assert looks_like_header(signed(member))
    assert looks_like_header(header(member))
    assert not looks_like_header(bytes(BLOCK))


@pytest.mark.parametrize("form", [b"%06o\0 ", b"%7o\0", b"%08o", b" %05o\0 "])
def test_a_checksum_in_any_octal_form_is_taken(form: bytes) -> None:
    block = header(FIRST)
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    tar = walk(block[:148] + (form % total).ljust(8, b"\0") + block[156:] + b"1")
    assert paths(tar) == ["first"]


@pytest.mark.parametrize("form", [b"%06o\0 ", b"%7o\0", b"%08o", b" %05o\0 "])
def test_a_header_is_told_by_a_checksum_in_any_form(form: bytes) -> None:
    block = header(FIRST)
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    written = (form % total).ljust(8, b"\0")
    assert looks_like_header(block[:148] + written + block[156:])
    assert not looks_like_header(block[:148] + (form % (total + 1)).ljust(8, b"\0") + block[156:])
    assert not looks_like_header(block[:-1])


# --- names and types

NAMES = {
    "ustar prefix": ({"prefix": b"some/where"}, "some/where/name"),
    "ustar prefix of one byte": ({"prefix": b"p"}, "p/name"),
    "GNU prefix of one byte": ({**GNU, "prefix": b"p"}, "p/name"),
    "ustar prefix of full width": ({"prefix": b"p" * 155}, "p" * 155 + "/name"),
    "star prefix": (
        {"prefix": b"p" * 131 + b"00000000000\0" * 2, "pad": bytes(8) + b"tar\0"},
        "p" * 131 + "/name",
    ),
    "star without a prefix": ({"pad": bytes(8) + b"tar\0"}, "name"),
    "GNU times": ({**GNU, "prefix": b"00000000001\0" * 2}, "name"),
    "GNU without times": ({**GNU, "prefix": bytes(24) + b"junk"}, "name"),
    "GNU with a ustar prefix": ({**GNU, "prefix": b"some/where"}, "some/where/name"),
    "GNU with junk": ({**GNU, "prefix": b"\xc3\xa4junk"}, "name"),
    "before POSIX": ({"magic": b"", "version": b"", "prefix": b"ignored"}, "name"),
    "GNU magic of another version": ({**GNU, "version": b"00", "prefix": b"ignored"}, "name"),
    "name of full width": ({"name": b"n" * 100}, "n" * 100),
    "what stands behind a NUL": ({"name": b"a\0b"}, "a"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name(name: str) -> None:
    raw, expected = NAMES[name]
    tar = walk(between(Member("name", raw=raw)))
    assert tar.anomalies == ()
    assert paths(tar) == ["first", expected, "last"]


TYPES = {
    "NUL": (b"\0", "file", "0", True),
    "NUL with a slash": (b"\0", "folder/", "5", False),
    "0": (b"0", "file", "0", True),
    "0 with a slash": (b"0", "folder/", "0", True),
    "1": (b"1", "file", "1", False),
    "2": (b"2", "file", "2", False),
    "3": (b"3", "file", "3", False),
    "4": (b"4", "file", "4", False),
    "5": (b"5", "folder/", "5", False),
    "6": (b"6", "file", "6", False),
    "7": (b"7", "file", "7", True),
    "unknown": (b"Z", "file", "Z", True),
}


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_content_or_ignores_its_size(name: str) -> None:
    flag, path, kind, has_content = TYPES[name]
    member = Member(path, b"x" * 600 if has_content else b"", flag, raw={"size": b"1130\0"})
    entry = walk(between(member)).entries[1]
    assert (entry.name, entry.kind, entry.size) == (path, kind, 600)
    assert paths(walk(between(member)))[-1] == "last"


def test_the_type_nul_looks_at_the_name_of_a_record() -> None:
    member = Member("file", pax={"path": "folder/"}, typeflag=b"\0")
    assert walk(between(member)).entries[1].is_directory


def test_negative_sizes_of_what_has_no_content_are_ignored() -> None:
    members = [replace(directory("d"), raw={"size": NEGATIVE}), symlink("l", "d")]
    assert walk(between(*members)).anomalies == ()


def test_paths_that_come_again_and_spellings() -> None:
    names = ["a", "./a", "/a/", "a/../a", "b//c", "", "..", "./"]
    tar = walk(write_tar([Member(name) for name in names]))
    assert [entry.name for entry in tar.entries] == names
    assert paths(tar) == ["a", "a", "a", "a", "b/c", "", "", ""]
    assert tar.entries.repeated == (1, 2, 3, 6, 7)
    assert tar.entries.by_path == {"a": 3, "b/c": 4, "": 7}


# --- extension headers


def sized(text: bytes) -> bytes:
    """The text of a record with the length that it has then."""
    length = len(text) + 3
    while length != len(text) + 2 + len(str(length)):
        length = len(text) + 2 + len(str(length))
    return b"%d %s\n" % (length, text)


RECORDS_TAKEN: dict[str, tuple[bytes, dict[str, Any]]] = {
    "path": (b"12 path=abc\n", {"name": "abc"}),
    "empty path": (sized(b"path="), {"name": "name"}),
    "equals sign in the value": (sized(b"path=a=b"), {"name": "a=b"}),
    "newline in the value": (sized(b"path=a\nb"), {"name": "a\nb"}),
    "the last one wins": (sized(b"path=a") + sized(b"path=b"), {"name": "b"}),
    "zeros in front of the length": (b"0014 path=abc\n", {"name": "abc"}),
    "ten digits of length": (b"0000000020 path=abc\n", {"name": "abc"}),
    "ten digits of length, and a newline": (b"0000000020 path=a\nc\n", {"name": "a\nc"}),
    "thousands of zeros in front": (b"0" * 5000 + b"5013 path=ab\n", {"name": "ab"}),
    "unknown key": (sized(b"key="), {"name": "name"}),
    "number": (sized(b"uid=12"), {"uid": 12}),
    "empty number": (sized(b"uid="), {"uid": 0}),
    "sign": (sized(b"gid=+12"), {"gid": 12}),
    "smallest number": (sized(b"uid=-9223372036854775808"), {"uid": -(1 << 63)}),
    "zeros in front": (sized(b"uid=" + b"0" * 30 + b"12"), {"uid": 12}),
    "time": (sized(b"mtime=5"), {"mtime": 5}),
    "negative time": (sized(b"mtime=-5"), {"mtime": -5}),
    "fraction": (sized(b"mtime=5.9"), {"mtime": 5}),
    "fraction of nothing": (sized(b"mtime=5."), {"mtime": 5}),
    "very long fraction": (sized(b"mtime=5." + b"9" * 40), {"mtime": 5}),
    "attribute": (sized(b"SCHILY.xattr.user.a=\xffb"), {"xattrs": {"user.a": b"\xffb"}}),
    "empty attribute": (sized(b"SCHILY.xattr.user.a="), {"xattrs": {"user.a": b""}}),
    "NUL in an attribute": (sized(b"SCHILY.xattr.user.a=\0"), {"xattrs": {"user.a": b"\0"}}),
    "newline in an attribute": (
        sized(b"SCHILY.xattr.user.a=\n"),
        {"xattrs": {"user.a": b"\n"}},
    ),
    "attribute of libarchive": (sized(b"LIBARCHIVE.xattr.a=eA"), {"xattrs": {}}),
    "link name of a file": (sized(b"linkpath=x"), {"linkname": ""}),
    "no records": (b"", {"name": "name"}),
}


RECORDS_REFUSED: dict[str, tuple[bytes, int]] = {
    "thousands of digits of length": (b"1" * 5000 + b" path=abc\n", 0),
    "thousands of digits without a space": (b"1" * 5000, 0),
    "eleven digits of length": (b"20000000000 path=abc\n", 0),
    "no length": (b"path=abc\n", 0),
    "no space": (b"12", 0),
    "length of letters": (b"1x path=abc\n", 0),
    "negative length": (b"-12 path=abc\n", 0),
    "length too large": (b"13 path=abc\n", 0),
    "length too small": (b"11 path=abc\n", 0),
    "length zero": (b"0 path=abc\n", 0),
    "length inside itself": (b"2 path=abc\n", 0),
    "huge length": (b"99999999999999999999 path=abc\n", 0),
    "no newline": (b"12 path=abcd", 0),
    "no equals sign": (sized(b"path"), 0),
    "no key": (sized(b"=ab"), 0),
    "NUL in the path": (sized(b"path=a\0c"), 0),
    "NUL in the owner": (sized(b"uname=a\0c"), 0),
    "NUL in a key": (sized(b"a\0b=cd"), 0),
    "NULs behind": (b"12 path=abc\n\0\0", 12),
    "second one": (b"12 path=abc\n12 path=ab\n", 12),
    "offset twice": (sized(b"GNU.sparse.offset=0") * 2, 23),
    "comma in an offset": (sized(b"GNU.sparse.offset=0,1"), 0),
}


@pytest.mark.parametrize("name", RECORDS_TAKEN)
def test_records_that_are_taken(name: str) -> None:
    body, expected = RECORDS_TAKEN[name]
    tar = walk(between(Member("x", body, typeflag=b"x"), Member("name")))
    assert tar.anomalies == ()
    entry = tar.entries[1]
    assert {key: getattr(entry, key) for key in expected} == expected


@pytest.mark.parametrize("name", RECORDS_REFUSED)
def test_records_that_are_refused(name: str) -> None:
    body, offset = RECORDS_REFUSED[name]
    data = between(Member("x", body, typeflag=b"x"), Member("name"))
    assert found(data) == [(AnomalyKind.BAD_PAX_RECORD, 1536 + offset, True)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("uid", "x"),
        ("gid", "1.5"),
        ("size", "0x10"),
        ("size", "9223372036854775808"),
        ("uid", "-9223372036854775809"),
        ("mtime", "yesterday"),
        ("mtime", ".5"),
        ("mtime", "1.5.5"),
        ("atime", "1e9"),
        ("ctime", "1.-5"),
        ("ctime", "9223372036854775808"),
    ],
)
def test_values_that_are_refused(key: str, value: str) -> None:
    data = between(Member("name", pax={key: value}))
    assert found(data) == [(AnomalyKind.BAD_PAX_RECORD, 1024, True)]
    assert key in walk(data).anomalies[0].detail


def test_a_long_value_that_is_refused_is_shown_in_part() -> None:
    detail = walk(between(Member("name", pax={"mtime": "y" * 100}))).anomalies[0].detail
    assert "y" * 40 in detail
    assert "y" * 41 not in detail


def test_a_size_record_wins() -> None:
    member = Member("a", b"x" * 700, pax={"size": "700"}, raw={"size": b"0\0"})
    tar = walk(between(member))
    assert (paths(tar), tar.entries[1].size) == (["first", "a", "last"], 700)


def test_gnu_names_win_over_records() -> None:
    extensions = [
        Member("L", b"gnu-name\0rest", typeflag=b"L"),
        Member("K", b"gnu-link\0", typeflag=b"K"),
        Member("x", pax_records({"path": "pax-name", "linkpath": "pax-link"}), typeflag=b"x"),
    ]
    tar = walk(between(*extensions, symlink("name", "link")))
    assert (tar.entries[1].name, tar.entries[1].linkname) == ("gnu-name", "gnu-link")


def test_the_last_local_header_replaces_those_before() -> None:
    extensions = [
        Member("x", pax_records({"path": "one", "uid": "7"}), typeflag=b"x"),
        Member("x", pax_records({"gid": "8"}), typeflag=b"x"),
    ]
    entry = walk(between(*extensions, Member("name"))).entries[1]
    assert (entry.name, entry.uid, entry.gid) == ("name", 0, 8)


def test_extension_headers_hold_for_one_entry() -> None:
    tar = walk(between(Member("a", pax={"path": "b", "uid": "7", "SCHILY.xattr.u": "1"})))
    last = tar.entries[-1]
    assert (last.name, last.uid, dict(last.xattrs)) == ("last", 0, {})


def test_a_global_header_is_an_entry_and_changes_no_other() -> None:
    tar = walk(between(pax_global({"uid": "7", "comment": "c"}), pax_global({"comment": "d"})))
    assert [entry.kind for entry in tar.entries] == ["0", "g", "g", "0"]
    assert tar.entries[-1].uid == 0
    assert tar.global_records == {"uid": "7", "comment": "d"}
    assert "pax_global_header" not in tar.entries.by_path
    assert tar.entries.repeated == ()


def test_a_global_header_takes_the_extension_headers_before_it() -> None:
    local = Member("x", pax_records({"path": "stolen"}), typeflag=b"x")
    assert paths(walk(between(local, pax_global({"a": "b"})))) == [
        "first",
        "pax_global_header",
        "last",
    ]


def test_an_extension_header_of_one_mebibyte_is_taken() -> None:
    name = "n" * ((1 << 20) - 1)
    tar = walk(between(Member("x", name.encode() + b"\0", typeflag=b"L"), Member("short")))
    assert not tar.anomalies
    assert [limit.limit for limit in tar.limits] == ["name"]
    assert tar.entries[1].name == name[:16384]


# --- sparse files


def sparse_1_0(body: bytes, content: bytes = b"", real: str = "4096", **pax: str) -> Member:
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": real}
    return Member("in-header", body + content, pax={**records, **pax})


def sparse_0_1(spans: str, count: str, content: bytes = b"", **pax: str) -> Member:
    records = {"GNU.sparse.map": spans, "GNU.sparse.numblocks": count, "GNU.sparse.size": "4096"}
    return Member("name", content, pax={**records, **pax})


def row(*numbers: int) -> bytes:
    return b"".join(b"%011o\0" % number for number in numbers)


def old_sparse(rows: bytes, content: bytes, *, more: bytes = b"", real: int = 4096) -> Member:
    """``more`` are the blocks of the map behind the header."""
    fields = bytes(41) + rows.ljust(96, b"\0") + (b"\1" if more else b"\0") + row(real)
    raw = {**GNU, "prefix": fields.ljust(155, b"\0"), "size": b"%011o" % len(content)}
    return Member("old", more + content, b"S", raw=raw)


def map_block(rows: bytes, *, extended: bool = False) -> bytes:
    return rows.ljust(504, b"\0") + bytes([extended]) + bytes(7)


MAP = b"2\n0\n512\n1024\n512\n".ljust(512, b"\0")
TWO_RUNS = b"a" * 512 + b"b" * 512
LONG_MAP = (b"200\n" + b"0\n0\n" * 198 + b"0\n512\n1024\n512\n").ljust(1024, b"\0")
SPANS = ((0, 512), (1024, 512))
SPARSE_TAKEN: dict[str, tuple[Member, int, tuple[tuple[int, int], ...]]] = {
    "1.0": (sparse_1_0(MAP, TWO_RUNS), 512, SPANS),
    "1.0 without runs": (sparse_1_0(b"0\n".ljust(512, b"\0")), 512, ()),
    "1.0 of two blocks": (
        sparse_1_0(LONG_MAP, TWO_RUNS),
        1024,
        ((0, 0),) * 198 + SPANS,
    ),
    "0.1": (sparse_0_1("0,512,1024,512", "2", TWO_RUNS), 0, SPANS),
    "0.1 with a version": (
        sparse_0_1(
            "0,512,1024,512", "2", TWO_RUNS, **{"GNU.sparse.major": "0", "GNU.sparse.minor": "1"}
        ),
        0,
        SPANS,
    ),
    "0.1 without runs": (
        sparse_0_1("", "0", b"", **{"GNU.sparse.major": "0", "GNU.sparse.minor": "1"}),
        0,
        (),
    ),
    "old GNU": (old_sparse(row(0, 512, 1024, 512), TWO_RUNS), 0, SPANS),
    "old GNU of two blocks": (
        old_sparse(row(0, 512), TWO_RUNS, more=map_block(row(1024, 512))),
        512,
        SPANS,
    ),
    "old GNU of three blocks": (
        old_sparse(
            b"",
            TWO_RUNS,
            more=map_block(row(0, 512), extended=True) + map_block(row(1024, 512)),
        ),
        1024,
        SPANS,
    ),
}


@pytest.mark.parametrize("name", SPARSE_TAKEN)
def test_a_sparse_file(name: str) -> None:
    member, before, spans = SPARSE_TAKEN[name]
    tar = walk(between(member))
    assert tar.anomalies == ()
    assert tar.entries[1].size == 4096
    assert tar.entries.sparse == {1: spans}
    offset, length = tar.entries.content(1)
    assert length == sum(span[1] for span in spans)
    assert offset == tar.entries.offsets[1] + BLOCK + before
    assert paths(tar)[-1] == "last"


def test_a_sparse_file_has_the_name_of_its_record() -> None:
    named = {"GNU.sparse.name": "real"}
    assert paths(walk(between(sparse_1_0(MAP, TWO_RUNS, **named))))[1] == "real"
    assert paths(walk(between(sparse_1_0(MAP, TWO_RUNS))))[1] == "in-header"


def test_a_sparse_version_that_nobody_knows_is_a_plain_file() -> None:
    tar = walk(between(sparse_1_0(MAP, TWO_RUNS, **{"GNU.sparse.major": "2"})))
    assert tar.entries.sparse == {}
    assert tar.entries[1].size == 1536


SPARSE_REFUSED: dict[str, Member] = {
    "count is no number": sparse_1_0(b"x\n".ljust(512, b"\0")),
    "negative count": sparse_1_0(b"-1\n".ljust(512, b"\0")),
    "count over 63 bits": sparse_1_0(b"9223372036854775808\n".ljust(512, b"\0")),
    "offset is no number": sparse_1_0(b"1\nx\n0\n".ljust(512, b"\0")),
    "overlap": sparse_1_0(b"2\n0\n512\n511\n1\n".ljust(512, b"\0"), b"x" * 513),
    "wrong order": sparse_1_0(b"2\n1024\n1\n0\n1\n".ljust(512, b"\0"), b"xx"),
    "beyond the end": sparse_1_0(b"1\n4096\n1\n".ljust(512, b"\0"), b"x"),
    "overflow": sparse_1_0(b"1\n9223372036854775807\n2\n".ljust(512, b"\0"), b"x"),
    "odd count": sparse_0_1("0,512,1024", "2"),
    "no count": sparse_0_1("0,512", ""),
    "negative number": sparse_0_1("0,-1", "1"),
    "empty number": sparse_0_1("0,", "1"),
    "0.1 beyond the end": sparse_0_1("4000,97", "1", b"x" * 97),
    "map on a directory": replace(sparse_0_1("0,0", "1"), typeflag=b"5"),
    "old GNU without its magic": Member("old", typeflag=b"S"),
    "old GNU with a bad number": old_sparse(b"x" * 24, b""),
    "old GNU beyond the end": old_sparse(row(4000, 97), b"x" * 97),
}


@pytest.mark.parametrize("name", SPARSE_REFUSED)
def test_a_sparse_map_that_is_refused(name: str) -> None:
    data = between(SPARSE_REFUSED[name])
    anomaly = walk(data).anomalies[0]
    assert (anomaly.kind, anomaly.fatal) == (AnomalyKind.BAD_SPARSE_MAP, True)
    assert anomaly.offset in (1024, 2048, 2560)


SPARSE_INCOMPLETE: dict[str, Member] = {
    "no map": sparse_1_0(b""),
    "half a block of map": sparse_1_0(b"0\n".ljust(511, b"\0")),
    "map without an end": sparse_1_0(b"9\n0\n".ljust(512, b"\0")),
    "map without a newline": sparse_1_0(b"1" * 1024),
    "map on a directory": replace(sparse_1_0(MAP), typeflag=b"5"),
}


@pytest.mark.parametrize("name", SPARSE_INCOMPLETE)
def test_a_sparse_map_that_ends_with_the_content(name: str) -> None:
    """Go says "unexpected EOF" of these (reader.go, readGNUSparseMap1x0)."""
    anomaly = walk(between(SPARSE_INCOMPLETE[name])).anomalies[0]
    assert (anomaly.kind, anomaly.fatal) == (AnomalyKind.INCOMPLETE_SPARSE_MAP, True)
    assert anomaly.offset in (1024, 2048, 2560)


def test_a_bad_number_of_a_bad_block_is_placed_in_that_block() -> None:
    member = old_sparse(row(0, 512), b"", more=map_block(b"x" * 24))
    assert found(between(member)) == [(AnomalyKind.BAD_SPARSE_MAP, 1536, True)]


@pytest.mark.parametrize("size", [b"\xff" * 12, b"junk".ljust(12)])
def test_the_real_size_of_an_old_sparse_file_is_checked(size: bytes) -> None:
    fields = bytes(41) + bytes(97) + size
    member = Member("old", typeflag=b"S", raw={**GNU, "prefix": fields.ljust(155, b"\0")})
    assert found(between(member)) == [(AnomalyKind.BAD_NUMBER, 1024 + 483, True)]


@pytest.mark.parametrize("stored", [1000, 1100])
def test_a_map_that_does_not_fit_the_content_is_noted(stored: int) -> None:
    tar = walk(between(sparse_1_0(MAP, b"x" * stored)))
    (anomaly,) = tar.anomalies
    assert (anomaly.kind, anomaly.offset, anomaly.fatal) == (
        AnomalyKind.BAD_SPARSE_MAP,
        2048,
        False,
    )
    assert f"describes 1024 bytes of content, the archive stores {stored}" in anomaly.detail
    assert paths(tar)[-1] == "last"


def test_maps_in_wrong_order_of_0_0() -> None:
    body = pax_records({"GNU.sparse.numbytes": "1"})
    data = between(Member("x", body, typeflag=b"x"), Member("name"))
    assert found(data) == [(AnomalyKind.BAD_PAX_RECORD, 1536, True)]


def test_a_map_of_0_0() -> None:
    body = b"".join(
        pax_records({"GNU.sparse.offset": str(offset), "GNU.sparse.numbytes": str(length)})
        for offset, length in SPANS
    ) + pax_records({"GNU.sparse.size": "4096", "GNU.sparse.numblocks": "2"})
    tar = walk(between(Member("x", body, typeflag=b"x"), Member("name", TWO_RUNS)))
    assert (tar.anomalies, tar.entries.sparse) == ((), {1: SPANS})


def test_a_file_that_ends_inside_an_old_sparse_map() -> None:
    member = old_sparse(row(0, 512), b"", more=map_block(row(1024, 512)))
    (anomaly,) = walk(encode(member)[:700]).anomalies
    assert (anomaly.kind, anomaly.offset) == (AnomalyKind.TRUNCATED_CONTENT, 700)
    assert anomaly.fatal


def test_maps_are_bounded() -> None:
    """Neither a map of one mebibyte nor its reading block by block takes long."""
    endless = encode(old_sparse(b"", b"", more=map_block(b"", extended=True)))
    tar = walk(endless + map_block(b"", extended=True) * 2100)
    (anomaly,) = tar.anomalies
    assert (anomaly.kind, anomaly.fatal) == (AnomalyKind.BAD_SPARSE_MAP, True)
    lines = b"200000\n" + b"1\n" * 520_000
    (anomaly,) = walk(between(sparse_1_0(lines + b"2" * (1 << 20)))).anomalies
    assert (anomaly.kind, anomaly.fatal) == (AnomalyKind.BAD_SPARSE_MAP, True)


# --- limits


def limits_of(tar: Tar) -> list[tuple[str, int | None]]:
    return [(limit.limit, limit.offset) for limit in tar.limits]


def test_the_limit_on_entries() -> None:
    tar = walk(between(), Limits(entries=1))
    assert (paths(tar), limits_of(tar)) == (["first"], [("entries", 1024)])
    assert tar.size == len(between())
    assert limits_of(walk(between(), Limits(entries=2))) == []


def test_the_limit_on_a_name() -> None:
    tar = walk(between(hardlink("a" * 30, "b" * 30)), Limits(name=10))
    assert (tar.entries[1].name, tar.entries[1].linkname) == ("a" * 10, "b" * 10)
    assert limits_of(tar) == [("name", 1024)] * 2
    assert paths(tar)[-1] == "last"


def test_limits_on_names_are_not_noted_without_end() -> None:
    tar = walk(write_tar([file("a" * 30)] * 100), Limits(name=10))
    assert len(tar.entries) == 100
    assert len(tar.limits) == 20


@pytest.mark.parametrize(
    "member",
    [
        file("a" * 900),
        symlink("a", "b" * 900),
        Member("a", pax={f"SCHILY.xattr.user.{key}": "b" * 200 for key in "abcde"}),
        pax_global({"comment": "b" * 900}),
        sparse_0_1("0,512,1024,512" + ",1536,0" * 8, "10", TWO_RUNS),
    ],
)
def test_the_limit_on_all_names(member: Member) -> None:
    """Besides 200 bytes for each entry."""
    tar = walk(between(member), Limits(names=80))
    assert [limit.limit for limit in tar.limits] == ["names"]
    assert "last" not in paths(tar)
    assert limits_of(walk(between(member), Limits(names=2000))) == []


def test_the_limit_on_extension_headers() -> None:
    data = between(Member("x", pax_records({"comment": "c" * 90}), typeflag=b"x"), Member("a"))
    tar = walk(data, Limits(extension=50))
    assert tar.fatal is not None
    assert tar.fatal.kind == AnomalyKind.OVERSIZED_EXTENSION
    assert "readers accept at most 50" in tar.fatal.detail


def test_the_limit_on_content() -> None:
    members = [file(f"f{number}", b"%d" % number * 100, mode=0o755) for number in range(3)]
    tar = walk(write_tar(members), Limits(content=150), ContentPlan({}, 100))
    assert {position: len(content) for position, content in tar.contents.items()} == {
        0: 100,
        1: 20,
        2: 20,
    }
    assert [limit.limit for limit in tar.limits] == ["content", "content"]
    assert len(tar.entries) == 3


def test_the_limit_on_anomalies_lets_the_fatal_one_through() -> None:
    members = [Member("odd", typeflag=b"Z")] * 5
    data = write_tar(members, end_blocks=0) + b"junk" * 128
    kinds = [each.kind for each in walk(data, Limits(anomalies=2)).anomalies]
    assert kinds == [AnomalyKind.UNKNOWN_TYPE, AnomalyKind.UNKNOWN_TYPE, AnomalyKind.BAD_CHECKSUM]


def test_attributes_are_cut() -> None:
    pax = {f"SCHILY.xattr.user.{number:03}": "v" * 300 for number in range(100)}
    xattrs = walk(between(Member("a", pax=pax))).entries[1].xattrs
    assert len(xattrs) == 64
    assert {len(value) for value in xattrs.values()} == {256}


def test_attributes_that_go_does_not_read_are_named() -> None:
    pax = {
        "LIBARCHIVE.xattr.security.capability": "AQ==",
        "SCHILY.acl.access": "user::rw-",
        "SCHILY.xattr.user.a": "1",
        "LIBARCHIVE.creationtime": "1",
    }
    entries = walk(between(Member("a", pax=pax), Member("b"))).entries
    assert entries.unread_attributes == {
        1: ("LIBARCHIVE.xattr.security.capability", "SCHILY.acl.access")
    }


def test_attributes_that_go_does_not_read_are_bounded() -> None:
    pax = {f"LIBARCHIVE.xattr.user.{number:03}": "dg==" for number in range(100)}
    assert len(walk(between(Member("a", pax=pax))).entries.unread_attributes[1]) == 64


def test_the_size_of_a_huge_file_is_no_trouble() -> None:
    tar = walk(write_tar([Member("huge", raw={"size": b"\x80\0\0\0\x7f" + b"\xff" * 7})]))
    assert tar.entries[0].size == (1 << 63) - 1
    assert found(write_tar([Member("huge", raw={"size": b"\x80\0\0\0\x7f" + b"\xff" * 7})])) == [
        (AnomalyKind.TRUNCATED_CONTENT, 1536, True)
    ]
