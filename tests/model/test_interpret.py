"""From the members of an archive to its images."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from checker.model.archive import Archive
from checker.model.limits import Limits
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.archive import (
    Archive as Built,
)
from checker.testing.archive import (
    build,
    docker_archive,
    docker_oci_archive,
    multi_platform,
    oci_archive,
)
from checker.testing.image import INDEX_TYPE, MANIFEST_TYPE, sample_image
from checker.testing.tar import Member, file, write_tar

OTHER = replace(sample_image("arm64"), tags=("other:1",))


def read(folder: Path, *members: Member, limits: Limits | None = None) -> Archive:
    path = folder / "archive.tar"
    path.write_bytes(write_tar(members))
    return read_archive(str(path), ReadOptions(limits=limits or Limits()))


def names(archive: Archive) -> list[tuple[str, ...]]:
    return [image.names for image in archive.images]


def blob(document: Any, media_type: str) -> tuple[Member, dict[str, Any]]:
    """A document among the blobs, and its descriptor."""
    data = json.dumps(document).encode()
    encoded = hashlib.sha256(data).hexdigest()
    descriptor = {"mediaType": media_type, "digest": f"sha256:{encoded}", "size": len(data)}
    return file(f"blobs/sha256/{encoded}", data), descriptor


def index_of(*descriptors: dict[str, Any]) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(descriptors)}


def with_index(built: Built, *descriptors: dict[str, Any]) -> tuple[Member, ...]:
    """The members with another ``index.json``."""
    rest = tuple(member for member in built.members if member.name != "index.json")
    return (*rest, file("index.json", json.dumps(index_of(*descriptors))))


def manifest_of(built: Built, prefix: str = "") -> dict[str, Any]:
    """The descriptor of an image's manifest."""
    name = built.names[f"{prefix}manifest"]
    content = next(member.content for member in built.members if member.name == name)
    digest = built.names[f"{prefix}manifest.digest"]
    return {"mediaType": MANIFEST_TYPE, "digest": digest, "size": len(content)}


def test_a_docker_archive_and_a_layout_of_one_image(tmp_path: Path) -> None:
    built = docker_oci_archive()
    archive = read(tmp_path, *built.members)
    (image,) = archive.images
    assert image.manifest is not None
    assert image.item is not None
    assert image.names == ("sample:1",)
    assert image.digest == built.names["manifest.digest"]
    assert image.label == "docker.io/library/sample:1"
    assert [layer.diff_id for layer in image.layers] == [
        built.names["layer0.diff_id"],
        built.names["layer1.diff_id"],
    ]


def test_two_images_in_a_docker_archive_and_a_layout(tmp_path: Path) -> None:
    archive = read(tmp_path, *docker_oci_archive(sample_image(), OTHER).members)
    assert names(archive) == [("sample:1",), ("other:1",)]
    assert all(image.manifest and image.item for image in archive.images)
    assert [str(image.platform) for image in archive.images] == ["linux/amd64", "linux/arm64"]


def test_different_images_of_docker_archive_and_layout_are_not_joined(tmp_path: Path) -> None:
    members = {member.name: member for member in docker_archive(OTHER).members}
    members |= {member.name: member for member in oci_archive().members}
    archive = read(tmp_path, *members.values())
    assert names(archive) == [("sample:1",), ("other:1",)]
    assert [image.item is not None for image in archive.images] == [False, True]
    assert [image.manifest is not None for image in archive.images] == [True, False]


def test_several_tags_are_one_image(tmp_path: Path) -> None:
    image = replace(sample_image(), tags=("app:1", "app:2", "quay.io/team/app:3"))
    for kind in ("docker-archive", "oci-archive", "docker-oci-archive"):
        archive = read(tmp_path, *build(kind, image).members)
        assert names(archive) == [("app:1", "app:2", "quay.io/team/app:3")], kind


def test_images_without_names_are_called_by_their_digests(tmp_path: Path) -> None:
    image = replace(sample_image(), tags=())
    built = oci_archive(image)
    (found,) = read(tmp_path, *built.members).images
    assert found.names == ()
    assert found.label == built.names["manifest.digest"][:19]
    built = docker_archive(image)
    (found,) = read(tmp_path, *built.members).images
    assert found.label == built.names["config.digest"][:19]


def test_an_item_without_a_config_is_called_by_its_place(tmp_path: Path) -> None:
    (found,) = read(tmp_path, file("manifest.json", '[{"Layers": ["a.tar"]}]')).images
    assert found.label == "image /0 of manifest.json"
    assert found.config is None
    assert [layer.path for layer in found.layers] == ["a.tar"]
    assert found.layers[0].blob is None


def test_keys_of_manifest_json_may_be_written_in_any_case(tmp_path: Path) -> None:
    (found,) = read(tmp_path, file("manifest.json", '[{"repoTAGS": ["a:1"]}]')).images
    assert found.names == ("a:1",)


def test_items_that_are_no_objects_are_left_out(tmp_path: Path) -> None:
    archive = read(tmp_path, file("manifest.json", '[null, 1, {"RepoTags": ["a:1"]}]'))
    assert names(archive) == [("a:1",)]
    assert archive.images[0].location.pointer == "/2"
    assert read(tmp_path, file("manifest.json", '{"RepoTags": []}')).images == ()


def test_a_nested_index_hands_its_name_down(tmp_path: Path) -> None:
    archive = read(tmp_path, *multi_platform().members)
    assert names(archive) == [("sample:1",), ("sample:1",)]
    assert [image.label for image in archive.images] == [
        "sample:1 (linux/amd64)",
        "sample:1 (linux/arm64/v8)",
    ]
    assert [image.config.location.image for image in archive.images if image.config] == [
        "sample:1 (linux/amd64)",
        "sample:1 (linux/arm64/v8)",
    ]
    assert archive.oci is not None
    assert [index.depth for index in archive.oci.indexes] == [0, 1]


def test_indexes_in_indexes_hand_names_down(tmp_path: Path) -> None:
    built = oci_archive(replace(sample_image(), tags=()))
    inner, inner_descriptor = blob(index_of(manifest_of(built)), INDEX_TYPE)
    outer, outer_descriptor = blob(index_of(inner_descriptor), INDEX_TYPE)
    named = outer_descriptor | {"annotations": {"org.opencontainers.image.ref.name": "deep:1"}}
    archive = read(tmp_path, *with_index(built, named), inner, outer)
    assert names(archive) == [("deep:1",)]
    assert archive.oci is not None
    assert [index.depth for index in archive.oci.indexes] == [0, 1, 2]


def test_a_name_of_containerd_is_the_full_one(tmp_path: Path) -> None:
    built = oci_archive(replace(sample_image(), tags=()))
    annotations = {
        "org.opencontainers.image.ref.name": "1",
        "io.containerd.image.name": "docker.io/library/app:1",
    }
    archive = read(tmp_path, *with_index(built, manifest_of(built) | {"annotations": annotations}))
    assert names(archive) == [("docker.io/library/app:1",)]


def test_a_manifest_that_is_listed_twice_is_one_image(tmp_path: Path) -> None:
    built = oci_archive()
    twice = (
        manifest_of(built) | {"annotations": {"org.opencontainers.image.ref.name": name}}
        for name in ("a:1", "b:1")
    )
    assert names(read(tmp_path, *with_index(built, *twice))) == [("a:1", "b:1")]


def test_attestations_are_no_images(tmp_path: Path) -> None:
    built = oci_archive(sample_image(), OTHER)
    attestation = manifest_of(built, "image1.") | {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": built.names["manifest.digest"],
        },
    }
    archive = read(tmp_path, *with_index(built, manifest_of(built), attestation))
    assert [image.digest for image in archive.images] == [built.names["manifest.digest"]]
    assert archive.oci is not None
    assert len(archive.oci.manifests) == 2


def test_artifacts_are_no_images(tmp_path: Path) -> None:
    manifests = [
        {"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []},
        {"config": {"mediaType": "application/vnd.oci.empty.v1+json"}, "layers": []},
        {"layers": []},
        {
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json"}],
        },
    ]
    blobs = [blob(manifest, MANIFEST_TYPE) for manifest in manifests]
    built = Built("oci-archive", (file("oci-layout", '{"imageLayoutVersion": "1.0.0"}'),))
    members = with_index(built, *(descriptor for _, descriptor in blobs))
    archive = read(tmp_path, *members, *(member for member, _ in blobs))
    assert archive.images == ()
    assert archive.oci is not None
    assert len(archive.oci.manifests) == len(manifests)


def fake(name: str) -> str:
    """A digest that a document can name although it does not hash to it."""
    return f"sha256:{name * 64}"


def fake_index(name: str, *children: str) -> Member:
    found = [{"mediaType": INDEX_TYPE, "digest": fake(child), "size": 1} for child in children]
    return file(f"blobs/sha256/{name * 64}", json.dumps(index_of(*found)))


def test_indexes_in_a_circle_end(tmp_path: Path) -> None:
    built = oci_archive()
    first = {"mediaType": INDEX_TYPE, "digest": fake("a"), "size": 1}
    members = with_index(built, first, manifest_of(built))
    archive = read(
        tmp_path, *members, fake_index("a", "b", "a"), fake_index("b", "a", "c"), fake_index("c")
    )
    assert archive.oci is not None
    assert [index.depth for index in archive.oci.indexes] == [0, 1, 2, 3]
    assert len(archive.images) == 1


def test_deep_indexes_reach_a_limit(tmp_path: Path) -> None:
    built = oci_archive()
    first = {"mediaType": INDEX_TYPE, "digest": fake("a"), "size": 1}
    chain = (fake_index("a", "b"), fake_index("b", "c"), fake_index("c", "d"), fake_index("d"))
    members = (*with_index(built, first), *chain)
    archive = read(tmp_path, *members, limits=Limits(index_depth=2))
    assert archive.oci is not None
    assert [index.depth for index in archive.oci.indexes] == [0, 1, 2]
    assert [reached.limit for reached in archive.limits] == ["index_depth"]


def test_too_many_images_reach_a_limit(tmp_path: Path) -> None:
    items = [{"RepoTags": [f"app:{i}"]} for i in range(5)]
    members = (file("manifest.json", json.dumps(items)),)
    archive = read(tmp_path, *members, limits=Limits(images=3))
    assert names(archive) == [("app:0",), ("app:1",), ("app:2",)]
    assert [reached.limit for reached in archive.limits] == ["images"]


def test_what_is_missing_is_left_out(tmp_path: Path) -> None:
    built = oci_archive()
    gone = built.names["layer0"]
    archive = read(tmp_path, *(member for member in built.members if member.name != gone))
    (image,) = archive.images
    assert [layer.blob is None for layer in image.layers] == [True, False]
    assert image.layers[0].label == "layer 0 of sample:1"
    gone = built.names["manifest"]
    archive = read(tmp_path, *(member for member in built.members if member.name != gone))
    assert archive.images == ()
