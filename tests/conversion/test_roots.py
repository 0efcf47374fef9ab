"""A merged root is what the layers leave visible, read back and extracted."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import Blob, ContentRequest, Layer, Rootfs, RootfsEntry, Session
from checker.cli import main
from checker.conversion.convert import convert
from checker.conversion.records import ConversionError, Form, Request
from checker.model.content import ContentPlan
from checker.testing.archive import docker_archive
from checker.testing.image import Image
from checker.testing.tar import (
    Member,
    device,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
)
from tests.effort import examples
from tests.sessions import new_session

from .converting import converted, entries_of

NAMES = ("a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "x/y/z", "ü", "d/" + "long" * 30)
PLAN = ContentPlan.of([ContentRequest(paths=frozenset(NAMES))])


def test_a_link_whose_target_is_replaced_above_keeps_its_content(tmp_path: Path) -> None:
    layers = (
        (file("a", "old", mode=0o755), hardlink("b", "a"), hardlink("c", "a")),
        (file("a", "new"),),
    )
    found = entries_of(_flat(layers, tmp_path).read_bytes())
    assert [found[name][-1] for name in "abc"] == [b"new", b"old", b"old"]
    assert [found[name][1] for name in "abc"] == [0o644, 0o755, 0o755]


def test_links_of_one_file_stay_links(tmp_path: Path) -> None:
    layers = ((file("z", "content"), hardlink("b", "z"), hardlink("c", "b")), (whiteout("z"),))
    data = _flat(layers, tmp_path).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {member.name: member.linkname for member in archive}
    assert found == {"b": "", "c": "b"}


def test_a_link_to_a_file_of_a_lower_layer(tmp_path: Path) -> None:
    layers = ((file("a", "1"),), (hardlink("b", "a"),), (file("a", "2"),))
    found = entries_of(_flat(layers, tmp_path).read_bytes())
    assert [found[name][-1] for name in "ab"] == [b"2", b"1"]


def test_a_link_to_what_was_there_before_the_second_entry_of_a_path(tmp_path: Path) -> None:
    layers = ((file("a", "1"), hardlink("b", "a"), file("a", "2")),)
    found = entries_of(_flat(layers, tmp_path).read_bytes())
    assert [found[name][-1] for name in "ab"] == [b"2", b"1"]


def test_a_link_that_leads_nowhere_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.tar"
    source.write_bytes(docker_archive(Image(layers=((hardlink("b", "a"),),))).tar())
    assert main(["convert", str(source), str(tmp_path / "out"), "--to", "rootfs"]) == 1
    assert "b in layer 0 is a hard link to a, which is not there" in capsys.readouterr().err


def test_attributes_devices_and_sparse_files_are_kept(tmp_path: Path) -> None:
    sparse = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "./sparse",
        "GNU.sparse.size": "4096",
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "4000,4",
    }
    layers = (
        (
            Member("./cap", b"x", pax={"SCHILY.xattr.security.capability": "\x01\x00\x02"}),
            Member("./time", b"", pax={"mtime": "1234567890.123456789"}),
            device("null", 1, 3),
            fifo("pipe"),
            Member("./owner", b"", uid=70_000, gid=80_000, mode=0o4755),
            Member("GNUSparseFile.0/sparse", b"data", pax=sparse),
            directory("./"),
            Member("./" + "n" * 150, b"long", long_names="gnu"),
        ),
    )
    target = _flat(layers, tmp_path)
    with tarfile.open(target) as archive:
        members = {member.name: member for member in archive}
        pax = {name: member.pax_headers for name, member in members.items()}
        assert pax["cap"]["SCHILY.xattr.security.capability"] == "\x01\x00\x02"
        assert pax["time"]["mtime"] == "1234567890.123456789"
        assert (members["null"].devmajor, members["null"].devminor) == (1, 3)
        assert members["pipe"].isfifo()
        assert (members["owner"].uid, members["owner"].mode) == (70_000, 0o4755)
        assert members["n" * 150].size == 4
        content = archive.extractfile("sparse")
        assert content is not None
        assert content.read() == bytes(4000) + b"data" + bytes(92)


def test_directories_without_an_entry_are_added(tmp_path: Path) -> None:
    layers = ((file("usr/share/doc/a", "1"), symlink("lib", "usr/lib")),)
    with tarfile.open(_flat(layers, tmp_path)) as archive:
        assert archive.getnames() == ["lib", "usr", "usr/share", "usr/share/doc", "usr/share/doc/a"]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_compressed_layers_are_merged_alike(compression: str, tmp_path: Path) -> None:
    layers = ((directory("d"), file("d/a", "1" * 300_000)), (file("d/b", "2"), opaque("e")))
    plain = _flat(layers, tmp_path).read_bytes()
    assert _flat(layers, tmp_path, compression).read_bytes() == plain


def members() -> st.SearchStrategy[Member]:
    names = st.sampled_from(NAMES)
    return st.one_of(
        st.builds(file, names, st.binary(max_size=700), mode=st.sampled_from((0o644, 0o4755))),
        st.builds(directory, names, mode=st.sampled_from((0o755, 0o1777))),
        st.builds(symlink, names, names),
        st.builds(hardlink, names, names).filter(lambda link: link.name != link.linkname),
        st.builds(whiteout, names),
        st.builds(opaque, st.sampled_from(("d", "d/e", "x"))),
        st.builds(lambda name: Member(f"./{name}", b"dot"), names),
    )


# An entry that replaces another one of its layer is tested above.
LAYER = st.lists(
    members(), max_size=8, unique_by=lambda each: each.name.removeprefix("./").rstrip("/")
)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(layers=st.lists(LAYER, min_size=1, max_size=4))
def test_any_layers(layers: list[list[Member]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("root")
    image = Image(layers=tuple(map(tuple, layers)))
    source = folder / "in.tar"
    source.write_bytes(docker_archive(image).tar())
    session = new_session({"select": ["ARC"]})
    (found,) = session.read(source, plan=PLAN).images
    root = Rootfs(found.location, found.layers, found)
    target = folder / "out.tar"
    try:
        _write(session, source, target)
    except ConversionError:
        # The target is missing, or in a layer above, where the link is extracted before it.
        assert any(root.of_kind("1"))
        return
    again = _root_of(session, target)
    seen = {one.path: _seen(again, one) for one in again}
    # What a link to a file that its own layer hides shows is not defined.
    wanted = {one.path: _seen(root, one) for one in root if root.file_of(one) is not None}
    added = seen.keys() - {one.path for one in root}
    assert all(seen[path][0] == "5" for path in added)
    assert {path: value for path, value in seen.items() if path in wanted} == wanted
    assert list(seen) == sorted(seen, key=lambda path: path.split("/"))


def _seen(root: Rootfs, found: RootfsEntry) -> tuple[Any, ...]:
    """What an entry shows: of a hard link, the file with the content."""
    file_of = root.file_of(found) or found
    entry = file_of.entry
    tar = None if file_of.layer.blob is None else file_of.layer.blob.tar
    content = None if tar is None else tar.contents.get(file_of.position)
    return entry.kind, entry.mode, entry.size, entry.linkname if entry.is_symlink else "", content


def _write(session: Session, source: Path, target: Path) -> None:
    with session.open(source) as opened:
        convert(opened, str(target), Request(Form.ROOTFS), lambda _: None)


def _root_of(session: Session, target: Path) -> Rootfs:
    """The root that a tar is, whatever kind of archive it is taken for."""
    archive = session.read(target, plan=PLAN)
    place = archive.location
    blob = Blob(place, -1, "", archive.size, {}, tar=archive.tar)
    layer = Layer(place, 0, None, None, blob, None)
    return Rootfs(place, (layer,))


def _flat(layers: tuple[tuple[Member, ...], ...], folder: Path, compression: str = "none") -> Path:
    source = folder / f"{compression}.tar"
    source.write_bytes(docker_archive(Image(layers=layers, compression=compression)).tar())
    return converted(source, folder / f"{compression}.root.tar", "rootfs")
