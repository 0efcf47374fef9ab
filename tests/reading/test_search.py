"""Archives below a directory: what is found, by content and by name, and what is not looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.reading import search
from checker.reading.search import Found, SearchError, find_archives, is_one_archive
from checker.testing import build, compress, sample
from checker.testing.archive import (
    crane_archive,
    legacy_archive,
    podman_archive,
    skopeo_dir,
    wrapped,
)
from checker.testing.tar import file, write_tar

TAR = write_tar([file("a", b"a")])


def old_tar() -> bytes:
    """A tar of the form before POSIX, which has no magic."""
    header = bytearray(TAR[:512])
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + TAR[512:]


FILES = {
    "plain": (TAR, True),
    "before-posix": (old_tar(), True),
    "image.bin": (sample("docker-archive"), True),
    "compressed.gz": (compress(TAR, "gzip"), True),
    "compressed.bz2": (compress(TAR, "bzip2"), True),
    "compressed.xz": (compress(TAR, "xz"), True),
    "compressed.zst": (compress(TAR, "zstd"), True),
    "twice": (compress(compress(TAR, "gzip"), "gzip"), True),
    "page.tar": (b"<!DOCTYPE html>\n<html>", True),
    "empty.tgz": (b"", True),
    "UPPER.TAR.GZ": (b"Error: no such image\n", True),
    "piece.tar.aa": (b"\xff" * 700, True),
    "piece.tar.001": (b"\xff" * 700, True),
    "piece.tar.part1": (b"\xff" * 700, True),
    "notes.txt": (b"an archive.tar is beside this\n", False),
    "manual.1.gz": (compress(b".TH CHECKER 1\n" * 100, "gzip"), False),
    "app.tar.sha256": (b"0" * 64, False),
    "app.tar.asc": (b"-----BEGIN PGP SIGNATURE-----\n", False),
    "data.zip": (b"PK\x03\x04" + bytes(600), False),
    "zeros": (bytes(10_240), False),
    "cut.gz": (b"\x1f\x8b", False),
    "tar": (b"#!/bin/sh\n", False),
    "._app.tar": (b"\0\x05\x16\x07", False),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path: Path, name: str) -> None:
    data, is_archive = FILES[name]
    (tmp_path / name).write_bytes(data)
    path = str(tmp_path / name)
    assert find_archives(str(tmp_path)) == (
        Found((path,), (), 0) if is_archive else Found((), (), 1)
    )


DIRECTORIES = {
    "docker-save": (build("docker-archive"), True),
    "docker-save-25": (build("docker-oci-archive"), True),
    "docker-save-1.9": (legacy_archive(), True),
    "crane": (crane_archive(), True),
    "podman-save": (podman_archive(), True),
    "oci-layout": (build("oci-layout"), True),
    "skopeo-dir": (skopeo_dir(), True),
    "rootfs": (build("rootfs"), True),
    "export": (build("export"), True),
    "wrapped": (wrapped(build("oci-layout")), False),
}


@pytest.mark.parametrize("name", DIRECTORIES)
def test_directories(tmp_path: Path, name: str) -> None:
    made, is_one = DIRECTORIES[name]
    made.write_directory(tmp_path / "dist" / "a")
    (tmp_path / "dist" / "b.tar").write_bytes(TAR)
    assert is_one_archive(str(tmp_path / "dist" / "a")) is is_one
    assert not is_one_archive(str(tmp_path / "dist"))
    found = find_archives(str(tmp_path / "dist"))
    assert len(found.directories) == 1
    assert found.directories[0].startswith(str(tmp_path / "dist" / "a"))
    assert found.files == (str(tmp_path / "dist" / "b.tar"),)
    assert found.archives == (*found.directories, *found.files)


def test_a_layout_without_its_marker(tmp_path: Path) -> None:
    build("oci-layout").write_directory(tmp_path / "a")
    (tmp_path / "a" / "oci-layout").unlink()
    assert is_one_archive(str(tmp_path / "a"))


@pytest.mark.parametrize(
    "names",
    [
        ("manifest.json", "index.html"),
        ("index.json",),
        ("bin/tool", "lib/module.py"),
        ("layer.tar.d/layer", "notes"),
        ("a" * 64,),
    ],
)
def test_common_names_are_not_enough(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    assert not is_one_archive(str(tmp_path))


def test_what_is_ignored(tmp_path: Path) -> None:
    for name in (".git", ".cache", "CVS", "_darcs", "a/.svn"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.tar").write_bytes(TAR)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "y.tar").write_bytes(TAR)
    (tmp_path / "directory").symlink_to(outside)
    (tmp_path / "file.tar").symlink_to(outside / "y.tar")
    os.mkfifo(tmp_path / "pipe.tar")
    assert find_archives(str(tmp_path)) == Found((), (), 3)


def test_the_order_is_that_of_names(tmp_path: Path) -> None:
    for name in ("b/a.tar", "a/z.tar", "a-b.tar", "a/b/c.tar", "B.tar"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TAR)
    found = [os.path.relpath(path, tmp_path) for path in find_archives(str(tmp_path)).archives]
    assert found == ["B.tar", "a/b/c.tar", "a/z.tar", "a-b.tar", "b/a.tar"]


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_FILES", 5)
    monkeypatch.setattr(search, "DEEPEST", 3)
    place = tmp_path / "a" / "b" / "c"
    place.mkdir(parents=True)
    (place / "x.tar").write_bytes(TAR)
    assert find_archives(str(tmp_path)).files == (str(place / "x.tar"),)
    (place / "d").mkdir()
    with pytest.raises(SearchError, match="more than 3 directories in one another"):
        find_archives(str(tmp_path))
    for number in range(5):
        (tmp_path / str(number)).touch()
    with pytest.raises(SearchError, match="more than 5 files"):
        find_archives(str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_directory_that_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir(mode=0)
    assert find_archives(str(tmp_path)).directories == (str(tmp_path / "secret"),)
