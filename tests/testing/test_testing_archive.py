"""Every archive kind: laid out as its tool lays it out, with all digests and sizes right."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checker.testing import archive as archives
from checker.testing.__main__ import main
from checker.testing.archive import KINDS, Archive, build, sample
from checker.testing.image import Image, merge_patch, sample_image
from checker.testing.tar import (
    Member,
    compress,
    device,
    directory,
    file,
    opaque,
    symlink,
    whiteout,
    write_tar,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OCI_KINDS = ["oci-archive", "docker-oci-archive", "multi-platform", "flat-platforms", "oci-layout"]
DOCKER_KINDS = ["docker-archive", "podman-archive", "crane-archive", "docker-oci-archive"]


def contents(data: bytes) -> dict[str, bytes]:
    """Regular files and what links point at, by name."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        return {
            info.name: handle.read()
            for info in tar
            if (info.isfile() or info.issym()) and (handle := _open(tar, info)) is not None
        }


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Any:
    try:
        return tar.extractfile(info)
    except KeyError:
        return None


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def plain(layer: bytes) -> bytes:
    return gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer


def descriptors(document: Any) -> Iterator[Any]:
    """All descriptors below a JSON value."""
    if isinstance(document, dict):
        if {"digest", "size"} <= set(document):
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from descriptors(each)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_tarfile_sees_the_members_in_order(kind: str) -> None:
    archive = build(kind)
    with tarfile.open(fileobj=io.BytesIO(archive.tar()), mode="r:") as tar:
        names = tar.getnames()
    assert names == [member.name.rstrip("/") for member in archive.members]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("docker-archive", ("{config} V V/VERSION V/json {layer0} V V/VERSION V/json {layer1} "
                           "manifest.json repositories")),
        ("legacy", "V V/VERSION V/json {layer0} V V/VERSION V/json {layer1} repositories"),
        ("podman-archive", ("{layer0} {layer1} {config} V/layer.tar V/VERSION V/json V/layer.tar "
                           "V/VERSION V/json manifest.json repositories")),
        ("crane-archive", "{config} {layer0} {layer1} manifest.json"),
        ("oci-archive", "blobs blobs/sha256 B B B B index.json oci-layout"),
        ("docker-oci-archive", ("blobs blobs/sha256 B B B B B B index.json manifest.json "
                               "oci-layout repositories")),
        ("multi-platform", "blobs blobs/sha256 B B B B B B B B index.json oci-layout"),
        ("flat-platforms", "blobs blobs/sha256 B B B B B B B index.json oci-layout"),
        ("empty", ""),
    ],
)  # fmt: skip
def test_the_layout_is_that_of_the_tool(kind: str, pattern: str) -> None:
    archive = build(kind)
    members = {archive.names[key]: f"{{{key}}}" for key in ("layer0", "layer1", "config")
               if key in archive.names}  # fmt: skip
    members = {} if "blobs" in pattern else members
    shown = sorted(_abstract(m.name.rstrip("/"), members) for m in archive.members)
    assert shown == sorted(pattern.split())


def _abstract(name: str, members: dict[str, str]) -> str:
    if name in members:
        return members[name]
    folder, _, rest = name.partition("/")
    if len(folder) == 64:
        return f"V/{rest}".rstrip("/")
    return "B" if name.startswith("blobs/sha256/") else name


@pytest.mark.parametrize("kind", OCI_KINDS)
def test_every_blob_has_its_digest_as_name(kind: str) -> None:
    blobs = {n: data for n, data in contents(sample(kind)).items() if n.startswith("blobs/")}
    assert {digest(data).replace(":", "/") for data in blobs.values()} == {
        name.removeprefix("blobs/") for name in blobs
    }


@pytest.mark.parametrize("kind", OCI_KINDS)
def test_every_descriptor_fits_its_blob(kind: str) -> None:
    files = contents(sample(kind))
    reached = []
    waiting = list(descriptors(json.loads(files["index.json"])))
    while waiting:
        each = waiting.pop()
        data = files["blobs/" + each["digest"].replace(":", "/")]
        assert (digest(data), len(data)) == (each["digest"], each["size"])
        reached.append(each["digest"])
        if each["mediaType"].endswith("+json"):
            waiting += descriptors(json.loads(data))
    assert len(reached) >= 4


@pytest.mark.parametrize("kind", DOCKER_KINDS)
def test_manifest_json_leads_to_layers_that_hash_to_the_diff_ids(kind: str) -> None:
    files = contents(sample(kind))
    (entry,) = json.loads(files["manifest.json"])
    config = json.loads(files[entry["Config"]])
    layers = [digest(plain(files[name])) for name in entry["Layers"]]
    assert layers == config["rootfs"]["diff_ids"]
    assert digest(files[entry["Config"]]).removeprefix("sha256:") in entry["Config"]
    assert len(config["history"]) == len(layers) == 2


@pytest.mark.parametrize("kind", ["docker-archive", "podman-archive", "legacy"])
def test_v1_folders_form_a_chain_that_repositories_names(kind: str) -> None:
    files = contents(sample(kind))
    images = {n.split("/")[0]: json.loads(files[n]) for n in files if n.endswith("/json")}
    assert all(name == image["id"] for name, image in images.items())
    ((_, tags),) = json.loads(files["repositories"]).items()
    top = images[tags["1"]]
    assert "parent" not in images[top["parent"]]
    assert all(plain(files[f"{name}/layer.tar"]) for name in images)


def test_names_are_spelled_as_the_tool_spells_them() -> None:
    podman = json.loads(contents(sample("podman-archive"))["manifest.json"])
    docker = json.loads(contents(sample("docker-archive"))["manifest.json"])
    assert podman[0]["RepoTags"] == ["docker.io/library/sample:1"]
    assert docker[0]["RepoTags"] == ["sample:1"]
    hybrid = json.loads(contents(sample("docker-oci-archive"))["index.json"])
    assert hybrid["manifests"][0]["annotations"] == {
        "io.containerd.image.name": "docker.io/library/sample:1",
        "org.opencontainers.image.ref.name": "1",
    }


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("app", ("app", "latest")),
        ("app:1", ("app", "1")),
        ("host:5000/app", ("host:5000/app", "latest")),
        ("host:5000/app:1", ("host:5000/app", "1")),
    ],
)
def test_names_split_into_repository_and_tag(name: str, parts: tuple[str, str]) -> None:
    assert archives.split_tag(name) == parts


def test_an_image_without_tags_is_nameless_everywhere() -> None:
    image = replace(sample_image(), tags=())
    docker = contents(build("docker-archive", image).tar())
    assert json.loads(docker["manifest.json"])[0]["RepoTags"] is None
    assert "repositories" not in docker
    index = json.loads(contents(build("oci-archive", image).tar())["index.json"])
    assert "annotations" not in index["manifests"][0]


def test_a_layer_that_comes_twice_is_a_link_in_docker_archives() -> None:
    layer = (file("a", "1"),)
    archive = build("docker-archive", Image(layers=(layer, layer)))
    links = [member for member in archive.members if member.typeflag == b"2"]
    assert [member.linkname.count("../") for member in links] == [1]
    files = contents(archive.tar())
    (entry,) = json.loads(files["manifest.json"])
    assert files[entry["Layers"][0]] == files[entry["Layers"][1]]


@pytest.mark.parametrize("kind", ["docker-archive", "podman-archive", "crane-archive"])
def test_several_images_share_their_layers(kind: str) -> None:
    first = sample_image()
    second = replace(first, tags=("other:1", "other:2"), config={"config": {"User": "root"}})
    archive = build(kind, first, second)
    entries = json.loads(contents(archive.tar())["manifest.json"])
    assert len(entries) == 2
    assert entries[0]["Config"] != entries[1]["Config"]
    assert archive.names["image1.config"] == entries[1]["Config"]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd", "bzip2", "xz"])
def test_layers_are_compressed_as_asked_for(compression: str) -> None:
    image = replace(sample_image(), compression=compression)
    archive = build("oci-archive", image)
    files = contents(archive.tar())
    manifest = json.loads(files[archive.names["manifest"]])
    suffix = "" if compression == "none" else f"+{compression}"
    assert {layer["mediaType"] for layer in manifest["layers"]} == {
        f"application/vnd.oci.image.layer.v1.tar{suffix}"
    }
    layer = image.layers[0]
    assert isinstance(layer, tuple)
    assert files[archive.names["layer0"]] == compress(write_tar(layer), compression)


def test_documents_and_blobs_can_be_given_byte_for_byte() -> None:
    image = replace(
        sample_image(), stored={0: b""}, config_bytes=b"{}", manifest_bytes=b'{"manifest": 1}'
    )
    archive = build("oci-archive", image)
    files = contents(archive.tar())
    assert files[archive.names["layer0"]] == b""
    assert files[archive.names["config"]] == b"{}"
    assert files[archive.names["manifest"]] == b'{"manifest": 1}'
    assert archive.names["layer0.digest"] == digest(b"")


@pytest.mark.parametrize("config", [b"", b"[]", b'{"config":'])
def test_a_broken_config_breaks_nothing_else(config: bytes) -> None:
    archive = build("docker-archive", replace(sample_image(), config_bytes=config))
    files = contents(archive.tar())
    assert files[archive.names["config"]] == config
    assert json.loads(files[archive.names["v1.1"] + "/json"])["config"] is None


@pytest.mark.parametrize(
    ("patch", "patched"),
    [
        ({}, {"a": {"b": 1}, "c": [1]}),
        ({"a": {"b": None, "d": 2}}, {"a": {"d": 2}, "c": [1]}),
        ({"c": {"e": None}}, {"a": {"b": 1}, "c": {}}),
        ({"a": None, "c": 3}, {"c": 3}),
        ([1], [1]),
    ],
)
def test_a_merge_patch_changes_and_removes(patch: Any, patched: Any) -> None:
    assert merge_patch({"a": {"b": 1}, "c": [1]}, patch) == patched


def test_merging_applies_whiteouts_to_lower_layers_only() -> None:
    layers = (
        (directory("d"), file("d/old"), file("gone/x"), file("e"), directory("f"), file("f/x")),
        (opaque("d"), file("d/new"), whiteout("gone"), file("f"), whiteout("e"), file("e", "2")),
    )
    merged = archives.merge_layers(layers)
    assert list(merged) == ["d", "f", "d/new", "e"]
    assert merged["f"].typeflag == b"0"
    assert merged["e"].content == b"2"


def test_a_layer_of_bytes_cannot_be_merged() -> None:
    with pytest.raises(TypeError, match="cannot be merged"):
        archives.rootfs(Image(layers=(b"",)))


def test_a_root_filesystem_is_flat_and_an_export_bears_its_marks() -> None:
    flat, marked = (
        {member.name for member in build(kind).members} for kind in ("rootfs", "export")
    )
    assert {"bin/app", "etc/passwd", "etc/os-release"} <= flat & marked
    assert {".dockerenv", "etc/hostname", "etc/mtab"} <= marked
    assert ".dockerenv" not in flat
    assert not [name for name in (*flat, *marked) if ".wh." in name]


def test_a_changeset_has_whiteouts() -> None:
    names = [member.name for member in build("layer").members]
    assert {"etc/.wh.motd", "var/cache/.wh..wh..opq"} <= set(names)


def test_the_members_of_a_wrapped_archive_lie_in_its_folder() -> None:
    archive = archives.wrapped(build("oci-archive"))
    assert {member.name.split("/")[0] for member in archive.members} == {"image"}
    assert archive.names["config"].startswith("image/blobs/")
    assert archive.names["config.digest"].startswith("sha256:")


def test_a_nested_archive_comes_out_whole() -> None:
    archive = archives.nested(build("docker-archive"))
    assert contents(archive.tar()) == {"image.tar": sample("docker-archive")}


@pytest.mark.parametrize("kind", ["rootfs", "export", "layer", "empty"])
def test_a_kind_for_one_image_refuses_more(kind: str) -> None:
    with pytest.raises(ValueError, match="image"):
        build(kind, sample_image(), sample_image())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of archive 'zip'; known: docker-archive"):
        build("zip")


def test_a_layout_can_be_written_as_a_folder(tmp_path: Path) -> None:
    archive = build("oci-layout")
    archive.write_directory(tmp_path / "layout")
    files = {
        path.relative_to(tmp_path / "layout").as_posix(): path.read_bytes()
        for path in (tmp_path / "layout").rglob("*")
        if path.is_file()
    }
    assert files == contents(archive.tar())


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (file("../out"), "outside the directory"),
        (file("/etc/out"), "outside the directory"),
        (device("null", 1, 3), "only files, directories, links, fifos and sockets"),
    ],
)
def test_a_folder_refuses_what_it_cannot_hold(tmp_path: Path, member: Member, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Archive("oci-layout", (member,)).write_directory(tmp_path / "layout")


def test_a_folder_holds_symbolic_links(tmp_path: Path) -> None:
    Archive("oci-layout", (symlink("blobs/link", "../x"),)).write_directory(tmp_path)
    assert (tmp_path / "blobs/link").readlink() == Path("../x")


@pytest.mark.parametrize("kind", ["docker-archive", "multi-platform"])
def test_another_process_writes_the_same_bytes(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run(
        [sys.executable, "-m", "checker.testing", kind, out], check=True, env=environment
    )
    assert out.read_bytes() == sample(kind)


def test_the_command_writes_a_layout_as_a_folder(tmp_path: Path) -> None:
    assert main(["oci-layout", str(tmp_path / "layout")]) == 0
    assert (tmp_path / "layout" / "oci-layout").is_file()


def test_the_command_refuses_an_unknown_kind(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["zip", "out"])
    assert "invalid choice: 'zip'" in capsys.readouterr().err


@pytest.mark.engines
@pytest.mark.parametrize(
    ("transport", "kind"),
    [
        ("docker-archive", "docker-archive"),
        ("docker-archive", "podman-archive"),
        ("docker-archive", "crane-archive"),
        ("docker-archive", "docker-oci-archive"),
        ("oci-archive", "docker-oci-archive"),
        ("oci-archive", "oci-archive"),
        ("oci-archive", "multi-platform"),
        ("oci", "oci-layout"),
    ],
)
def test_skopeo_copies_the_sample(transport: str, kind: str, tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not installed")
    path = tmp_path / "sample"
    main([kind, str(path)])
    command = [skopeo, "--insecure-policy", "--override-os=linux", "--override-arch=amd64", "copy"]
    run = subprocess.run(
        [*command, f"{transport}:{path}", f"dir:{tmp_path / 'copy'}"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "copy" / "manifest.json").is_file()
