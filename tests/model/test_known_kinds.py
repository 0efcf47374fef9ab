"""Archives that are neither images nor root filesystems, but have a reader that is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checker import Loadable, Session
from checker.interpretation.kinds import recognizing
from checker.plugins import load_plugins
from checker.testing.elf import elf
from checker.testing.tar import Member, compress, directory, file, write_tar

OCI = "application/vnd.oci.image"
EMPTY = "application/vnd.oci.empty.v1+json"


def blob(content: bytes, media_type: str, **more: str) -> tuple[Member, dict[str, Any]]:
    digest = hashlib.sha256(content).hexdigest()
    size = len(content)
    descriptor = {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size, **more}
    return file(f"blobs/sha256/{digest}", content), descriptor


def artifact(config: str, layer: str = "text/plain", **more: str) -> tuple[Member, ...]:
    """An image layout with one artifact, as oras writes it."""
    config_file, config_descriptor = blob(b"{}", config)
    layer_file, layer_descriptor = blob(b"content", layer)
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": config_descriptor,
        "layers": [layer_descriptor],
        **more,
    }
    manifest_file, descriptor = blob(json.dumps(manifest).encode(), f"{OCI}.manifest.v1+json")
    return layout([descriptor], config_file, layer_file, manifest_file)


def layout(descriptors: Sequence[Mapping[str, Any]], *files: Member) -> tuple[Member, ...]:
    index = {"schemaVersion": 2, "manifests": list(descriptors)}
    return (
        file("oci-layout", '{"imageLayoutVersion": "1.0.0"}'),
        file("index.json", json.dumps(index)),
        *files,
    )


def cache() -> tuple[Member, ...]:
    """What ``docker buildx build --cache-to type=local`` writes."""
    layer_file, layer = blob(b"layer", f"{OCI}.layer.v1.tar+gzip")
    config_file, config = blob(b"{}", "application/vnd.buildkit.cacheconfig.v0")
    index = {"schemaVersion": 2, "manifests": [layer, config]}
    index_file, descriptor = blob(json.dumps(index).encode(), f"{OCI}.index.v1+json")
    return layout([descriptor], layer_file, config_file, index_file)


DIR_MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []})
MADE: Mapping[str, tuple[Member, ...]] = {
    "skopeo-directory": (
        file("version", "Directory Transport Version: 1.1\n"),
        file("manifest.json", DIR_MANIFEST),
        file("6" * 64, "{}"),
    ),
    "checkpoint": (
        file("config.dump", "{}"),
        file("spec.dump", "{}"),
        directory("checkpoint"),
        file("checkpoint/core-1.img", "x"),
    ),
    "oci-runtime-bundle": (
        file("config.json", '{"ociVersion": "1.0.2"}'),
        file("rootfs/bin/sh", elf(), mode=0o755),
    ),
    "lxc-image": (
        file("metadata.yaml", "architecture: x86_64\n"),
        file("rootfs/bin/sh", elf(), mode=0o755),
    ),
    "docker-checkpoint": (
        file("cp1/config.json", '{"name": "cp1", "exit": true}'),
        file("cp1/core-1.img", "x"),
        file("cp1/inventory.img", "x"),
    ),
    "lxc-container": (
        file("web/config", "lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs\n"),
        file("web/rootfs/bin/sh", elf(), mode=0o755),
    ),
    "lxc-metadata": (file("config", "lxc.arch = amd64\n"), file("create-message", "created\n")),
    "lxd-backup": (
        file("backup/index.yaml", "name: web\n"),
        file("backup/container/rootfs/bin/sh", elf(), mode=0o755),
    ),
    "docker-storage": (
        file("var/lib/docker/image/overlay2/repositories.json", "{}"),
        file("var/lib/docker/overlay2/x/diff/bin/sh", elf(), mode=0o755),
    ),
    "containers-storage": (
        file("storage/overlay-images/images.json", "[]"),
        file("storage/overlay/l/X", ""),
    ),
    "containerd-storage": (
        file("io.containerd.content.v1.content/blobs/sha256/" + "6" * 64, "{}"),
        file("io.containerd.metadata.v1.bolt/meta.db", "x"),
    ),
    "registry-storage": (
        file("docker/registry/v2/repositories/app/_layers/x", ""),
        file("docker/registry/v2/blobs/sha256/66/data", "{}"),
    ),
    "zarf-package": (
        file("zarf.yaml", "kind: ZarfPackageConfig\n"),
        file("images/oci-layout", '{"imageLayoutVersion": "1.0.0"}'),
        file("images/index.json", '{"schemaVersion": 2, "manifests": []}'),
    ),
    "lxd-metadata": (
        file("metadata.yaml", "architecture: x86_64\n"),
        file("templates/hosts.tpl", ""),
    ),
    "overlay-layer": (
        file("f00d/diff/bin/sh", elf(), mode=0o755),
        file("f00d/link", "ABC"),
        file("f00d/lower", "l/DEF"),
        directory("f00d/work"),
    ),
    "software-package": (
        file(".PKGINFO", "pkgname = x\n"),
        file("usr/bin/x", elf(), mode=0o755),
        file("etc/x", ""),
    ),
    "vagrant-box": (
        file("metadata.json", '{"provider": "libvirt"}'),
        file("Vagrantfile", "Vagrant.configure('2')\n"),
        file("box.img", "QFI"),
    ),
    "virtual-appliance": (file("web.ovf", "<Envelope/>"), file("web-disk1.vmdk", "KDMV")),
    "disk-image": (file("jammy-server-amd64.img", "QFI"), file("README", "")),
    "sos-report": (
        file("sosreport-web/etc/os-release", "ID=x\n"),
        file("sosreport-web/proc/meminfo", ""),
        file("sosreport-web/sos_commands/x", ""),
    ),
    "helm-chart": (file("app/Chart.yaml", "name: app\n"), file("app/values.yaml", "")),
    "volume": (directory("_data"), file("_data/db", "x")),
    "buildkit-local-export": (
        file("linux_amd64/app", elf(), mode=0o755),
        file("linux_arm64/app", elf("arm64"), mode=0o755),
    ),
    "build-context": (file("Dockerfile", "FROM scratch\n"), file("app.py", "")),
    "buildkit-cache": cache(),
    "helm-artifact": artifact("application/vnd.cncf.helm.config.v1+json"),
    "cosign-signature": artifact(
        f"{OCI}.config.v1+json", "application/vnd.dev.cosign.simplesigning.v1+json"
    ),
    "flux-artifact": artifact("application/vnd.cncf.flux.config.v1+json"),
    "wasm-artifact": artifact("application/vnd.wasm.config.v0+json", "application/wasm"),
    "model-artifact": artifact("application/vnd.cncf.model.config.v1+json"),
    "oci-artifact": artifact(EMPTY, artifactType="application/vnd.example.thing"),
}


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(plugins=load_plugins())


def test_every_kind_is_here() -> None:
    kinds = {each.kind.name for each in recognizing._RECOGNIZERS}
    assert kinds == MADE.keys()


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd", "dot-slash"])
@pytest.mark.parametrize("name", MADE)
def test_what_it_is_and_who_reads_it(
    name: str, form: str, session: Session, tmp_path: Path
) -> None:
    members = MADE[name]
    if form == "dot-slash":
        members = (directory("./"), *(replace(one, name=f"./{one.name}") for one in members))
    data = write_tar(members)
    path = tmp_path / "archive.tar"
    path.write_bytes(data if form in {"plain", "dot-slash"} else compress(data, form))
    checked = session.check(path)
    assert checked.archive is not None
    assert checked.archive.known_kind is not None
    assert checked.archive.known_kind.name == name
    assert checked.classification is not None
    known = checked.archive.known_kind
    why = "not a container image"
    if name == "skopeo-directory":
        why = "which engines do not read from a tar"
    assert checked.classification.loadable_reason == f"it is {known.title}, {why}"
    assert checked.loadable is Loadable.NO
    assert not checked.is_importable
    assert checked.restore_command is None
    [advice] = checked.classification.advice
    assert advice.lower().startswith(known.readers.lower())
    assert [one.rule for one in checked.failures()] == ["ENG002"]


@pytest.mark.parametrize("directory", ["x", "home/me/x"])
@pytest.mark.parametrize(
    "name", ["build-context", "volume", "checkpoint", "lxc-image", "oci-runtime-bundle"]
)
def test_a_kind_in_directories(name: str, directory: str, session: Session, tmp_path: Path) -> None:
    members = tuple(replace(one, name=f"{directory}/{one.name}") for one in MADE[name])
    path = tmp_path / "archive.tar"
    path.write_bytes(write_tar(members))
    checked = session.check(path)
    assert checked.archive is not None
    assert checked.archive.known_kind is not None
    assert checked.archive.known_kind.name == name
    assert checked.classification is not None
    assert not any("None" in advice for advice in checked.classification.advice)


def test_a_bundle_whose_root_is_still_empty(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(write_tar((file("config.json", "{}"), directory("rootfs"))))
    checked = session.check(path)
    assert checked.archive is not None
    assert checked.archive.known_kind is not None
    assert checked.archive.known_kind.name == "oci-runtime-bundle"
