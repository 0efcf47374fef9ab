"""Bytes of a tar that are kept because programs may read other entries from it than Go."""

from __future__ import annotations

import tarfile
from io import BytesIO

import pytest

from checker.model.archive import Archive
from checker.model.raw_tar import NotKeptError, RawTar
from tests.sessions import new_session

PIECES = RawTar(40, (0, 20), (b"0123456789", b"abcdefghij"))


def read(data: bytes) -> Archive:
    return new_session().read(BytesIO(data), name="image.tar")


def tar_of(*infos: tarfile.TarInfo, size: int = 0) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info in infos:
            info.size = size
            archive.addfile(info, BytesIO(b"x" * size))
    return packed.getvalue()


def info(name: str = "file", **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


@pytest.mark.parametrize(
    ("offset", "length", "found"),
    [(0, 10, b"0123456789"), (3, 2, b"34"), (20, 1, b"a"), (25, 5, b"fghij"), (40, 9, b"")],
)
def test_bytes_that_were_kept_are_given(offset: int, length: int, found: bytes) -> None:
    assert PIECES.read(offset, length) == found


@pytest.mark.parametrize(("offset", "length"), [(9, 2), (15, 1), (29, 3), (39, 5)])
def test_bytes_that_were_not_kept_are_an_error(offset: int, length: int) -> None:
    with pytest.raises(NotKeptError):
        PIECES.read(offset, length)


def test_bytes_before_the_first_piece_are_an_error() -> None:
    with pytest.raises(NotKeptError):
        RawTar(40, (20,), (b"abc",)).read(3, 1)


@pytest.mark.parametrize(
    "entry",
    [
        info(),
        info("d" * 200),
        info(mtime=1.5),
        info(type=tarfile.SYMTYPE, linkname="target"),
        info(type=tarfile.DIRTYPE),
        info(uid=10**8),
    ],
    ids=["file", "long", "time", "link", "directory", "owner"],
)
def test_nothing_is_kept_of_what_all_programs_read_alike(entry: tarfile.TarInfo) -> None:
    assert read(tar_of(entry)).raw is None


@pytest.mark.parametrize(
    "entry",
    [
        info(pax_headers={"size": "5", "VENDOR.key": "value"}),
        info(pax_headers={"path": ""}),
        info(pax_headers={"comment": "a\nb"}),
        info(type=b"Z"),
        info(type=tarfile.CHRTYPE),
        info(type=tarfile.SYMTYPE),
        info("name/"),
        info(uid=-1),
    ],
    ids=["key", "empty", "lines", "type", "device", "target", "slash", "owner"],
)
def test_what_programs_differ_in_is_kept(entry: tarfile.TarInfo) -> None:
    data = tar_of(entry)
    raw = read(data).raw
    assert raw is not None
    assert raw.read(0, len(data)) == data


def test_what_is_kept_is_bounded() -> None:
    data = tar_of(*(info(f"f{number}", type=b"Z") for number in range(40)), size=1 << 18)
    raw = read(data).raw
    assert raw is not None
    assert sum(map(len, raw.pieces)) <= 5 << 20
    last = data.rindex(b"f39")
    assert raw.read(last, 512) == data[last : last + 512]
    with pytest.raises(NotKeptError):
        raw.read(last - (1 << 17), 512)


def test_the_headers_of_large_files_are_kept() -> None:
    data = tar_of(info("first"), info("second", type=b"Z"), size=3 << 20)
    raw = read(data).raw
    assert raw is not None
    second = data.index(b"second")
    assert raw.read(second, 512) == data[second : second + 512]
    with pytest.raises(NotKeptError):
        raw.read(second - 9000, 512)


def test_what_is_kept_is_dropped_with_the_content() -> None:
    archive = read(tar_of(info(type=b"Z")))
    assert archive.raw is not None
    assert archive.without_content().raw is None
