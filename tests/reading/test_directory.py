"""Directories: what is listed of them, what is opened, and what happens while they are read."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import socket
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.archive import Archive, Kind, Source
from checker.model.content import ContentPlan, ContentRequest
from checker.model.limits import Limits
from checker.model.tar import AnomalyKind
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.archive import Archive as Made
from checker.testing.archive import build, rootfs, skopeo_dir, wrapped
from checker.testing.elf import elf
from checker.testing.tar import Member, directory, file

NOBODY = 65534
IS_ROOT = os.geteuid() == 0


def read(path: Path, **named: object) -> Archive:
    return read_archive(str(path), ReadOptions()._replace(**named))  # type: ignore[arg-type]


def kinds_of(archive: Archive) -> dict[str, str]:
    return {entry.path: entry.kind for entry in archive.entries}


def noted(archive: Archive, kind: AnomalyKind) -> dict[str | None, str]:
    return {anomaly.name: anomaly.detail for anomaly in archive.tar.of_kind(kind)}


# --- entries


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    rootfs().write_directory(made)
    return made


def test_the_entries_are_those_that_tar_packs(root: Path) -> None:
    (root / "bin" / "zz-tool").write_bytes(b"#!/bin/sh\n")
    (root / "bin" / "zz-tool").chmod(0o4755)
    (root / "bin" / "zz-also").hardlink_to(root / "bin" / "zz-tool")
    (root / "lib").mkdir()
    (root / "lib" / "loop").symlink_to("../lib")
    (root / "empty").mkdir(mode=0o700)
    os.mkfifo(root / "pipe")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(root, arcname=".")
    packed.seek(0)
    with tarfile.open(fileobj=packed) as tar:
        by_tar = {os.path.normpath(each.name): each for each in tar}
    archive = read(root)
    assert {entry.path or "." for entry in archive.entries} == set(by_tar)
    first = archive.entries.get("bin/zz-also")
    second = archive.entries.get("bin/zz-tool")
    assert first is not None
    assert second is not None
    assert (first.kind, second.kind, second.linkname) == ("0", "1", "bin/zz-also")
    for entry in archive.entries:
        other = by_tar[entry.path or "."]
        assert (entry.mode, entry.uid, entry.gid) == (other.mode, other.uid, other.gid)
        assert entry.mtime == int(other.mtime)
        if not entry.is_hard_link and not other.islnk():
            assert entry.kind.encode() == other.type
            assert entry.size == other.size
            assert entry.linkname == other.linkname
    assert archive.kind is Kind.ROOTFS
    assert archive.source is Source.DIRECTORY
    assert archive.rootfs is not None
    assert archive.rootfs.is_whole


@pytest.mark.skipif(not IS_ROOT, reason="only root creates device nodes")
def test_devices(root: Path) -> None:
    (root / "dev").mkdir(exist_ok=True)
    os.mknod(root / "dev" / "null", 0o20666, os.makedev(1, 3))
    os.mknod(root / "dev" / "loop0", 0o60660, os.makedev(7, 0))
    archive = read(root)
    null, loop = archive.entries.get("dev/null"), archive.entries.get("dev/loop0")
    assert null is not None
    assert loop is not None
    assert (null.kind, null.device, loop.kind, loop.device) == ("3", (1, 3), "4", (7, 0))


def test_attributes(root: Path) -> None:
    path = root / "bin" / "app"
    try:
        os.setxattr(path, "user.note", b"x" * 300)
    except OSError as error:
        pytest.skip(f"the filesystem has no attributes: {error}")
    entry = read(root).entries.get("bin/app")
    assert entry is not None
    assert entry.xattrs == {"user.note": b"x" * 256}


def test_the_content_that_checks_ask_for(root: Path) -> None:
    (root / "bin" / "app").write_bytes(elf(needed=("libc.so.6", "libz.so.1")))
    (root / "bin" / "app").chmod(0o755)
    (root / "etc" / "link").symlink_to("passwd")
    plan = ContentPlan.of(
        [
            ContentRequest(paths=frozenset({"etc/passwd", "etc/link"})),
            ContentRequest(executables=True, libraries=True),
        ]
    )
    archive = read(root, plan=plan)
    assert archive.rootfs is not None
    passwd = archive.rootfs.resolve("etc/link")
    assert passwd is not None
    assert archive.rootfs.content(passwd) == (root / "etc" / "passwd").read_bytes()
    position = archive.entries.by_path["bin/app"]
    assert archive.tar.needed[position] == ("libc.so.6", "libz.so.1")
    assert archive.tar.contents[position] == (root / "bin" / "app").read_bytes()


def test_the_digests_of_files(root: Path) -> None:
    archive = read(root, plan=ContentPlan(digests=True))
    content = (root / "etc" / "passwd").read_bytes()
    position = archive.entries.by_path["etc/passwd"]
    assert archive.tar.digests[position] == hashlib.sha256(content).digest()
    regular = {entry.position for entry in archive.entries if entry.is_file and entry.size}
    assert set(archive.tar.digests) == regular


def written(folder: Path, data: bytes) -> Path:
    path = folder / "archive.tar"
    path.write_bytes(data)
    return path


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)


@given(st.dictionaries(NAMES.filter(lambda name: name not in (".", "..")), st.binary(max_size=600)))
def test_any_names_and_contents(tmp_path_factory: pytest.TempPathFactory, files: object) -> None:
    assert isinstance(files, dict)
    folder = tmp_path_factory.mktemp("any")
    (folder / "blobs").mkdir()
    for name, content in files.items():
        (folder / "blobs" / name).write_bytes(content)
    archive = read(folder)
    blobs = {blob.path: blob for blob in archive.members.blobs.values()}
    assert {f"blobs/{name}" for name in files} == set(blobs)
    for name, content in files.items():
        assert blobs[f"blobs/{name}"].size == len(content)
        assert blobs[f"blobs/{name}"].whole


# --- kinds


BUNDLE = (file("config.json", '{"ociVersion": "1.0.2"}'), file("rootfs/bin/sh", elf(), mode=0o755))
KINDS: dict[str, tuple[Made, Kind, str | None]] = {
    "OCI layout": (build("oci-layout"), Kind.OCI_LAYOUT, None),
    "docker save": (build("docker-archive"), Kind.DOCKER_ARCHIVE, None),
    "docker save 25": (build("docker-oci-archive"), Kind.DOCKER_OCI_ARCHIVE, None),
    "legacy docker save": (build("legacy"), Kind.DOCKER_ARCHIVE_LEGACY, None),
    "wrapped layout": (wrapped(build("oci-layout"), "a/b"), Kind.WRAPPED, None),
    "wrapped docker save": (wrapped(build("docker-archive")), Kind.WRAPPED, None),
    "root": (rootfs(), Kind.ROOTFS, None),
    "skopeo dir": (skopeo_dir(), Kind.UNKNOWN, "skopeo-directory"),
    "wrapped skopeo dir": (wrapped(skopeo_dir()), Kind.UNKNOWN, "skopeo-directory"),
    "bundle": (Made("", BUNDLE), Kind.UNKNOWN, "oci-runtime-bundle"),
    "build context": (Made("", (file("Dockerfile", "FROM a"),)), Kind.UNKNOWN, "build-context"),
    "nothing": (Made("", ()), Kind.EMPTY, None),
    "text": (Made("", (file("notes.txt", "a"),)), Kind.UNKNOWN, None),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_of_a_directory_is_that_of_the_tar(name: str, tmp_path: Path) -> None:
    made, kind, known = KINDS[name]
    folder = tmp_path / "folder"
    made.write_directory(folder)
    archive = read(folder)
    tar = read(written(tmp_path, made.tar()))
    assert archive.kind is kind
    assert (archive.known_kind.name if archive.known_kind else None) == known
    assert tar.kind is (Kind.OCI_ARCHIVE if kind is Kind.OCI_LAYOUT else kind)
    assert tar.known_kind == archive.known_kind
    assert [image.digest for image in archive.images] == [image.digest for image in tar.images]


def test_the_image_of_a_skopeo_directory(tmp_path: Path) -> None:
    skopeo_dir().write_directory(tmp_path / "dir")
    (image,) = read(tmp_path / "dir").images
    (original,) = read(written(tmp_path, build("oci-archive").tar())).images
    assert image.digest == original.digest
    assert [layer.blob.diff_id for layer in image.layers if layer.blob] == [
        layer.diff_id for layer in original.layers
    ]
    assert image.config is not None
    assert image.config.settings == (original.config.settings if original.config else None)


# --- what cannot be read


def test_special_files_are_not_opened(root: Path) -> None:
    (root / "tmp").mkdir(exist_ok=True)
    os.mkfifo(root / "etc" / "pipe")
    (root / "etc" / "pipe").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(root / "tmp")
        try:
            server.bind("app.sock")
        finally:
            os.chdir(place)
    plan = ContentPlan.of([ContentRequest(frozenset({"etc/pipe"}), executables=True)])
    archives: list[Archive] = []
    reading = threading.Thread(target=lambda: archives.append(read(root, plan=plan)), daemon=True)
    reading.start()
    reading.join(30)
    (archive,) = archives
    assert kinds_of(archive)["etc/pipe"] == "6"
    assert noted(archive, AnomalyKind.UNSTORABLE_FILE) == {"tmp/app.sock": "it is a socket"}
    assert "tmp/app.sock" not in archive.members


@pytest.fixture
def as_nobody() -> Callable[[Path], Archive]:
    """Reads a directory as a user without privileges."""

    def look(path: Path) -> Archive:
        for parent in (path, *path.parents[:-2]):
            if parent.stat().st_uid == os.getuid() and not IS_ROOT:
                break
            parent.chmod(parent.stat().st_mode | 0o055)
        if IS_ROOT:
            os.seteuid(NOBODY)
        try:
            return read(path, plan=ContentPlan.of([ContentRequest(frozenset({"etc/passwd"}))]))
        finally:
            if IS_ROOT:
                os.seteuid(0)

    return look


def test_what_may_not_be_read_is_named(root: Path, as_nobody: Callable[[Path], Archive]) -> None:
    (root / "root").mkdir(exist_ok=True)
    (root / "root" / "secret").touch()
    (root / "root").chmod(0o000)
    (root / "etc" / "shadow").write_text("x")
    (root / "etc" / "shadow").chmod(0o000)
    (root / "etc" / "passwd").chmod(0o000)
    archive = as_nobody(root)
    (root / "root").chmod(0o700)
    denied = os.strerror(errno.EACCES)
    assert noted(archive, AnomalyKind.UNLISTED_DIRECTORY) == {"root": denied}
    assert noted(archive, AnomalyKind.UNREADABLE_FILE) == {
        "etc/shadow": denied,
        "etc/passwd": denied,
    }
    assert not archive.is_read_to_end
    assert archive.rootfs is not None
    assert not archive.rootfs.is_whole


def test_a_path_that_is_too_long_for_the_system(tmp_path: Path) -> None:
    place = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(30):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
    finally:
        os.chdir(place)
    archive = read(tmp_path)
    (too_long,) = noted(archive, AnomalyKind.UNLISTED_DIRECTORY).values()
    assert too_long == os.strerror(errno.ENAMETOOLONG)
    assert 10 < len(archive.entries) < 30


# --- what changes while it is read


def replaced_at(
    monkeypatch: pytest.MonkeyPatch, ending: str, change: Callable[[str], None]
) -> None:
    """Change something just before a path with an ending is opened."""
    real = os.open

    def open_late(path: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if str(path).endswith(ending):
            change(str(path))
        return real(path, flags, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", open_late)


def test_a_directory_that_becomes_a_link(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()

    def change(path: str) -> None:
        os.rename(path, tmp_path / "moved")
        os.symlink(tmp_path / "outside", path)

    replaced_at(monkeypatch, "/etc", change)
    archive = read(root)
    assert "etc/secret" not in archive.members
    assert list(noted(archive, AnomalyKind.UNLISTED_DIRECTORY)) == ["etc"]


def test_a_directory_that_becomes_another_one(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()

    def change(path: str) -> None:
        os.rename(path, tmp_path / "moved")
        os.rename(tmp_path / "outside", path)

    replaced_at(monkeypatch, "/etc", change)
    archive = read(root)
    assert "etc/secret" not in archive.members
    assert "replaced" in noted(archive, AnomalyKind.UNLISTED_DIRECTORY)["etc"]


def test_a_file_that_becomes_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build("oci-layout").write_directory(tmp_path / "layout")
    (tmp_path / "secret").write_bytes(b"secret")
    replaced_at(monkeypatch, "/oci-layout", lambda path: os.replace(tmp_path / "secret", path))
    blob = read(tmp_path / "layout").members.blob("oci-layout")
    assert blob is not None
    assert "replaced" in (blob.error or "")
    assert blob.document is None


# --- limits


def test_the_limit_on_entries(root: Path) -> None:
    archive = read(root, limits=Limits(entries=3))
    assert len(archive.entries) == 3
    assert [reached.limit for reached in archive.limits] == ["entries"]


def test_the_limit_on_names(tmp_path: Path) -> None:
    members: tuple[Member, ...] = tuple(file(f"{i:03}{'n' * 247}") for i in range(100))
    Made("", members).write_directory(tmp_path / "many")
    archive = read(tmp_path / "many", limits=Limits(names=1000))
    assert [reached.limit for reached in archive.limits] == ["names"]
    assert len(archive.entries) < 100


def test_the_limit_on_nesting(tmp_path: Path) -> None:
    deep = "/".join(["d" * 50] * 60)
    Made("", (directory(deep),)).write_directory(tmp_path / "deep")
    archive = read(tmp_path / "deep", limits=Limits(nesting=1000))
    assert [reached.limit for reached in archive.limits] == ["nesting"]
