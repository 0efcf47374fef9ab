"""Programs that unpack a tar, and tools that import one as a root filesystem."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.entries import DIRECTORY, REGULAR
from checker.model.limits import Limits
from checker.model.raw_tar import RawTar
from checker.model.work import Work
from checker.plugins import load_plugins
from checker.testing.cases import Case
from checker.verdicts import Question, Verdict, VerdictOutcome
from checker_engines.unpackers import gnu_headers, gnu_tar, libarchive, libarchive_tar
from checker_engines.unpackers.gnu_numbers import INT64_MAX, Numbers
from checker_engines.unpackers.libarchive_numbers import header_number
from checker_engines.unpackers.members import Member, Remark, Step, members_of
from checker_engines.unpackers.quoting import escaped
from tests.sessions import new_session

READERS = {f"{one.name} {one.action}": one for one in load_plugins().readers().engines}
FILE_TITLES = (
    "tar-1 extract",
    "bsdtar-3 extract",
    "systemd-252 import-tar",
    "lxc-5 create -t local",
    "incus-7 image import",
    "incus-7 image import with metadata",
    "wsl-2 import",
    "apptainer-1 build docker-archive",
    "apptainer-1 build oci-archive",
)


def judged(
    title: str, table: dict[str, Any], folder: Path, path: str = "image.tar", simulated: int = 10**6
) -> Verdict:
    case = Case("", "", "found", "pass", {}, (), Path(__file__), table)
    session = new_session()
    archive = session.read(case.build().write(folder))
    limits = Limits(simulated=simulated)
    return READERS[title].judge(Question(archive, session.settings.host, path, limits))


def root(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"base": "rootfs", "edits": [{"add": entry} for entry in entries], **more}


METADATA = {"path": "metadata.yaml", "text": "architecture: x86_64\ncreation_date: 1\n"}
SAID: dict[str, tuple[str, dict[str, Any], str, str]] = {
    # What is imported, and what is said of it.
    "a layer for tar": ("tar-1 extract", {"base": "layer"}, "accepts", ".wh."),
    "a layer for bsdtar": ("bsdtar-3 extract", {"base": "layer"}, "accepts", ".wh."),
    "a root for systemd": ("systemd-252 import-tar", root(), "accepts", "files of the archive"),
    "no os-release for systemd": (
        "systemd-252 import-tar",
        {"base": "rootfs", "edits": [{"remove": "etc/os-release"}]},
        "accepts",
        "no os-release",
    ),
    "several gzip members for systemd": (
        "systemd-252 import-tar",
        root(edits=[{"compress": "gzip"}, {"append": {"text": "x", "compress": "gzip"}}]),
        "rejects",
        "does not end",
    ),
    "an image for incus": (
        "incus-7 image import",
        {"base": "docker-archive"},
        "rejects",
        "metadata.yaml",
    ),
    "metadata without a root for incus": (
        "incus-7 image import",
        root(METADATA),
        "accepts-broken",
        "no rootfs/",
    ),
    "metadata and a root for incus": (
        "incus-7 image import",
        root(METADATA, {"path": "rootfs/"}, {"path": "rootfs/etc/"}),
        "accepts",
        "imported",
    ),
    "metadata in a tar that is cut": (
        "incus-7 image import",
        {"base": "rootfs", "edits": [{"truncate": {"member": "etc/passwd", "at": 9}}]},
        "rejects",
        "read to its end",
    ),
    "a root for incus": ("incus-7 image import with metadata", root(), "accepts", "container"),
    "a root that is not unpacked for incus": (
        "incus-7 image import with metadata",
        root({"path": "../up", "text": "1"}),
        "accepts-broken",
        "no container can be created",
    ),
    "a text for incus": (
        "incus-7 image import with metadata",
        {"base": "raw", "edits": [{"append": "text, " * 100}]},
        "rejects",
        "first bytes",
    ),
    "a root in zstd for incus": (
        "incus-7 image import with metadata",
        root(edits=[{"compress": "zstd"}]),
        "accepts",
        "container",
    ),
    "a root for wsl": ("wsl-2 import", root(), "accepts", "distribution"),
    "a name that leads out for wsl": (
        "wsl-2 import",
        root({"path": "../up", "text": "1"}),
        "rejects",
        "cannot be unpacked",
    ),
    "an image for wsl": ("wsl-2 import", {"base": "docker-archive"}, "rejects", "neither /etc"),
    "a wrong checksum for bsdtar": (
        "bsdtar-3 extract",
        {
            "base": "rootfs",
            "edits": [{"raw": {"member": "etc/passwd", "field": "chksum", "text": "junk"}}],
        },
        "accepts-broken",
        "lacks what follows",
    ),
    "an lzma stream for lxc": (
        "lxc-5 create -t local",
        {"base": "raw", "edits": [{"append": {"hex": "5d000080" + "00" * 600}}]},
        "accepts",
        "lzma",
    ),
    "a zip file for bsdtar": (
        "bsdtar-3 extract",
        {"base": "raw", "edits": [{"append": {"hex": "504b0304" + "00" * 600}}]},
        "accepts",
        "zip file",
    ),
    "a zip file for tar": (
        "tar-1 extract",
        {"base": "raw", "edits": [{"append": {"hex": "504b0304" + "00" * 600}}]},
        "rejects",
        "damaged",
    ),
    "an image for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive"},
        "accepts",
        "image file is built",
    ),
    "both forms for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-oci-archive"},
        "accepts",
        "image file is built",
    ),
    "a compressed image for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive", "edits": [{"compress": "gzip"}]},
        "rejects",
        "gzip",
    ),
    "an image in xz for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive", "edits": [{"compress": "xz"}]},
        "rejects",
        "compressed",
    ),
    "a short text for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "raw", "edits": [{"append": "text"}]},
        "rejects",
        "fewer than 10 bytes",
    ),
    "layers in gzip for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "crane-archive"},
        "accepts",
        "image file is built",
    ),
    "layers in zstd for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive", "compression": "xz"},
        "rejects",
        "compression",
    ),
    "a layer that is damaged for apptainer": (
        "apptainer-1 build docker-archive",
        {
            "base": "docker-archive",
            "layer_edits": {"1": [{"raw": {"member": 0, "field": "chksum", "text": "junk"}}]},
        },
        "rejects",
        "read to its end",
    ),
    "a layer with an unknown type for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive", "entries": [{"path": "q", "type": "Q"}]},
        "rejects",
        "cannot be unpacked",
    ),
    "a layout for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive"},
        "accepts",
        "image file is built",
    ),
    "a layout of two platforms for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "platforms": ["linux/amd64", "linux/arm64/v8"]},
        "accepts",
        "1 images for other platforms",
    ),
    "a layout of another platform for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "platforms": ["linux/s390x", "linux/arm64/v8"]},
        "rejects",
        "no image for linux/amd64",
    ),
    "a layout of platforms that are not named for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "platforms": ["linux/amd64", "linux/arm64/v8"],
            "index_edits": [{"unset": {"pointer": "/manifests/0/platform"}}],
        },
        "rejects",
        "crashes",
    ),
    "two images for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "images": [{"tags": ["app:1"]}, {"tags": ["app:2"], "os": "x"}]},
        "rejects",
        "lists 2 images",
    ),
    "an empty layout for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [
                {"replace": {"member": "index.json", "text": '{"schemaVersion":2,"manifests":[]}'}}
            ],
        },
        "rejects",
        "lists no images",
    ),
    "an artifact for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [
                {
                    "set": {
                        "member": "index.json",
                        "pointer": "/manifests/0/mediaType",
                        "value": "text/plain",
                    }
                }
            ],
        },
        "rejects",
        "not an image",
    ),
    "an image without layers for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "layers": []},
        "rejects",
        "no layers",
    ),
    "an index that is not JSON for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "edits": [{"replace": {"member": "index.json", "text": "{nope"}}]},
        "rejects",
        "does not decode",
    ),
    "a missing layer for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "edits": [{"remove": "{layer0}"}]},
        "rejects",
        "not in the archive",
    ),
    "a layer of another size for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "edits": [{"replace": {"member": "{layer0}", "text": "other"}}]},
        "rejects",
        "its descriptor says",
    ),
    "a layer with other content for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [{"flip": {"member": "{layer0}", "from": "data", "at": 4}}],
        },
        "accepts",
        "image file is built",
    ),
    "a config with other content for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [
                {"substitute": {"member": "{config}", "old": "amd64", "new": "amd65"}},
            ],
        },
        "rejects",
        "another digest",
    ),
    "a layer with a global header for apptainer": (
        "apptainer-1 build docker-archive",
        {
            "base": "docker-archive",
            "entries": [{"path": "g", "type": "pax-global", "text": "13 comment=a\n"}],
        },
        "rejects",
        "unknown typeflag",
    ),
    "a link in place of a directory for apptainer": (
        "apptainer-1 build docker-archive",
        {"base": "docker-archive", "layers": [[{"path": "etc", "link": "gone"}]]},
        "rejects",
        "file exists",
    ),
    "a file in place of a directory for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "layers": [[{"path": "tmp", "type": "file", "text": "1"}]]},
        "rejects",
        "not a directory",
    ),
    "a link to a directory for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "layers": [[{"path": "d/"}, {"path": "tmp", "link": "d"}]]},
        "accepts",
        "image file is built",
    ),
    "a layer of another type for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "manifest_edits": [
                {"set": {"pointer": f"/layers/{number}/mediaType", "value": "text/plain"}}
                for number in (0, 1)
            ],
        },
        "rejects",
        "usual types",
    ),
    "a missing manifest of a platform for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "platforms": ["linux/amd64", "linux/arm64/v8"],
            "edits": [{"remove": "{config}"}],
        },
        "rejects",
        "not found in blobs",
    ),
    "no digest for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [
                {"set": {"member": "index.json", "pointer": "/manifests/0/digest", "value": ""}}
            ],
        },
        "rejects",
        "",
    ),
    "a file below a file for apptainer": (
        "apptainer-1 build oci-archive",
        {
            "base": "oci-archive",
            "edits": [
                {"add": {"path": "p", "text": "1"}},
                {"add": {"path": "p/q", "text": "1"}},
            ],
        },
        "rejects",
        "not a directory",
    ),
    "an entry of the top level for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "edits": [{"add": {"path": "./", "at": "start"}}]},
        "rejects",
        "not below the top level",
    ),
    "a file without its directory for apptainer": (
        "apptainer-1 build oci-archive",
        {"base": "oci-archive", "edits": [{"add": {"path": "gone/file", "text": "1"}}]},
        "rejects",
        "creates the directory",
    ),
}


@pytest.mark.parametrize(("title", "table", "outcome", "words"), SAID.values(), ids=SAID.keys())
def test_what_is_unpacked_is_named(
    title: str, table: dict[str, Any], outcome: str, words: str, tmp_path: Path
) -> None:
    verdict = judged(title, table, tmp_path)
    assert verdict.outcome == outcome, verdict.reason
    assert words in f"{verdict.reason} {verdict.message}"


@pytest.mark.parametrize("title", FILE_TITLES)
def test_directories_are_refused(title: str, tmp_path: Path) -> None:
    verdict = judged(title, {"base": "oci-layout"}, tmp_path)
    assert verdict.outcome is VerdictOutcome.REJECTS
    assert "directory" in verdict.reason


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("image.tar", "tar --numeric-owner"),
        ("a:b.tar", "tar --force-local --numeric-owner"),
        ("./a:b.tar", "tar --numeric-owner"),
    ],
)
def test_a_colon_in_a_name_is_not_a_host(path: str, typed: str, tmp_path: Path) -> None:
    verdict = judged("tar-1 extract", root(), tmp_path, path)
    assert verdict.command is not None
    assert verdict.command.startswith(typed)
    assert path in verdict.command


@pytest.mark.parametrize("title", ["tar-1 extract", "bsdtar-3 extract", "umoci-0 unpack"])
def test_work_is_bounded(title: str, tmp_path: Path) -> None:
    entries = [{"path": "q", "type": "Q"}, {"path": "q/r", "text": "1"}]
    is_layout = title.startswith("umoci")
    table = {"base": "oci-layout", "entries": entries} if is_layout else root(*entries)
    verdict = judged(title, table, tmp_path, simulated=1)
    assert verdict.outcome is VerdictOutcome.ACCEPTS
    assert verdict.limit is not None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\x07", "a\\tb\\a"),
        ("back\\slash", "back\\\\slash"),
        ("\x1b[31m", "\\033[31m"),
        ("caf\u00e9", "caf\u00e9"),
        ("\udcff", "\\377"),
    ],
)
def test_names_are_printed_as_programs_in_c_print_them(name: str, shown: str) -> None:
    assert escaped(name) == shown


NAMES = st.sampled_from(["a", "a/", "a/b", "a/b/c", "b", "./a", "/c", "d/e", "d/e/f", ".wh.a", ""])
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
TARGETS = st.sampled_from(["a", "b", "/a", "../x", "d/e", "a/b"])


def tar_of(entries: list[tuple[str, bytes, str]]) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target if kind in {b"1", b"2"} else ""
            archive.addfile(info)
    return packed.getvalue()


@pytest.mark.parametrize("program", [gnu_tar, libarchive])
@settings(deadline=None)
@given(entries=st.lists(st.tuples(NAMES, KINDS, TARGETS), max_size=6))
def test_plain_tars_end_as_if_they_were_unpacked(
    program: Any, entries: list[tuple[str, bytes, str]]
) -> None:
    archive = new_session().read(BytesIO(tar_of(entries)), name="image.tar")
    expected = program.unpack(archive, Work(10**6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "is_plain", lambda _entries: False)
        assert program.unpack(archive, Work(10**6)) == expected


BLOCKS = st.sampled_from(
    [
        bytes(512),
        b"\xff" * 512,
        b"1\n0\n5\n".ljust(512, b"\0"),
        b"8 uid=1\n12 size=1.5\n25 GNU.sparse.numblocks=1\n".ljust(512, b"\0"),
    ]
)
FLAGS = st.sampled_from(b"0125xgLKSVAXDMZ")
SIZES = st.sampled_from(
    [b"0", b"5", b"1000", b"77777777777", b"x", b"-1", b"", b"+AA", b"\x80\x01"]
)
MAGICS = st.sampled_from([b"ustar\x0000", b"ustar  \0", bytes(8)])


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    block = bytearray(512)
    block[:4] = draw(st.sampled_from([b"name", b"d/\0\0", b"../x", b"/\0\0\0"]))
    block[124:136] = draw(SIZES).ljust(12, b"\0")
    block[156] = draw(FLAGS)
    block[257:265] = draw(MAGICS)
    block[386:410] = draw(st.sampled_from([bytes(24), b"00000000000\x0000000000005\0"]))
    block[482] = draw(st.sampled_from([0, 1]))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def raw_of(data: bytes) -> RawTar:
    return RawTar(len(data), (0,), (data,))


def read_by_tar(raw: RawTar) -> list[Step]:
    return list(gnu_headers.steps(raw, gnu_headers.Input(is_seekable=True, is_checked=True)))


@pytest.mark.parametrize("steps", [read_by_tar, lambda raw: list(libarchive_tar.steps(raw))])
@settings(deadline=None)
@given(blocks=st.lists(headers() | BLOCKS, max_size=8), cut=st.integers(0, 511))
def test_reading_ends_and_takes_every_block_at_most_once(
    steps: Callable[[RawTar], list[Step]], blocks: list[bytes], cut: int
) -> None:
    data = b"".join(blocks)
    read = steps(raw_of(data[: len(data) - cut]))
    assert sum(isinstance(step, Member) for step in read) <= len(blocks)
    assert not any(isinstance(step, Remark) and step.ends for step in read[:-1])


@pytest.mark.parametrize("steps", [read_by_tar, lambda raw: list(libarchive_tar.steps(raw))])
@settings(deadline=None)
@given(entries=st.lists(st.tuples(NAMES.filter(bool), KINDS, TARGETS), max_size=6))
def test_plain_tars_are_read_as_go_reads_them(
    steps: Callable[[RawTar], list[Step]], entries: list[tuple[str, bytes, str]]
) -> None:
    data = tar_of(entries)
    archive = new_session().read(BytesIO(data), name="image.tar")
    expected = [
        (
            member.name,
            DIRECTORY if member.name.endswith("/") and member.kind == REGULAR else member.kind,
            member.target,
        )
        for member in members_of(archive.entries)
    ]
    read = [step for step in steps(raw_of(data)) if isinstance(step, Member)]
    assert [(member.name, member.kind, member.target) for member in read] == expected


@pytest.mark.parametrize(
    ("field", "kind", "number"),
    [
        (b"0000644\0", "mode_t", 0o644),
        (b" 644 \0\0\0", "mode_t", 0o644),
        (bytes(8), "uid_t", 0),
        (b"\x80\0\0\0\0\0\1\2", "uid_t", 258),
        (b"\xff" * 12, "time_t", -1),
        (b"77777777777\0", "time_t", 0o77777777777),
        (b"+AAB", "off_t", 1),
        (b"        ", "uid_t", None),
        (b"zz", "uid_t", None),
        (b"-B", "off_t", None),
        (b"\x80" + b"\xff" * 7, "gid_t", None),
    ],
)
def test_gnu_tar_reads_numbers(field: bytes, kind: str, number: int | None) -> None:
    numbers = Numbers()
    assert numbers.read(field, kind) == number
    assert any(said.is_failure for said in numbers.said) is (number is None)


@pytest.mark.parametrize(
    ("field", "number"),
    [
        (b"0000644\0", 0o644),
        (b"  12x", 0o12),
        (b"x", 0),
        (b"-1", -1),
        (b"\x80\0\1\2", 258),
        (b"\xff" * 8, -1),
        (b"7" * 30, INT64_MAX),
        (b"\xc0" + bytes(11), -(2**63)),
    ],
)
def test_libarchive_reads_numbers(field: bytes, number: int) -> None:
    assert header_number(field) == number
