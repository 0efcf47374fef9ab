"""An archive that stays open gives the bytes of its blobs, wherever they come from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from checker.reading.opened import OpenArchive, row_of
from checker.testing.archive import Archive, build, docker_archive, nested, wrapped
from checker.testing.image import Image
from checker.testing.tar import Member, compress, file, offsets, write_tar
from tests.sessions import new_session

Make = Callable[[Archive], bytes]
WAYS: dict[str, Make] = {
    "plain": lambda archive: archive.tar(),
    "gzip": lambda archive: compress(archive.tar(), "gzip"),
    "twice": lambda archive: compress(compress(archive.tar(), "gzip"), "zstd"),
    "wrapped": lambda archive: wrapped(archive).tar(),
    "nested": lambda archive: nested(archive).tar(),
    "nested, compressed": lambda archive: write_tar(
        (file("image.tar.gz", compress(archive.tar(), "gzip")),)
    ),
    "text": lambda archive: b"Pulling from somewhere\n" + archive.tar(),
}


def assert_bytes_are_those_of_the_facts(opened: OpenArchive) -> None:
    (image,) = opened.archive.images
    assert image.layers
    for layer in image.layers:
        blob = layer.blob
        assert blob is not None
        stored = b"".join(opened.stored(blob))
        inflated = b"".join(opened.inflated(blob))
        assert len(stored) == blob.size
        assert hashlib.sha256(stored).hexdigest() == blob.digests["sha256"]
        assert f"sha256:{hashlib.sha256(inflated).hexdigest()}" == layer.diff_id


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "crane-archive"])
@pytest.mark.parametrize("way", WAYS)
def test_the_bytes_of_blobs(way: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(WAYS[way](build(kind)))
    with new_session().open(path) as opened:
        assert_bytes_are_those_of_the_facts(opened)


@pytest.mark.parametrize("way", WAYS)
def test_the_bytes_of_a_stream(way: str) -> None:
    stream: BinaryIO = io.BytesIO(WAYS[way](build("oci-archive")))
    with new_session().open(stream) as opened:
        assert_bytes_are_those_of_the_facts(opened)


def test_the_bytes_of_a_directory(tmp_path: Path) -> None:
    build("oci-layout").write_directory(tmp_path)
    with new_session().open(tmp_path) as opened:
        assert_bytes_are_those_of_the_facts(opened)


def test_a_sparse_member_is_filled(tmp_path: Path) -> None:
    layer = write_tar((file("a", b"x" * 600),))
    members = list(docker_archive(Image(layers=((file("a", b"x" * 600),),))).members)
    index = next(i for i, member in enumerate(members) if member.content == layer)
    records = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(len(layer)),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"0,{len(layer)}",
    }
    members[index] = Member(members[index].name, layer, pax=records)
    path = tmp_path / "archive.tar"
    path.write_bytes(write_tar(members))
    with new_session().open(path) as opened:
        assert_bytes_are_those_of_the_facts(opened)


def test_where_entries_are(tmp_path: Path) -> None:
    members = (
        file("a", "x" * 700),
        Member("n" * 200, b"y", long_names="gnu"),
        Member("t", b"", pax={"mtime": "1.5"}),
        file("z", "z"),
    )
    path = tmp_path / "root.tar"
    path.write_bytes(write_tar(members))
    entries = new_session().read(path).entries
    for position, extent in enumerate(offsets(members)):
        row = row_of(entries, position)
        assert (row.start, row.header, row.end) == (extent.start, extent.header, extent.end)


def test_the_files_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(nested(build("docker-archive")).tar())
    before = len(list(Path("/proc/self/fd").iterdir()))
    with new_session().open(path):
        assert len(list(Path("/proc/self/fd").iterdir())) > before
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


@pytest.mark.parametrize(
    ("archive", "steps"),
    [
        (docker_archive(), ("the ./ before the names of members was dropped",)),
        (build("export"), ()),
    ],
)
def test_names_are_dropped_of_images_alone(archive: Archive, steps: tuple[str, ...]) -> None:
    dotted = write_tar([replace(each, name=f"./{each.name}") for each in archive.members])
    with (
        new_session() as session,
        session.open(io.BytesIO(dotted), name="a.tar") as opened,
    ):
        assert opened.steps == steps


def test_no_names_of_a_directory_are_dropped(tmp_path: Path) -> None:
    build("export").write_directory(tmp_path / "root")
    with new_session() as session, session.open(tmp_path / "root") as opened:
        assert opened.steps == ()
