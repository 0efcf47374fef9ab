"""The tar writer against tarfile and GNU tar, which read what it wrote."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.testing.tar import (
    BLOCK,
    FIELDS,
    Member,
    compress,
    device,
    directory,
    fifo,
    file,
    hardlink,
    header,
    offsets,
    opaque,
    pax_global,
    pax_records,
    symlink,
    whiteout,
    write_tar,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LONG = "very/" * 30 + "long"

EVERYTHING = (
    directory("etc"),
    file("etc/passwd", "root:x:0:0::/root:/bin/sh\n", mode=0o640),
    hardlink("etc/copy", "etc/passwd"),
    symlink("etc/link", "passwd"),
    device("dev-null", 1, 3),
    device("dev-sda", 8, 0, block=True),
    fifo("pipe"),
    whiteout("etc/motd"),
    opaque("var/cache/"),
    file(LONG, b"x"),
    replace(file(LONG + "-gnu", b"y"), long_names="gnu"),
    symlink("far", LONG),
    replace(symlink("far-gnu", LONG), long_names="gnu"),
    Member("own", uid=1000, gid=100, uname="app", gname="users", mtime=7),
    Member("half", pax={"mtime": "1.5", "SCHILY.xattr.user.note": "é"}),
)


def read(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        return tar.getmembers()


def by_name(data: bytes) -> dict[str, tarfile.TarInfo]:
    return {info.name: info for info in read(data)}


def test_tarfile_reads_all_members_in_order() -> None:
    names = [member.name.rstrip("/") for member in EVERYTHING]
    assert [info.name for info in read(write_tar(EVERYTHING))] == names


def test_tarfile_reads_the_fields() -> None:
    found = by_name(write_tar(EVERYTHING))
    assert found["etc"].isdir()
    assert (found["etc/passwd"].mode, found["etc/passwd"].size) == (0o640, 26)
    assert (found["etc/copy"].type, found["etc/copy"].linkname) == (tarfile.LNKTYPE, "etc/passwd")
    assert (found["etc/link"].type, found["etc/link"].linkname) == (tarfile.SYMTYPE, "passwd")
    assert found["dev-null"].ischr()
    assert (found["dev-null"].devmajor, found["dev-null"].devminor) == (1, 3)
    assert found["dev-sda"].isblk()
    assert found["pipe"].isfifo()
    assert found["far"].linkname == found["far-gnu"].linkname == LONG
    own = found["own"]
    assert (own.uid, own.gid, own.uname, own.gname, own.mtime) == (1000, 100, "app", "users", 7)
    assert found["half"].mtime == 1.5
    assert found["half"].pax_headers["SCHILY.xattr.user.note"] == "é"


def test_whiteouts_have_the_names_of_the_specification() -> None:
    assert whiteout("etc/motd").name == "etc/.wh.motd"
    assert whiteout("motd").name == ".wh.motd"
    assert opaque("var/cache").name == "var/cache/.wh..wh..opq"
    assert opaque("").name == ".wh..wh..opq"


def _is_gnu(program: str) -> bool:
    run = subprocess.run([program, "--version"], capture_output=True, check=True)
    return b"GNU tar" in run.stdout


def test_gnu_tar_reads_all_members_without_a_warning() -> None:
    program = shutil.which("gtar") or shutil.which("tar")
    if program is None or not _is_gnu(program):
        pytest.skip("GNU tar is not installed")
    run = subprocess.run(
        [program, "-tv"], input=write_tar(EVERYTHING), capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert len(run.stdout.splitlines()) == len(EVERYTHING)


def test_offsets_are_those_of_tarfile() -> None:
    infos = read(write_tar(EVERYTHING))
    extents = offsets(EVERYTHING)
    assert [extent.start for extent in extents] == [info.offset for info in infos]
    assert [extent.data for extent in extents] == [info.offset_data for info in infos]
    assert [extent.header for extent in extents] == [info.offset_data - BLOCK for info in infos]
    assert extents[-1].end == len(write_tar(EVERYTHING, end_blocks=0))


def test_a_global_header_holds_for_what_follows() -> None:
    data = write_tar([pax_global({"comment": "all"}), file("a")])
    assert by_name(data)["a"].pax_headers == {"comment": "all"}


@pytest.mark.parametrize("length", range(80, 110))
def test_a_pax_record_counts_its_own_length(length: int) -> None:
    record = pax_records({"path": "x" * length})
    assert int(record.split(b" ")[0]) == len(record)


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"chksum"}))
def test_every_field_can_be_overwritten_and_the_checksum_follows(name: str) -> None:
    start, width = FIELDS[name]
    block = header(Member("a", raw={name: b"7" * width}))
    assert block[start : start + width] == b"7" * width
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    assert block[148:156] == b"%06o\0 " % total


def test_the_checksum_itself_can_be_overwritten() -> None:
    broken = replace(file("a"), raw={"chksum": b"junk"})
    assert header(broken)[148:156] == b"junk\0\0\0\0"
    with pytest.raises(tarfile.ReadError):
        read(write_tar([broken]))


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (Member("a", raw={"nonsense": b""}), "unknown header field 'nonsense'"),
        (Member("a", raw={"typeflag": b"55"}), "2 bytes do not fit in the header field typeflag"),
        (Member("a", uid=8**7), "uid 2097152 does not fit"),
        (Member("a", mtime=-1), "mtime -1 does not fit"),
    ],
)
def test_what_does_not_fit_is_refused(member: Member, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        header(member)


def test_numbers_that_do_not_fit_can_be_given_raw() -> None:
    member = Member("a", uid=8**7, raw={"uid": b"\x80" + (8**7).to_bytes(7, "big")})
    assert read(write_tar([member]))[0].uid == 8**7


def test_the_end_is_as_asked_for() -> None:
    plain = write_tar([file("a")], end_blocks=0)
    assert len(plain) == BLOCK
    assert write_tar([file("a")]) == plain + bytes(2 * BLOCK)
    assert write_tar([file("a")], end_blocks=1, padding=b"junk") == plain + bytes(BLOCK) + b"junk"


@pytest.mark.parametrize(
    ("kind", "decompress"),
    [
        ("none", bytes),
        ("gzip", gzip.decompress),
        ("bzip2", bz2.decompress),
        ("xz", lzma.decompress),
        ("zstd", zstd.decompress),
    ],
)
@given(data=st.binary(max_size=2000))
def test_compressed_data_comes_back(kind: str, decompress: object, data: bytes) -> None:
    assert callable(decompress)
    assert decompress(compress(data, kind)) == data


def test_gzip_holds_neither_time_nor_system() -> None:
    assert compress(b"x", "gzip")[4:10] == b"\0\0\0\0\x02\xff"


def test_an_unknown_compression_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown compression 'rar'; known: none, gzip"):
        compress(b"", "rar")


SEGMENT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=60
).filter(lambda text: text not in {".", ".."})
NAMES = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
MEMBERS = st.builds(
    Member,
    name=NAMES,
    content=st.binary(max_size=1100),
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 8**7 - 1),
    gid=st.integers(0, 8**7 - 1),
    mtime=st.integers(0, 8**11 - 1),
    long_names=st.sampled_from(["pax", "gnu"]),
)


@given(st.lists(MEMBERS, max_size=5))
def test_any_members_come_back_from_tarfile(members: list[Member]) -> None:
    data = write_tar(members)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        found = [
            (info.name, handle.read(), info.mode, info.uid, info.gid, info.mtime)
            for info in tar
            if (handle := tar.extractfile(info)) is not None
        ]
    assert found == [(m.name, m.content, m.mode, m.uid, m.gid, m.mtime) for m in members]
