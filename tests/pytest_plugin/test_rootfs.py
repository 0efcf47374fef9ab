"""Root filesystems as tests see them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker import Rootfs, Session, UnreadableError
from checker.pytest_plugin.reading import Reading, hand_over, read_archives, receive
from checker.pytest_plugin.rootfs import TEXT_LIMIT, MissingPathError, RootView
from checker.testing.archive import build
from checker.testing.image import Image
from checker.testing.tar import (
    Member,
    compress,
    directory,
    file,
    hardlink,
    symlink,
    whiteout,
    write_tar,
)
from tests.effort import examples

SESSION = Session({"select": ["ARC"]})


def view_of(reading: Reading) -> RootView:
    (subject,) = reading.images
    root = subject.archive.rootfs
    if subject.image is not None:
        root = Rootfs(subject.image.location, subject.image.layers, subject.image)
    assert root is not None
    return RootView(root, subject.label, subject.read)


def as_read(path: Path) -> Reading:
    return read_archives(SESSION, [str(path)])


def as_handed_over(path: Path) -> Reading:
    return receive(SESSION, hand_over(as_read(path), str(path.parent)))


@contextmanager
def opened(path: Path, read: Callable[[Path], Reading] = as_read) -> Iterator[RootView]:
    with closing(read(path)) as reading:
        yield view_of(reading)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[RootView]:
    lower = (
        directory("etc"),
        file("etc/passwd", "root"),
        file("etc/removed"),
        symlink("etc/link", "../etc/passwd"),
        symlink("lib", "usr/lib"),
        file("usr/lib/libc.so", "elf", mode=0o4755),
        hardlink("usr/lib/again.so", "usr/lib/libc.so", mode=0o4755),
        symlink("etc/dangling", "/nowhere"),
        file("big", b"a" * (TEXT_LIMIT + 1)),
        replace(file("owned", "x"), uid=7, gid=8),
    )
    upper = (whiteout("etc/removed"), file("etc/passwd", "root\napp"), file("latin", b"caf\xe9"))
    path = tmp_path / "a.tar"
    path.write_bytes(build("docker-archive", Image(layers=(lower, upper))).tar())
    with opened(path) as found:
        yield found


def test_files(root: RootView) -> None:
    passwd = root["/etc/passwd"]
    assert passwd.is_file
    assert not passwd.is_directory
    assert not passwd.is_executable
    assert (passwd.text, passwd.size, passwd.layer) == ("root\napp", 8, 1)
    assert passwd.mode == 0o644
    assert passwd.head(4) == b"root"
    assert (root["owned"].uid, root["owned"].gid) == (7, 8)
    assert repr(passwd) == "<etc/passwd: file, 0644, 0:0, 8 bytes, layer 1 of sample:1>"


def test_links_are_followed(root: RootView) -> None:
    link = root["etc/link"]
    assert link.is_symlink
    assert link.target == "../etc/passwd"
    assert link.is_file
    assert link.text == "root\napp"
    through = root["lib/again.so"]
    assert through.is_file
    assert through.is_executable
    assert through.content == b"elf"
    assert through.mode == 0o4755


def test_a_dangling_link_is_there_and_says_so(root: RootView) -> None:
    dangling = root["etc/dangling"]
    assert dangling.is_symlink
    assert not dangling.is_file
    with pytest.raises(MissingPathError, match="symlink to /nowhere, dangling> has no entry"):
        _ = dangling.mode


def test_directories_without_an_entry_are_there(root: RootView) -> None:
    assert "usr" in root
    assert root["/"].is_directory
    assert root["usr"].is_directory
    assert root["usr/"].is_directory
    assert not root["usr"].is_file
    with pytest.raises(MissingPathError, match="directory, without an entry"):
        _ = root["usr"].uid


MISSING = {
    "etc/removed": "etc/removed is not in <root filesystem of sample:1",
    "etc/paswd": "did you mean 'etc/passwd'?",
    "bin/libc.so": "usr/lib/libc.so is",
}


@pytest.mark.parametrize(("path", "message"), MISSING.items())
def test_missing_paths_name_the_nearest(root: RootView, path: str, message: str) -> None:
    with pytest.raises(KeyError) as raised:
        _ = root[path]
    assert message in str(raised.value)
    assert path not in root


def test_what_has_no_content(root: RootView) -> None:
    with pytest.raises(ValueError, match="is not a regular file"):
        _ = root["etc"].text
    with pytest.raises(ValueError, match="has more than 1048576 bytes"):
        _ = root["big"].content
    assert root["big"].head(3) == b"aaa"
    assert root["latin"].text == "caf\N{REPLACEMENT CHARACTER}"


def test_glob(root: RootView) -> None:
    assert [each.path for each in root.glob("/etc/*")] == ["etc/dangling", "etc/link", "etc/passwd"]
    assert sorted(root) == list(root)


def test_sparse_files_have_their_holes(tmp_path: Path) -> None:
    data = io.BytesIO()
    plain = tmp_path / "holes"
    with plain.open("wb") as output:
        output.seek(5000)
        output.write(b"end")
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(plain, "holes")
    path = tmp_path / "a.tar"
    path.write_bytes(build("docker-archive", Image(layers=(data.getvalue(),))).tar())
    with opened(path) as root:
        assert root["holes"].content == b"\0" * 5000 + b"end"


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a"])
LAYERS = st.lists(st.dictionaries(NAMES, st.binary(max_size=2000)), min_size=1, max_size=3)


@settings(deadline=None, max_examples=examples(40))
@given(
    LAYERS,
    st.sampled_from(["none", "gzip", "zstd"]),
    st.sampled_from([as_read, as_handed_over]),
    st.sampled_from(["none", "gzip"]),
)
def test_content_is_that_of_the_uppermost_layer(
    tmp_path_factory: pytest.TempPathFactory,
    layers: list[dict[str, bytes]],
    compression: str,
    read: Callable[[Path], Reading],
    outer: str,
) -> None:
    members: list[tuple[Member, ...]] = [
        tuple(file(name, content) for name, content in layer.items()) for layer in layers
    ]
    image = Image(layers=tuple(members), compression=compression)
    path = tmp_path_factory.mktemp("root") / "a.tar"
    path.write_bytes(compress(build("oci-archive", image).tar(), outer))
    expected = {name: content for layer in layers for name, content in layer.items()}
    with opened(path, read) as root:
        assert {name: root[name].content for name in root if root[name].is_file} == expected


def test_a_flat_root(tmp_path: Path) -> None:
    path = tmp_path / "root.tar"
    members = [directory("etc"), file("etc/passwd", "root"), file("bin/sh", "x", mode=0o755)]
    path.write_bytes(write_tar(members))
    with opened(path) as root:
        assert root["etc/passwd"].text == "root"
        assert repr(root["bin/sh"]) == "<bin/sh: file, 0755, 0:0, 1 byte>"


def test_an_archive_that_changed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(build("docker-archive").tar())
    with opened(path) as root:
        path.write_bytes(path.read_bytes() + b"more")
        with pytest.raises(UnreadableError, match="changed after it was read"):
            _ = root["etc/passwd"].text
