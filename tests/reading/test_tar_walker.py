"""The tar walker against tarfile: archives of every writer at hand, random and broken ones."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.reading.tar import batches, plain, seeking
from checker.reading.tar.header import BLOCK
from checker.reading.tar.walker import TarWalker, walk_by_seeking
from checker.testing.elf import Linking, elf
from checker.testing.tar import (
    Member,
    device,
    directory,
    fifo,
    file,
    hardlink,
    offsets,
    pax_global,
    symlink,
    write_tar,
)
from tests.compiled_parts import compiled_part, without_part
from tests.effort import examples, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from checker.model.tar import Tar

PIECES = (1, 7, 511, 513, 4096)
SMALL_ENOUGH = 60_000
EXECUTABLES = ContentPlan({}, 600)
# To hash the content of all files, each header is read alone.
HEADER_BY_HEADER = EXECUTABLES._replace(digests=True)
MUST_HAVE_TOOLS = os.environ.get("CHECKER_REQUIRE_ENGINES") == "1"


def walk(
    pieces: Iterable[bytes], plan: ContentPlan = EXECUTABLES, limits: Limits | None = None
) -> Tar:
    walker = TarWalker(limits or Limits(), plan)
    for piece in pieces:
        walker.feed(piece)
    return walker.finish()


def seek(
    data: bytes, plan: ContentPlan = EXECUTABLES, limits: Limits | None = None, most: int = 1 << 20
) -> Tar:
    """Walk it as a file is walked that gives at most so many bytes at once."""
    walker = TarWalker(limits or Limits(), plan)
    return walk_by_seeking(walker, lambda at, size: data[at : at + min(size, most)], len(data))


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def walk_skipping(data: bytes, window: int) -> Tar:
    walker = TarWalker(Limits(), EXECUTABLES)
    at = 0
    while at < len(data):
        step = min(walker.skippable, len(data) - at)
        walker.skip(step)
        at += step
        walker.feed(data[at : at + window])
        at += len(data[at : at + window])
    return walker.finish()


def everything(tar: Tar) -> tuple[Any, ...]:
    """All facts, in a form that compares."""
    entries = tar.entries
    return (
        tuple(entries),
        tuple(map(entries.content, range(len(entries)))),
        entries.sparse,
        entries.xattr_sizes,
        entries.unread_attributes,
        entries.by_path,
        entries.repeated,
        tar.anomalies,
        (tar.size, tar.end, tar.end_blocks, tar.after_end, tar.header_follows),
        dict(tar.global_records),
        list(tar.contents.items()),
        list(tar.elf_files.items()),
        tar.limits,
        tar.unsearched,
        tar.crashes,
        tar.has_odd_headers,
    )


def check_feeding(data: bytes) -> Tar:
    """Walk it whole, in pieces and with skips: the facts are the same."""
    tar = walk([data])
    expected = everything(tar)
    assert everything(walk([data], HEADER_BY_HEADER)) == expected
    for size in PIECES if len(data) < SMALL_ENOUGH else PIECES[1:]:
        assert everything(walk(cut(data, size))) == expected, size
    for window in (BLOCK, 513, 1 << 18):
        assert everything(walk_skipping(data, window)) == expected, window
    assert everything(seek(data)) == expected
    return tar


# --- the same facts as tarfile


def content_of(data: bytes, tar: Tar, position: int) -> bytes:
    offset, length = tar.entries.content(position)
    spans = tar.entries.sparse.get(position)
    if spans is None:
        return data[offset : offset + length]
    content = bytearray(tar.entries.sizes[position])
    for start, count in spans:
        content[start : start + count] = data[offset : offset + count]
        offset += count
    return bytes(content)


def seen_by_walker(data: bytes, tar: Tar) -> list[tuple[Any, ...]]:
    rows = []
    for entry in tar.entries:
        if entry.kind == "g":
            continue
        content = content_of(data, tar, entry.position) if entry.is_file else b""
        rows.append(
            (
                entry.name.rstrip("/"),
                entry.kind,
                entry.size,
                entry.mode & 0o7777,
                (entry.uid, entry.gid),
                entry.mtime,
                entry.linkname,
                entry.device,
                dict(entry.xattrs),
                tar.entries.content(entry.position).offset,
                content,
            )
        )
    return rows


def seen_by_tarfile(data: bytes) -> list[tuple[Any, ...]]:
    rows = []
    with tarfile.open(
        fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape"
    ) as tar:
        for info in tar:
            kind = info.type.decode().replace("\0", "0")
            extracted = tar.extractfile(info) if info.isreg() else None
            rows.append(
                (
                    info.name.rstrip("/"),
                    kind,
                    info.size,
                    info.mode & 0o7777,
                    (info.uid, info.gid),
                    int(info.mtime),
                    info.linkname if info.islnk() or info.issym() else "",
                    (info.devmajor, info.devminor) if info.ischr() or info.isblk() else None,
                    xattrs_of(info),
                    info.offset_data,
                    b"" if extracted is None else extracted.read(),
                )
            )
    return rows


def xattrs_of(info: tarfile.TarInfo) -> dict[str, bytes]:
    prefix = "SCHILY.xattr."
    return {
        key.removeprefix(prefix): value.encode("utf-8", "surrogateescape")
        for key, value in info.pax_headers.items()
        if key.startswith(prefix)
    }


def check_against_tarfile(data: bytes) -> Tar:
    tar = check_feeding(data)
    assert tar.anomalies == ()
    assert tar.end_blocks == 2
    assert seen_by_walker(data, tar) == seen_by_tarfile(data)
    return tar


# --- archives of tarfile

LONG = "long/" * 25 + "name"
VERY_LONG = "very-long/" * 40 + "name"


def made_by_tarfile(tar_format: int, infos: Iterable[tarfile.TarInfo]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format, encoding="utf-8") as tar:
        for info in infos:
            tar.addfile(info, io.BytesIO(b"c" * info.size))
    return buffer.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, **fields: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in fields.items():
        setattr(made, key, value)
    return made


COMMON = (
    info("dir", tarfile.DIRTYPE, mode=0o755, mtime=1_700_000_000),
    info("dir/empty", mode=0o4755),
    info("dir/file", size=513, uid=1000, gid=100, mtime=1),
    info("dir/block", size=512, mode=0o755),
    info("./dot/file", size=1),
    info("link", tarfile.SYMTYPE, linkname="dir/file"),
    info("hard", tarfile.LNKTYPE, linkname="dir/file"),
    info("null", tarfile.CHRTYPE, devmajor=1, devminor=3),
    info("disk", tarfile.BLKTYPE, devmajor=8, devminor=255),
    info("pipe", tarfile.FIFOTYPE),
    info("contiguous", tarfile.CONTTYPE, size=7),
    info(LONG, size=3),
)
LARGE = (
    info(VERY_LONG, size=600),
    info("far", tarfile.SYMTYPE, linkname=VERY_LONG),
    info("far-hard", tarfile.LNKTYPE, linkname=VERY_LONG),
    info("large", uid=1 << 40, gid=1 << 41, mtime=1 << 35),
    info("before-1970", mtime=-86_400),
    info("ünïcode-\u4e2d\u6587", size=5),
    info("not-utf8-\udcff\udcfe", size=5),
)
PAX_ONLY = (
    info("fraction", mtime=1_700_000_000.75),
    info("xattrs", pax_headers={"SCHILY.xattr.user.one": "1", "SCHILY.xattr.user.two": "zwei"}),
    info("comment", pax_headers={"comment": "a = b\nc = d"}),
)


@pytest.mark.parametrize(
    ("tar_format", "infos"),
    [
        pytest.param(tarfile.USTAR_FORMAT, COMMON, id="ustar"),
        pytest.param(tarfile.GNU_FORMAT, COMMON + LARGE, id="gnu"),
        pytest.param(tarfile.PAX_FORMAT, COMMON + LARGE + PAX_ONLY, id="pax"),
    ],
)
def test_archives_of_tarfile(tar_format: int, infos: tuple[tarfile.TarInfo, ...]) -> None:
    tar = check_against_tarfile(made_by_tarfile(tar_format, infos))
    assert len(tar.entries) == len(infos)


def test_an_archive_as_before_posix() -> None:
    old = {"magic": b"", "version": b""}
    members = [
        Member("dir/", typeflag=b"\0", raw=old),
        Member("dir/file", b"old", typeflag=b"\0", raw=old),
        Member("link", linkname="dir/file", typeflag=b"2", raw=old),
        Member("hard", linkname="dir/file", typeflag=b"1", raw=old),
    ]
    tar = check_against_tarfile(write_tar(members))
    assert [entry.kind for entry in tar.entries] == ["5", "0", "2", "1"]


def test_content_that_is_asked_for() -> None:
    members = [file("a", b"A" * 700, mode=0o755), file("b", b"B"), file("etc/passwd", b"root")]
    plan = ContentPlan({"etc/passwd": 2}, 600)
    for size in (1, 511, 10_000):
        tar = walk(cut(write_tar(members), size), plan)
        assert tar.contents == {0: b"A" * 600, 2: b"ro"}
    assert len(tar.entries) == 3


# --- archives of other tools


def tool(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        message = f"{program} is missing; it is in the Debian package {package}"
        if MUST_HAVE_TOOLS:
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that a tar can hold, as far as this user may make it."""
    root = tmp_path_factory.mktemp("tree")
    (root / "dir").mkdir(mode=0o750)
    (root / "dir/file").write_bytes(b"content" * 100)
    (root / "empty").touch()
    (root / "setuid").write_bytes(b"#!")
    (root / "setuid").chmod(0o4711)
    (root / "link").symlink_to("dir/file")
    os.link(root / "dir/file", root / "hard")
    os.mkfifo(root / "pipe")
    long = root / LONG
    long.parent.mkdir(parents=True)
    long.write_bytes(b"long")
    very_long = root / VERY_LONG
    very_long.parent.mkdir(parents=True)
    very_long.write_bytes(b"very long")
    (root / "far").symlink_to(VERY_LONG)
    (root / "ünïcode-\u4e2d\u6587").write_bytes(b"u")
    (root / "not-utf8-\udcff").write_bytes(b"n")
    (root / "before-1970").touch()
    os.utime(root / "before-1970", (-1000, -1000))
    (root / "fraction").touch()
    os.utime(root / "fraction", ns=(10**9, 10**18 + 123_456_789))
    make_sparse(root / "holes", 3)
    make_sparse(root / "many-holes", 60)
    if os.geteuid() == 0:
        os.mknod(root / "null", 0o20666, os.makedev(1, 3))
        os.mknod(root / "disk", 0o60660, os.makedev(8, 17))
        (root / "foreign").touch()
        os.chown(root / "foreign", 3_000_000, 3_000_001)
    return root


def make_sparse(path: Path, runs: int) -> None:
    with path.open("wb") as sparse:
        for run in range(runs):
            sparse.seek(8192 * run + 4096)
            sparse.write(b"%04d" % run * 10)
        sparse.truncate(8192 * runs + 5000)


def gnu(tar_format: str, *options: str) -> tuple[str, str, list[str]]:
    return "tar", "tar", [f"--format={tar_format}", *options, "--numeric-owner"]


def gnu_sparse(version: str) -> tuple[str, str, list[str]]:
    return gnu("posix", "--sparse", f"--sparse-version={version}", "--hole-detection=raw")


TOOLS = {
    "gnu-v7": gnu("v7"),
    "gnu-oldgnu": gnu("oldgnu"),
    "gnu-gnu": gnu("gnu"),
    "gnu-ustar": gnu("ustar"),
    "gnu-posix": gnu("posix"),
    "gnu-old-sparse": gnu("oldgnu", "--sparse", "--hole-detection=raw"),
    "gnu-sparse": gnu("gnu", "--sparse", "--hole-detection=raw"),
    "gnu-sparse-0.0": gnu_sparse("0.0"),
    "gnu-sparse-0.1": gnu_sparse("0.1"),
    "gnu-sparse-1.0": gnu_sparse("1.0"),
    "bsd-ustar": ("bsdtar", "libarchive-tools", ["--format=ustar"]),
    "bsd-pax": ("bsdtar", "libarchive-tools", ["--format=pax"]),
    "bsd-gnutar": ("bsdtar", "libarchive-tools", ["--format=gnutar"]),
    "busybox": ("busybox", "busybox-static", ["tar"]),
}


@pytest.mark.parametrize("name", TOOLS)
def test_archives_of_other_tools(name: str, tree: Path) -> None:
    program, package, options = TOOLS[name]
    command = [tool(program, package), *options, "-cf", "-", "-C", str(tree), "."]
    # Most formats have no room for some of it: the tool complains and leaves that out.
    made = subprocess.run(
        command, capture_output=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
    )
    tar = check_against_tarfile(made.stdout)
    assert len(tar.entries) > 12, made.stderr
    assert {"dir/file", "setuid", "link", "hard", "empty"} <= tar.entries.by_path.keys()
    assert bool(tar.entries.sparse) == ("sparse" in name or name == "bsd-pax")


# --- random archives

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300
).filter(lambda name: name.strip("/") not in ("", ".", "..") and not name.startswith("/"))
KINDS = st.sampled_from(
    [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
)


@st.composite
def infos(draw: st.DrawFn) -> tarfile.TarInfo:
    kind = draw(KINDS)
    is_link = kind in {tarfile.SYMTYPE, tarfile.LNKTYPE}
    return info(
        draw(NAMES).rstrip("/"),
        kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(st.integers(0, 1 << 50)),
        gid=draw(st.integers(0, 1 << 50)),
        mtime=draw(st.integers(-(1 << 40), 1 << 40)),
        size=draw(st.integers(0, 1500)) if kind == tarfile.REGTYPE else 0,
        linkname=draw(NAMES).rstrip("/") if is_link else "",
    )


@given(
    st.lists(infos(), max_size=6),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.integers(1, 2000),
)
@settings(max_examples=examples(60), deadline=None)
def test_random_archives_of_tarfile(
    made: list[tarfile.TarInfo], tar_format: int, piece: int
) -> None:
    data = made_by_tarfile(tar_format, made)
    tar = walk(cut(data, piece))
    assert everything(tar) == everything(walk([data]))
    assert seen_by_walker(data, tar) == seen_by_tarfile(data)
    assert [entry.size for entry in tar.entries] == [each.size for each in made]


PARTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=60
).filter(lambda part: part not in (".", "..") and len(part.encode()) < 200)


@given(
    st.dictionaries(PARTS, st.binary(max_size=1500), max_size=5), st.sampled_from(["gnu", "posix"])
)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_archives_of_gnu_tar(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], tar_format: str
) -> None:
    root = tmp_path_factory.mktemp("random")
    for name, content in files.items():
        (root / name).write_bytes(content)
    command = [tool("tar", "tar"), f"--format={tar_format}", "-cf", "-", "-C", str(root), "."]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    tar = walk([data])
    found = {
        entry.path: content_of(data, tar, entry.position) for entry in tar.entries if entry.is_file
    }
    assert found == files
    assert seen_by_walker(data, tar) == seen_by_tarfile(data)


# --- broken archives

SMALL = (
    directory("etc"),
    replace(file("etc/passwd", b"root:x:0:0\n" * 50), pax={"mtime": "1.5", "uid": "7"}),
    pax_global({"comment": "c"}),
    symlink("link", "x" * 120),
    replace(file("long/" * 30, b"l"), long_names="gnu"),
    hardlink("hard", "etc/passwd"),
    device("null", 1, 3),
    fifo("pipe"),
    Member(
        "sparse",
        b"1\n0\n512\n".ljust(512, b"\0") + b"s" * 512,
        pax={
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "sparse",
            "GNU.sparse.realsize": "1000",
        },
    ),
    Member(
        "old-sparse",
        b"o" * 512,
        typeflag=b"S",
        raw={
            "magic": b"ustar ",
            "version": b" \0",
            "prefix": bytes(41) + b"%011o\0%011o\0" % (512, 512) + bytes(73) + b"%011o\0" % 2048,
        },
    ),
    file("last", b"end"),
)
SMALL_TAR = write_tar(SMALL)
SMALL_ENTRIES = list(walk([SMALL_TAR]).entries)


def check_facts(tar: Tar, size: int) -> None:
    """What holds of the facts of any bytes."""
    assert tar.size == size
    starts = [entry.offset for entry in tar.entries]
    assert starts == sorted(set(starts))
    assert all(0 <= start <= size - BLOCK and start % BLOCK == 0 for start in starts)
    found = [anomaly.offset for anomaly in tar.anomalies]
    assert found == sorted(found)
    assert all(0 <= offset <= size for offset in found)
    assert sum(anomaly.fatal for anomaly in tar.anomalies) <= 1
    assert tar.end_blocks == 2 or tar.end is None


def untouched(count: int) -> list[Any]:
    """The entries that lie wholly in the first bytes."""
    ends = [extent.end for extent in offsets(SMALL)]
    return SMALL_ENTRIES[: sum(end <= count for end in ends)]


def test_the_small_archive_is_sound() -> None:
    tar = check_feeding(SMALL_TAR)
    assert not tar.anomalies
    assert len(tar.entries) == len(SMALL)
    assert len(tar.entries.sparse) == 2


def test_every_truncation_is_a_fact() -> None:
    whole = walk([SMALL_TAR])
    assert whole.end is not None
    # Not a divisor of a block: all places in one have their turn.
    for size in part(range(len(SMALL_TAR)), share=7):
        tar = walk([SMALL_TAR[:size]])
        check_facts(tar, size)
        expected = untouched(size)
        assert list(tar.entries)[: len(expected)] == expected
        assert bool(tar.anomalies) == (0 < size < whole.end + 2 * BLOCK), size


@pytest.mark.parametrize("position", range(len(SMALL)))
def test_every_flip_in_a_header_is_a_fact(position: int) -> None:
    """Of the headers of one entry, extension headers and their records included."""
    first, last = file("first", b"1"), file("last", b"2")
    before, extent, _ = offsets([first, SMALL[position], last])
    whole = write_tar([first, SMALL[position], last])
    expected = walk([whole]).entries[0]
    assert extent.start == before.end
    for at in part(range(extent.start, extent.data), position):
        for mask in (0x01, 0x80, 0xFF):
            data = bytearray(whole)
            data[at] ^= mask
            tar = walk([bytes(data)])
            check_facts(tar, len(data))
            assert tar.entries[0] == expected


def test_every_flip_in_a_header_block_is_seen() -> None:
    """The checksum covers the header, so a flip of one bit never goes unnoticed."""
    for number, extent in enumerate(offsets(SMALL)):
        for at in part(range(extent.header, extent.data), number):
            if 148 <= at - extent.header < 156:
                continue
            data = bytearray(SMALL_TAR)
            data[at] ^= 0x20
            fatal = walk([bytes(data)]).fatal
            assert fatal is not None
            assert fatal.offset == extent.header


def resealed(block: bytes) -> bytes:
    """The header with a checksum that fits."""
    blanked = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(blanked) + block[156:]


@given(
    st.sampled_from(offsets(SMALL)),
    st.lists(st.tuples(st.integers(0, 511), st.integers(0, 255)), min_size=1, max_size=8),
)
@settings(max_examples=examples(150), deadline=None)
def test_any_header_with_a_right_checksum_is_a_fact(
    extent: Any, changes: list[tuple[int, int]]
) -> None:
    block = bytearray(SMALL_TAR[extent.header : extent.data])
    for at, value in changes:
        block[at] = value
    data = SMALL_TAR[: extent.header] + resealed(bytes(block)) + SMALL_TAR[extent.data :]
    tar = walk([data])
    check_facts(tar, len(data))
    expected = untouched(extent.start)
    assert list(tar.entries)[: len(expected)] == expected


# --- plain headers, which are read many at a time


@pytest.fixture(params=["compiled", "batches"], scope="module")
def reader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Headers are read by the compiled part, or in batches, however few there are."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plain_headers",):
            if request.param == "compiled":
                patch.setitem(sys.modules, f"checker.compiled.{name}", compiled_part(name))
            else:
                without_part(name, patch)
        patch.setattr(batches, "_PAUSE", 0)
        # Some batches end where the bytes end that are given, and some read on.
        patch.setattr(batches, "ENOUGH", 12)
        patch.setattr(plain, "ENOUGH", 12)
        patch.setattr(seeking, "_SMALLEST", 2048)
        yield


TOKEN = "ghp_nW0rSkzcb5m9vDx1LhYq7KfT3aGp8JuEi2Zo"
PROGRAM = elf("amd64", "/lib/ld.so", needed=tuple(f"lib{number}.so.1" for number in range(20)))
FAR_NAMES = elf(needed=("libfar.so.1",), gap=3000, linking=Linking(names_gap=5000))
SPECIAL = (
    directory("srv/"),
    directory("./lib/"),
    symlink("lib/libz.so", "libz.so.1"),
    hardlink("srv/hard", "srv/1"),
    file("srv/1", b"again"),
    file("etc/passwd", b"root:x:0:0::/:/bin/sh"),
    file("usr/lib/libz.so.1", b"no library"),
    file("home/a/.ssh/id_rsa", b"key"),
    file("bin/sh", b"#!", mode=0o755),
    file("d/" * 48 + "deep", b"flat"),
    symlink("to", "d/" * 48),
    file("//odd/../name/.", b"odd"),
    file("srv/./3/7/.", b"odd as well"),
    file("usr/../app/odd.yaml", f"name: odd\ntoken: {TOKEN}\n"),
    replace(file("b" * 80, b"prefix"), raw={"prefix": b"p/" * 75}),
    file("app/settings.yaml", f"name: app\ntoken: {TOKEN}\n"),
    file("./app/run.sh", f"#!/bin/sh\nexport TOKEN={TOKEN}\n", mode=0o755),
    file("app/large.json", f'{{"token": "{TOKEN}"}}'.ljust(3000)),
    file("usr/bin/program", PROGRAM, mode=0o755),
    file("usr/lib/libfar.so.1", FAR_NAMES),
    file("lib/ld-2.31.so", FAR_NAMES),
    file("opt/data", bytes(40_000), mode=0o700),
    file("inner.tar", write_tar([file(f"inner/{number}", b"x") for number in range(3)])),
)
# The walker reads some headers alone after each that is not plain.
PLAIN = tuple(
    member
    for number, special in enumerate(SPECIAL)
    for member in (
        *(file(f"srv/{number}/{count}", b"x" * (count * 97 % 1400)) for count in range(24)),
        special,
    )
)
PLAIN_TAR = write_tar(PLAIN)
PLAIN_EXTENTS = offsets(PLAIN)
PLANS = (
    EXECUTABLES,
    ContentPlan(),
    ContentPlan({"etc/passwd": 10}, endings={"id_rsa": {"id_rsa": 4}}, libraries=True),
    ContentPlan({"name": 2, "odd/name": 2, "srv/1": 9, "1": 3}),
    ContentPlan(
        below={"home/a": 10, "srv/7": 5},
        hashed={"1": frozenset({"srv/1"}), "7": frozenset({"3/7"})},
    ),
    ContentPlan({"app/settings.yaml": 4}, 600, libraries=True, secrets=True),
)
SEARCH = PLANS[-1]


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("plan", PLANS)
def test_plain_headers_are_read_as_others(plan: ContentPlan) -> None:
    expected = everything(walk([PLAIN_TAR], plan._replace(digests=True)))
    assert everything(walk([PLAIN_TAR], plan)) == expected
    assert len(expected[0]) == len(PLAIN)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("most", [700, 5000, 1 << 20])
@pytest.mark.parametrize("plan", PLANS)
def test_headers_that_are_read_ahead(plan: ContentPlan, most: int) -> None:
    alone = walk([PLAIN_TAR], plan._replace(digests=True))
    tar = seek(PLAIN_TAR, plan, most=most)
    assert everything(tar) == everything(alone)
    assert tar.digests == wanted_digests(alone, plan)


def wanted_digests(tar: Tar, plan: ContentPlan) -> dict[int, bytes]:
    paths = tar.entries.paths
    return {at: digest for at, digest in tar.digests.items() if plan.wants_digest(paths[at])}


UNUSUAL_FIELDS = {
    "star": [(508, b"tar\0")],
    "star without a number as time": [(476, b"time"), (508, b"tar\0")],
    "star with a prefix": [(345, b"p" * 140), (508, b"tar\0")],
    "gnu": [(257, b"ustar  \0")],
    "gnu with times": [(257, b"ustar  \0"), (345, b"00000000001\0")],
    "gnu with a prefix": [(257, b"ustar  \0"), (345, b"prefix")],
    "gnu of another version": [(257, b"ustar 00")],
    "before ustar": [(257, bytes(8))],
    "size in base 256": [(124, b"\x80" + bytes(10) + b"\x03")],
    "negative size": [(124, b"\xff" * 12)],
    "size with spaces": [(124, b"          3 ")],
    "no number as size": [(124, b"abc")],
    "negative mode": [(100, b"\xff" * 8)],
    "no number as owner": [(108, b"root\0")],
    "no number as device": [(329, b"x")],
    "negative time": [(136, b"\xff" * 12)],
    "old type": [(156, b"\0")],
    "contiguous": [(156, b"7")],
    "unknown type": [(156, b"Z")],
    "old sparse": [(156, b"S")],
    "link with content": [(156, b"1")],
    "target without an end": [(156, b"2"), (157, b"t" * 100)],
    "long target": [(156, b"2"), (157, b"t/" * 49)],
    "deep name and long target": [(0, b"/" * 85 + b"\0"), (156, b"2"), (157, b"t" * 95)],
    "name without an end": [(0, b"n" * 100)],
    "bytes after the name": [(0, b"n\0m")],
    "bytes that are not text": [(0, b"\xff\xc3")],
    "no name": [(0, bytes(100))],
    "zeros": [(0, bytes(512))],
    "size of blanks": [(124, b" " * 12)],
    "size after a NUL": [(124, b"\0" + b"1" * 11)],
    "time of blanks": [(136, b" " * 12)],
    "time of twelve digits": [(136, b"014524770400")],
    "time with a blank": [(136, b"014524 70400")],
    "time with a sign": [(136, b"+4524770400\0")],
    "time with an underscore": [(136, b"1452_770400\0")],
    "time with an 8": [(136, b"14524778400\0")],
    "user of blanks": [(108, b" " * 8)],
    "device after a NUL": [(329, b"\x000000001")],
    "minor device after a NUL": [(337, b"\x000000001")],
    "no number as group": [(116, b"\x80" * 8)],
    "user in base 256": [(108, b"\x80\xfe\xdc\xba\x98\x76\x54\x32")],
    "negative user": [(108, b"\xff\0\0\0\0\0\0\0")],
    "largest time": [(136, b"\x80\0\0\0\x7f" + b"\xff" * 7)],
    "time too large": [(136, b"\x80\0\0\0\x80" + bytes(7))],
    "time much too large": [(136, b"\x80\0\0\x01" + bytes(8))],
    "smallest time": [(136, b"\xff\xff\xff\xff\x80" + bytes(7))],
    "time too small": [(136, b"\xff\xff\xff\xff\x7f" + b"\xff" * 7)],
    "time much too small": [(136, b"\xff\xff\xff\xfe" + b"\xff" * 8)],
    "time with another mark": [(136, b"\x81" + bytes(10) + b"\x03")],
    "time with text after a NUL": [(136, b"14524770\0xyz")],
    "largest size": [(124, b"\x80\0\0\0\x7f" + b"\xff" * 7)],
    "quarter of the largest size": [(124, b"\x80\0\0\0\x1f" + b"\xff" * 7)],
    "sum after a NUL": [(148, b"\x00")],
}


def with_fields(at: int, fields: list[tuple[int, bytes]]) -> bytes:
    """Other fields in the header at an offset; a checksum among them is that of the rest."""
    block = bytearray(PLAIN_TAR[at : at + BLOCK])
    for place, value in fields:
        block[place : place + len(value)] = value
    sealed = bytearray(resealed(bytes(block)))
    for place, value in fields:
        if place == 148:
            sealed[place : place + len(value)] = value
    return PLAIN_TAR[:at] + bytes(sealed) + PLAIN_TAR[at + BLOCK :]


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("number", [3, 24])
@pytest.mark.parametrize("fields", UNUSUAL_FIELDS.values(), ids=UNUSUAL_FIELDS)
def test_unusual_headers_among_plain_ones(fields: list[tuple[int, bytes]], number: int) -> None:
    data = with_fields(PLAIN_EXTENTS[number].header, fields)
    expected = everything(walk([data], HEADER_BY_HEADER))
    assert everything(walk([data])) == expected
    assert everything(seek(data)) == expected


SPELLED = st.text("0178 \0", min_size=12, max_size=12).map(str.encode)
SEALS = st.sampled_from([b"%06o\0 ", b"%06o  ", b"%07o\0", b"%6o\0 ", b"%06o\x007", b"%05o \0 "])


@pytest.mark.usefixtures("reader")
@given(st.lists(st.tuples(st.sampled_from(PLAIN_EXTENTS), SPELLED, SEALS), max_size=6))
@settings(max_examples=examples(300), deadline=None)
def test_numbers_that_are_spelled_otherwise(changes: list[tuple[Any, bytes, bytes]]) -> None:
    data = with_spelling(changes)
    assert everything(walk([data])) == everything(walk([data], HEADER_BY_HEADER))


NUMBER_FIELDS = ((100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (329, 8), (337, 8))
# Their first bytes, if a field is shorter.
NUMBERS = st.one_of(
    st.text("0178 \0", max_size=12).map(str.encode),
    st.builds(
        "{:0{}o}{}".format, st.integers(0, 1 << 36), st.integers(1, 12), st.sampled_from(" \0")
    ).map(str.encode),
    st.builds(
        lambda mark, fill, end: (mark + fill * 11)[: 12 - len(end)] + end,
        st.sampled_from([b"\x80", b"\xff", b"\x81", b"\xfe", b"\xc0"]),
        st.sampled_from([b"\0", b"\xff", b"\x7f", b"\x80"]),
        st.binary(max_size=9),
    ),
)


@pytest.mark.usefixtures("reader")
@given(
    st.lists(
        st.tuples(st.sampled_from(PLAIN_EXTENTS), st.sampled_from(NUMBER_FIELDS), NUMBERS),
        min_size=1,
        max_size=8,
    ),
    st.integers(400, 5000),
)
@settings(max_examples=examples(400, share=8), deadline=None)
def test_numbers_in_all_fields(
    changes: list[tuple[Any, tuple[int, int], bytes]], piece: int
) -> None:
    changed = bytearray(PLAIN_TAR)
    for extent, (at, width), value in changes:
        block = changed[extent.header : extent.header + BLOCK]
        block[at : at + width] = value[:width].ljust(width, b"\0")
        changed[extent.header : extent.header + BLOCK] = resealed(bytes(block))
    data = bytes(changed)
    expected = everything(walk([data], HEADER_BY_HEADER))
    assert everything(walk([data])) == expected
    assert everything(seek(data, most=piece)) == expected


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("first", range(2, 20))
def test_sums_that_have_as_many_digits_together_as_usual_ones(first: int) -> None:
    usual = b"14524770400\0"
    seals = zip(PLAIN_EXTENTS[first:], (b"%06o\x007", b"%05o\0\0\0"), strict=False)
    data = with_spelling([(extent, usual, seal) for extent, seal in seals])
    tar = walk([data])
    assert everything(tar) == everything(walk([data], HEADER_BY_HEADER))
    assert len(tar.entries) == len(PLAIN)


def with_spelling(changes: list[tuple[Any, bytes, bytes]]) -> bytes:
    """Headers with other fields of times, and checksums in other forms."""
    data = bytearray(PLAIN_TAR)
    for extent, time, seal in changes:
        at = extent.header
        data[at + 136 : at + 148] = time
        blanked = data[at : at + 148] + b" " * 8 + data[at + 156 : at + BLOCK]
        data[at + 148 : at + 156] = (seal % sum(blanked))[:8].ljust(8)
    return bytes(data)


@pytest.mark.usefixtures("reader")
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLAIN_EXTENTS),
            st.integers(0, 511),
            st.binary(min_size=1, max_size=12),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(PLANS),
    st.integers(400, 5000),
)
@settings(max_examples=examples(400, share=8), deadline=None)
def test_changed_headers_among_plain_ones(
    changes: list[tuple[Any, int, bytes, bool]], plan: ContentPlan, piece: int
) -> None:
    data = bytearray(PLAIN_TAR)
    for extent, at, value, is_sealed in changes:
        block = bytearray(data[extent.header : extent.header + BLOCK])
        block[at : at + len(value)] = value
        block = block[:BLOCK]
        sealed = resealed(bytes(block)) if is_sealed else bytes(block)
        data[extent.header : extent.header + BLOCK] = sealed
    expected = everything(walk([bytes(data)], plan._replace(digests=True)))
    assert everything(walk([bytes(data)], plan)) == expected
    assert everything(walk(cut(bytes(data), piece), plan)) == expected
    assert everything(seek(bytes(data), plan, most=piece)) == expected


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(entries=count) for count in (*range(60), *range(len(PLAIN) - 3, len(PLAIN) + 2))),
        *(Limits(names=count) for count in (0, 10, 100, 400)),
        *(Limits(name=count) for count in (1, 5, 100, 199, 200)),
        *(Limits(nesting=count) for count in (0, 10, 1000)),
    ],
    ids=str,
)
def test_plain_headers_within_limits(limits: Limits) -> None:
    expected = everything(walk([PLAIN_TAR], HEADER_BY_HEADER, limits))
    assert everything(walk([PLAIN_TAR], EXECUTABLES, limits)) == expected
    assert everything(walk(cut(PLAIN_TAR, 700), EXECUTABLES, limits)) == expected
    assert everything(seek(PLAIN_TAR, EXECUTABLES, limits)) == expected


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(text_files=count) for count in (1, 2, 7, 100, 300, 400)),
        *(Limits(text_bytes=count) for count in (1, 500, 9_000, 150_000, 250_000)),
    ],
    ids=str,
)
def test_text_files_within_limits(limits: Limits) -> None:
    expected = everything(walk([PLAIN_TAR], SEARCH._replace(digests=True), limits))
    assert everything(walk([PLAIN_TAR], SEARCH, limits)) == expected
    assert everything(walk(cut(PLAIN_TAR, 700), SEARCH, limits)) == expected
    assert everything(seek(PLAIN_TAR, SEARCH, limits)) == expected


PROGRAMS = write_tar(
    member
    for number in range(30)
    for member in (
        *(file(f"srv/{number}/{count}", b"x", mode=0o755) for count in range(number)),
        file(f"bin/{number}", PROGRAM, mode=0o755),
        file(f"lib/libn{number}.so", FAR_NAMES),
        file(f"app/{number}.conf", f"token: {TOKEN}" if number % 5 else "nothing".ljust(50)),
    )
)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(names=count) for count in (0, 100, 1000, 2000, 3000, 4000)),
        *(Limits(names=200_000, entries=count) for count in (20, 100, 300)),
        *(Limits(content=count) for count in (0, 600, 5000, 30_000)),
        Limits(content=5000, names=3000),
        Limits(text_files=5, names=2500),
    ],
    ids=str,
)
def test_programs_within_limits(limits: Limits) -> None:
    """Libraries that are named count as names: the walk ends with the file that exceeds them."""
    expected = everything(walk([PROGRAMS], SEARCH._replace(digests=True), limits))
    assert everything(walk([PROGRAMS], SEARCH, limits)) == expected
    assert everything(walk(cut(PROGRAMS, 9000), SEARCH, limits)) == expected
    assert everything(seek(PROGRAMS, SEARCH, limits)) == expected


@pytest.mark.usefixtures("reader")
def test_names_too_far_inside_a_stream_are_not_read_from_a_piece_either() -> None:
    far = elf(needed=("libfar.so.1",), linking=Linking(names_gap=300_000))
    data = write_tar([file(f"bin/{number}", far, mode=0o755) for number in range(3)])
    expected = everything(walk(cut(data, 5000), SEARCH))
    assert everything(walk([data], SEARCH)) == expected
    assert seek(data, SEARCH).needed == dict.fromkeys(range(3), ("libfar.so.1",))


def test_what_is_between_headers_is_hardly_read() -> None:
    members = [file(f"srv/{number}", bytes(100_000)) for number in range(200)]
    data = write_tar(members)
    read = 0

    def counted(at: int, size: int) -> bytes:
        nonlocal read
        read += size
        return data[at : at + size]

    tar = walk_by_seeking(TarWalker(Limits(), EXECUTABLES), counted, len(data))
    assert len(tar.entries) == len(members)
    assert read < 200 * 10_000


def test_small_files_are_read_in_large_pieces() -> None:
    data = write_tar([file(f"srv/{number}", bytes(400)) for number in range(3000)])
    reads = 0

    def counted(at: int, size: int) -> bytes:
        nonlocal reads
        reads += 1
        return data[at : at + size]

    tar = walk_by_seeking(TarWalker(Limits(), EXECUTABLES), counted, len(data))
    assert len(tar.entries) == 3000
    assert reads < 30


@pytest.mark.usefixtures("reader")
def test_text_files_with_secrets_are_kept() -> None:
    tar = walk([PLAIN_TAR], ContentPlan(secrets=True))
    paths = {tar.entries.paths[position] for position in tar.contents}
    assert paths == {"app/settings.yaml", "app/run.sh", "app/large.json", "app/odd.yaml"}
    sizes = [tar.entries.sizes[position] for position in tar.contents]
    assert list(map(len, tar.contents.values())) == sizes


MANY_MEMBERS = tuple(
    member
    for number in range(60)
    for member in (
        directory(f"./srv/{number}/" if number % 3 else f"srv/{number}"),
        *(
            file(
                f"{'./' if number % 3 else ''}srv/{number}/{'é' if count == number else ''}{count}",
                b"x" * (number * count % 1300),
                mode=0o755 if number == count else 0o644,
            )
            for count in range(50)
        ),
        SPECIAL[number % len(SPECIAL)],
    )
)
MANY_TAR = write_tar(MANY_MEMBERS)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("plan", PLANS)
def test_many_plain_headers(plan: ContentPlan) -> None:
    alone = walk([MANY_TAR], plan._replace(digests=True))
    together = walk([MANY_TAR], plan)
    expected = everything(alone)
    assert everything(together) == expected
    assert together.digests == wanted_digests(alone, plan)
    assert everything(seek(MANY_TAR, plan)) == expected
    assert everything(walk(cut(MANY_TAR, 50_001), plan)) == expected
    assert len(expected[0]) == len(MANY_MEMBERS)


# Some end like others.
WORDS = st.sampled_from(
    ["a", ".a", "b.a", "ab.a", "aab.a", "baab.a", "abaab.a", "b.abaab.a", "ab.abaab.a", "a.", ".."]
)


@pytest.mark.usefixtures("reader")
@given(
    st.lists(
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "./", "a/", "/", "b//"]),
            st.lists(WORDS, min_size=1, max_size=3).map("/".join),
            st.sampled_from(["", "", "", "/", "/."]),
        ),
        min_size=1,
        max_size=80,
    ),
    st.sets(WORDS, max_size=4),
    st.sets(WORDS, max_size=1),
)
@settings(max_examples=examples(300), deadline=None)
def test_files_are_wanted_by_any_last_part(
    names: list[str], wanted: set[str], below: set[str]
) -> None:
    plan = ContentPlan(
        {f"a/{name}": 3 for name in wanted},
        endings={name: {name: 2} for name in wanted},
        below=dict.fromkeys(below, 4),
    )
    data = write_tar([file(name, b"content") for name in names])
    expected = everything(walk([data], plan._replace(digests=True)))
    assert everything(walk([data], plan)) == expected


# --- any bytes


@given(st.binary(max_size=2000), st.integers(1, 600))
@settings(max_examples=examples(60), deadline=None)
def test_any_bytes_are_facts(data: bytes, piece: int) -> None:
    tar = walk(cut(data, piece))
    check_facts(tar, len(data))
    assert everything(tar) == everything(walk([data]))
