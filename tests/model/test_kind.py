"""What kind of archive it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from checker import classify
from checker.model.archive import IMAGE_KINDS, Archive, Kind
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.archive import (
    build,
    docker_archive,
    docker_oci_archive,
    export,
    nested,
    oci_archive,
    rootfs,
    sample,
    wrapped,
)
from checker.testing.elf import elf
from checker.testing.image import Image
from checker.testing.tar import Member, compress, directory, file, symlink, whiteout, write_tar


def read(folder: Path, data: bytes) -> Archive:
    path = folder / "archive.tar"
    path.write_bytes(data)
    return read_archive(str(path), ReadOptions())


BUILT: Mapping[str, Kind] = {
    "docker-archive": Kind.DOCKER_ARCHIVE,
    "podman-archive": Kind.DOCKER_ARCHIVE,
    "crane-archive": Kind.DOCKER_ARCHIVE,
    "legacy": Kind.DOCKER_ARCHIVE_LEGACY,
    "oci-archive": Kind.OCI_ARCHIVE,
    "multi-platform": Kind.OCI_ARCHIVE,
    "flat-platforms": Kind.OCI_ARCHIVE,
    "docker-oci-archive": Kind.DOCKER_OCI_ARCHIVE,
    "rootfs": Kind.ROOTFS,
    "export": Kind.ROOTFS,
    "layer": Kind.LAYER,
    "empty": Kind.EMPTY,
}


@pytest.mark.parametrize(("built", "kind"), BUILT.items(), ids=BUILT)
def test_what_tools_write(built: str, kind: Kind, tmp_path: Path) -> None:
    assert read(tmp_path, sample(built)).kind is kind


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_compression_of_the_whole_does_not_matter(compression: str, tmp_path: Path) -> None:
    assert read(tmp_path, compress(sample(), compression)).kind is Kind.DOCKER_ARCHIVE
    assert read(tmp_path, compress(sample("export"), compression)).kind is Kind.ROOTFS


def test_a_folder(tmp_path: Path) -> None:
    build("oci-layout").write_directory(tmp_path / "layout")
    assert read_archive(str(tmp_path / "layout"), ReadOptions()).kind is Kind.OCI_LAYOUT


SCRATCH = Image(layers=((file("app", elf(), mode=0o755),),))
ROOT = rootfs().members
PWA = file("manifest.json", '{"name": "app", "icons": []}')
PAGE = file("index.json", '{"manifests": []}')


@dataclass(frozen=True)
class Made:
    name: str
    members: tuple[Member, ...]
    kind: Kind


def without(members: tuple[Member, ...], *names: str) -> tuple[Member, ...]:
    return tuple(member for member in members if member.name not in names)


def dotted(members: tuple[Member, ...]) -> tuple[Member, ...]:
    return tuple(replace(member, name=f"./{member.name}") for member in members)


MADE = [
    Made("one static program", (file("app", elf(), mode=0o755),), Kind.ROOTFS),
    Made("an export of a scratch image", export(SCRATCH).members, Kind.ROOTFS),
    Made("one folder of a root", (directory("etc"), file("etc/x")), Kind.UNKNOWN),
    Made("a program of a root", (file("usr/bin/x", mode=0o755),), Kind.ROOTFS),
    Made("the accounts of a root", (file("etc/passwd", "x"),), Kind.ROOTFS),
    Made("a home", (file("home/me/notes.txt"),), Kind.UNKNOWN),
    Made("the mark of an export alone", (file(".dockerenv"), file("x")), Kind.ROOTFS),
    Made("a root of Windows", (directory("Files"), directory("Hives")), Kind.ROOTFS),
    Made("one folder of Windows tells nothing", (directory("Files"),), Kind.UNKNOWN),
    Made("a root with a manifest.json of its own", (*ROOT, PWA), Kind.ROOTFS),
    Made("a root with an index.json of its own", (*ROOT, PAGE), Kind.ROOTFS),
    Made("a root with whiteouts", (*ROOT, whiteout("etc/motd")), Kind.LAYER),
    Made("whiteouts alone", (whiteout("srv-data/x"),), Kind.LAYER),
    Made("an image as ./…", dotted(docker_archive().members), Kind.DOCKER_ARCHIVE),
    Made("a layout as ./…", dotted(oci_archive().members), Kind.OCI_ARCHIVE),
    Made("a manifest.json that is no JSON", (file("manifest.json", "?"),), Kind.DOCKER_ARCHIVE),
    Made("no oci-layout", without(oci_archive().members, "oci-layout"), Kind.OCI_ARCHIVE),
    Made("no index.json", without(oci_archive().members, "index.json"), Kind.OCI_ARCHIVE),
    Made("an index without blobs", (PAGE,), Kind.OCI_ARCHIVE),
    Made("an index.json of something else", (file("index.json", "{}"),), Kind.UNKNOWN),
    Made("both, no index.json", without(docker_oci_archive().members, "index.json"),
         Kind.DOCKER_OCI_ARCHIVE),
    Made("both, no manifest.json", without(docker_oci_archive().members, "manifest.json"),
         Kind.OCI_ARCHIVE),
    Made("one folder too deep", wrapped(docker_archive()).members, Kind.WRAPPED),
    Made("a layout too deep, no entry for the folder", wrapped(oci_archive()).members[1:],
         Kind.WRAPPED),
    Made("a directory beside it", (*wrapped(docker_archive()).members, file("more/x")),
         Kind.WRAPPED),
    Made("files of macOS beside it", (*wrapped(docker_archive()).members, file("._image")),
         Kind.WRAPPED),
    Made("three directories too deep", wrapped(docker_archive(), "home/me/image").members,
         Kind.WRAPPED),
    Made("a web page with a manifest", (file("site/manifest.json", "{}"), file("site/a.js")),
         Kind.UNKNOWN),
    Made("an image in a tar", nested(docker_archive()).members, Kind.NESTED),
    Made("an image in a tar, beside a text",
         (*nested(oci_archive(), "a.tar").members, file("README")), Kind.NESTED),
    Made("a compressed image in a tar", (file("image.tar.gz", compress(sample(), "gzip")),),
         Kind.NESTED),
    Made("a tar in a tar that is no image", (file("x.tar", write_tar((file("x"),))),),
         Kind.UNKNOWN),
    Made("anything", (file("README", "hello"),), Kind.UNKNOWN),
    Made("a Dockerfile beside a program", (file("Dockerfile"), file("bin/x", mode=0o755)),
         Kind.UNKNOWN),
    Made("an image too deep beside a script",
         (*wrapped(docker_archive()).members, file("install.sh", "#!", mode=0o755)), Kind.WRAPPED),
    Made("an image too deep beside a program",
         (*wrapped(oci_archive(), "a/b").members, file("loader", elf(), mode=0o755)),
         Kind.WRAPPED),
    Made("an image in a directory beside a script",
         (file("install.sh", "#!", mode=0o755), file("images/app.tar", sample())), Kind.NESTED),
    Made("an image in a directory beside a program",
         (file("load", elf(), mode=0o755), file("images/app.tar", sample())), Kind.NESTED),
    Made("a root too deep beside a script",
         (*wrapped(rootfs(), "rootfs").members, file("install.sh", "#!", mode=0o755)),
         Kind.UNKNOWN),
    Made("a root too deep beside a program",
         (*wrapped(rootfs(), "rootfs").members, file("loader", elf(), mode=0o755)),
         Kind.UNKNOWN),
    Made("a script and a text", (file("run.sh", "#!", mode=0o755), file("README")), Kind.UNKNOWN),
    Made("a text that is executable, as on file systems without modes",
         (file("README.md", mode=0o777), file("LICENSE", mode=0o777)), Kind.UNKNOWN),
    Made("a link at the top", (symlink("current", "v1"), file("v1/notes.txt")), Kind.UNKNOWN),
    Made("an export of an image of Nix", (file("nix/store/x-busybox/bin/sh", mode=0o755),),
         Kind.ROOTFS),
    Made("a package of Guix", (file("gnu/store/x-hello/bin/hello", mode=0o755),), Kind.ROOTFS),
    Made("a store in a directory", (file("a/nix/store/x-hello/bin/hello", mode=0o755),),
         Kind.UNKNOWN),
    Made("a package of Alpine", (file(".PKGINFO"), file("bin/x", mode=0o755)), Kind.UNKNOWN),
    Made("a root with its Dockerfile", (*ROOT, file("Dockerfile")), Kind.ROOTFS),
]  # fmt: skip


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_made_by_hand(made: Made, tmp_path: Path) -> None:
    archive = read(tmp_path, write_tar(made.members))
    assert archive.kind is made.kind
    assert (archive.rootfs is not None) == (made.kind in {Kind.ROOTFS, Kind.LAYER})
    if made.kind not in IMAGE_KINDS:
        assert archive.images == ()


def program(name: str) -> Member:
    return file(name, elf(), mode=0o755)


ROOTS: Mapping[str, tuple[Member, ...]] = {
    "rootfs": (program("rootfs/bin/app"),),
    "my-root": (program("my-root/usr/bin/app"), file("my-root/etc/app.conf")),
    "out": (program("out/usr/bin/app"), directory("out/proc"), directory("out/etc")),
    "srv/web": (file("srv/web/etc/os-release", "ID=x\n"),),
    "usb": (program("usb/bin/sh"),),
}


@pytest.mark.parametrize("directory", ROOTS)
def test_a_root_in_a_directory(directory: str, tmp_path: Path) -> None:
    assert read(tmp_path, write_tar(ROOTS[directory])).root_directory == directory


SOFTWARE: Mapping[str, tuple[Member, ...]] = {
    "a runtime": (program("jdk-17/bin/java"), file("jdk-17/lib/x.so"), file("jdk-17/conf/a")),
    "a server": (program("pg/bin/x"), file("pg/lib/x.so"), file("pg/etc/x"), file("pg/var/x")),
    "sources": (program("app/bin/run"), file("app/lib/a.py"), file("app/etc/x"), file("app/a")),
}


@pytest.mark.parametrize("name", SOFTWARE)
def test_installed_software_is_not_taken_for_a_root(name: str, tmp_path: Path) -> None:
    archive = read(tmp_path, write_tar(SOFTWARE[name]))
    assert archive.kind is Kind.UNKNOWN
    assert archive.root_directory is None


def test_an_archive_beside_the_nested_image_is_not_taken_for_it(tmp_path: Path) -> None:
    data = file("data.tar", write_tar((file("x"),)))
    path = tmp_path / "archive.tar"
    path.write_bytes(write_tar((data, *nested(docker_archive(), "image.tar").members)))
    checked = classify(path)
    assert checked.archive is not None
    assert checked.archive.nested_images == (1,)
    assert checked.classification is not None
    assert "image.tar" in checked.classification.loadable_reason


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", Kind.EMPTY),
        (b"hello\n", Kind.NOT_A_TAR),
        (b"hello\n" * 1000, Kind.NOT_A_TAR),
        (bytes(512), Kind.EMPTY),
        (bytes(512) + b"x" * 512, Kind.NOT_A_TAR),
        (bytes(1024), Kind.EMPTY),
        (bytes(10240), Kind.EMPTY),
        (sample()[:300], Kind.NOT_A_TAR),
    ],
    ids=[
        "no bytes",
        "text",
        "long text",
        "one block",
        "a block and junk",
        "two blocks",
        "a record",
        "a cut header",
    ],
)
def test_no_members(data: bytes, kind: Kind, tmp_path: Path) -> None:
    assert read(tmp_path, data).kind is kind


def test_a_flat_archive_has_neither_docker_archive_nor_layout(tmp_path: Path) -> None:
    archive = read(tmp_path, write_tar((*ROOT, PWA, PAGE)))
    assert archive.docker is None
    assert archive.oci is None
    assert archive.rootfs is not None
    assert archive.rootfs.get("manifest.json") is not None
