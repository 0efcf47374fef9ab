"""Docker archives as each tool writes them.

Sources: moby ``image/tarexport/save.go`` (20.10, 28), containers/image ``docker/internal/tarfile``,
go-containerregistry ``pkg/v1/tarball/write.go``, kaniko, ko ``pkg/build/gobuild.go``, Jib
``ImageTarball``, nixpkgs ``stream_layered_image.py``, rules_oci ``tarball.sh.tpl``, rules_docker
``container/create_image.py``, containerd ``images/archive/exporter.go``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from checker import Kind
from checker.testing.archive import build, layout_members
from checker.testing.elf import elf
from checker.testing.image import LAYER_TYPE, Blob, Image, encode_json, sha256
from checker.testing.tar import Member, directory, file, symlink

from . import roots
from .parts import (
    EPOCH,
    PATH,
    Json,
    Sample,
    Samples,
    Stored,
    config_of,
    dated,
    described,
    dotted,
    in_records,
    index_of,
    manifest_of,
    step,
    stored,
)

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ZERO_TIME = "0001-01-01T00:00:00Z"


def debian_image(*tags: str) -> Image:
    """A Debian image with an application on it, as the classic builder made them."""
    return Image(
        layers=(roots.debian(), roots.debian_update(), roots.debian_app()),
        tags=tags or ("shop/web:1.2",),
        config={
            "container": sha256(b"container"),
            "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) ", 'CMD ["nginx"]'], "Image": ""},
            "docker_version": "20.10.24",
            "config": {
                "Env": [PATH, "LANG=C.UTF-8"],
                "Entrypoint": ["/srv/app/start.sh"],
                "Cmd": ["serve"],
                "WorkingDir": "/srv/app",
                "User": "1000:1000",
                "ExposedPorts": {"8080/tcp": {}},
                "Volumes": {"/srv/app/data": {}},
                "Labels": {"org.opencontainers.image.title": "web"},
                "OnBuild": None,
                "StopSignal": "SIGTERM",
            },
            "history": [
                step("/bin/sh -c #(nop) ADD file:85db4f4c5016f51f in / "),
                step('/bin/sh -c #(nop)  CMD ["bash"]', empty=True),
                step("/bin/sh -c apt-get update && apt-get install -y curl"),
                step("/bin/sh -c #(nop) COPY dir:9bdb9ae1cc3f0ef2 in /srv/app "),
                step("/bin/sh -c #(nop)  USER 1000:1000", empty=True),
            ],
        },
    )


def alpine_image(*tags: str) -> Image:
    """The image ``alpine`` as it comes."""
    return Image(
        layers=(roots.alpine(),),
        tags=tags or ("alpine:latest",),
        config={
            "config": {
                "Env": [PATH],
                "Cmd": ["/bin/sh"],
                "Entrypoint": None,
                "User": None,
                "WorkingDir": None,
            },
            "history": [
                step("ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"),
                step('CMD ["/bin/sh"]', empty=True, comment="buildkit.dockerfile.v0"),
            ],
        },
    )


def distroless_image(*tags: str) -> Image:
    """A static program on distroless, its user given by number."""
    layers = (*roots.distroless(), roots.copied_program())
    return Image(
        layers=layers,
        tags=tags or ("team/static:1",),
        config={
            "config": {
                "Env": [PATH, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
                "Entrypoint": ["/app"],
                "User": "65532",
                "WorkingDir": "/home/nonroot",
            },
            "history": [step("bazel build ...", created=ZERO_TIME) for _ in layers],
        },
    )


def scratch_image(*tags: str) -> Image:
    """``FROM scratch``, one static program, nothing else."""
    return Image(
        layers=(roots.copied_program(),),
        tags=tags or ("tiny:1",),
        config={
            "config": {"Env": [PATH], "Entrypoint": ["/app"], "User": None, "WorkingDir": "/"},
            "history": [
                step("COPY app / # buildkit", comment="buildkit.dockerfile.v0"),
                step('ENTRYPOINT ["/app"]', empty=True, comment="buildkit.dockerfile.v0"),
            ],
        },
    )


def repeating_image() -> Image:
    """An image with a layer that comes three times, as from ``RUN true``."""
    image = debian_image("shop/web:repeats")
    layers = (*image.layers, (), roots.debian_app(), ())
    history = [step(f"/bin/sh -c step {number}") for number, _ in enumerate(layers)]
    return replace(image, layers=layers, config={**image.config, "history": history})


# --- Docker, podman, skopeo


def docker_save(*images: Image) -> Sample:
    """``docker save`` up to Docker 24."""
    return Sample(Kind.DOCKER_ARCHIVE, build("docker-archive", *images).members)


def docker_save_hybrid(*images: Image) -> Sample:
    """``docker save`` from Docker 25 on, with v1 configs that nothing lists."""
    return Sample(Kind.DOCKER_OCI_ARCHIVE, build("docker-oci-archive", *images).members)


def docker_save_gzip() -> Sample:
    """``docker save | gzip``."""
    return docker_save(debian_image())._replace(compression="gzip")


def podman_save(*images: Image) -> Sample:
    """``podman save`` and ``skopeo copy docker-archive:``."""
    return Sample(Kind.DOCKER_ARCHIVE, build("podman-archive", *images).members)


# --- tools on go-containerregistry: crane, kaniko, ko, rules_docker


def crane_pull(image: Image) -> Sample:
    """``crane pull``: no times, the config named by its digest, layers gzipped."""
    return Sample(Kind.DOCKER_ARCHIVE, dated(build("crane-archive", image).members, 0))


def kaniko() -> Sample:
    """``kaniko --tarPath --reproducible``."""
    image = debian_image("registry.example.com/team/web:1")
    history = [
        step(f"RUN step {number}", created=ZERO_TIME, author="kaniko") for number in range(3)
    ]
    config = {**image.config, "author": "kaniko", "created": ZERO_TIME, "history": history}
    return crane_pull(replace(image, config=config))


def ko() -> Sample:
    """``ko build --tarball``: names that begin with a slash, entries without times."""
    binary = (
        Member("ko-app", typeflag=b"5", mode=0o555, mtime=0),
        Member("/ko-app/web", elf(), mode=0o555, mtime=0),
    )
    data = (
        Member("var", typeflag=b"5", mode=0o555, mtime=0),
        Member("var/run", typeflag=b"5", mode=0o555, mtime=0),
        Member("/var/run/ko", typeflag=b"5", mode=0o555, mtime=0),
        Member("/var/run/ko/index.html", b"<p>hello</p>\n", mode=0o444, mtime=0),
    )
    base = roots.distroless()
    history = [
        *(step("bazel build ...", created=ZERO_TIME) for _ in base),
        step("ko build ko://example.com/web", created=ZERO_TIME, author="ko", comment="kodata"),
        step("ko build ko://example.com/web", created=ZERO_TIME, author="ko", comment="go build"),
    ]
    image = Image(
        layers=(*base, data, binary),
        tags=("ko.local/web-0123456789abcdef:latest",),
        config={
            "author": "github.com/ko-build/ko",
            "created": ZERO_TIME,
            "config": {
                "Env": [f"{PATH}:/ko-app", "KO_DATA_PATH=/var/run/ko"],
                "Entrypoint": ["/ko-app/web"],
                "User": "65532",
                "WorkingDir": "/home/nonroot",
            },
            "history": history,
        },
    )
    return crane_pull(image)


def rules_docker() -> Sample:
    """``bazel run //app:image.tar`` of rules_docker, the newer one."""
    image = distroless_image("bazel/app:image")
    history = [step("bazel build ...", created=EPOCH, author="Bazel") for _ in image.layers]
    config = {**image.config, "author": "Bazel", "created": EPOCH, "history": history}
    return crane_pull(replace(image, config=config))


# --- tools with a writer of their own


def jib() -> Sample:
    """``jibBuildTar``: layers, then ``config.json`` and ``manifest.json``, all from 1970."""
    java = (directory("opt"), directory("opt/java"), roots.program("opt/java/java", roots.LOADER))
    libraries = (
        directory("app"),
        directory("app/libs"),
        file("app/libs/guava-33.0.0.jar", b"PK\3\4"),
    )
    classes = (
        directory("app"),
        directory("app/classes"),
        file("app/classes/Main.class", b"\xca\xfe\xba\xbe\0\0\0A"),
    )
    layers = [
        stored(roots.debian()),
        stored(java),
        stored(dated(libraries, 1)),
        stored(dated(classes, 1)),
    ]
    history = [
        step("/bin/sh -c #(nop) ADD file:85db4f4c5016f51f in / "),
        step("/bin/sh -c set -eux; install java"),
        step("jib-maven-plugin:3.4.3", created=EPOCH, author="Jib", comment="dependencies"),
        step("jib-maven-plugin:3.4.3", created=EPOCH, author="Jib", comment="classes"),
    ]
    settings = {
        "Env": [f"{PATH}:/opt/java"],
        "Entrypoint": ["java", "-cp", "/app/classes:/app/libs/*", "com.example.Main"],
        "ExposedPorts": {},
        "Labels": {},
        "Volumes": {},
    }
    config = config_of(layers, settings, history, created=EPOCH)
    names = [f"{layer.blob.hex}.tar.gz" for layer in layers]
    members = (
        *(file(name, layer.blob.data) for name, layer in zip(names, layers, strict=True)),
        file("config.json", config.data),
        file("manifest.json", encode_json(_entries("config.json", ["example.com/web:1"], names))),
    )
    return Sample(Kind.DOCKER_ARCHIVE, dated(members, 0))


def nix() -> Sample:
    """``dockerTools.buildLayeredImage``: folders by diffID, layers with names from the root on."""
    store = "/nix/store/x3f4b1v9zq8i6c5d7j2k0l9m8n7p6q5r"
    tree = (
        directory("/nix"),
        directory("/nix/store"),
        directory(f"{store}-hello-2.12.1", mode=0o555),
        directory(f"{store}-hello-2.12.1/bin", mode=0o555),
        roots.program(f"{store}-hello-2.12.1/bin/hello", mode=0o555),
    )
    link = (symlink("./hello", f"{store}-hello-2.12.1/bin/hello"),)
    layers = [stored(in_records(_by_nix(each)), "none", LAYER_TYPE) for each in (tree, link)]
    created = "1970-01-01T00:00:01+00:00"
    document = {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": [f"{store}-hello-2.12.1/bin/hello"]},
        "rootfs": {"diff_ids": [layer.diff_id for layer in layers], "type": "layers"},
        "history": [{"created": created, "comment": "store paths: ['...']"} for _ in layers],
    }
    config = Blob("", json.dumps(document, indent=4).encode())
    names = [f"{layer.blob.hex}/layer.tar" for layer in layers]
    entries = _entries(f"{config.hex}.json", ["hello:x3f4b1v9zq8i6c5d7j2k0l9m8n7p6q5r"], names)
    members = (
        *(file(name, layer.blob.data) for name, layer in zip(names, layers, strict=True)),
        file(f"{config.hex}.json", config.data),
        file("manifest.json", json.dumps(entries, indent=4)),
    )
    return Sample(Kind.DOCKER_ARCHIVE, dated(members, 1), records=True)


def _by_nix(entries: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(replace(entry, mtime=1, uname="root", gname="root") for entry in entries)


def rules_oci() -> Sample:
    """``oci_load`` of rules_oci: blobs by digest, ``manifest.json`` in front, no OCI layout."""
    layers = [stored(in_records(layer)) for layer in (*roots.distroless(), _bazel_app())]
    settings = {"Env": [PATH], "Entrypoint": ["/app/web"], "User": "65532"}
    history = [step("bazel build", created=EPOCH) for _ in layers]
    config = config_of(layers, settings, history, created=EPOCH)
    names = [f"blobs/sha256/{layer.blob.hex}.tar.gz" for layer in layers]
    path = f"blobs/sha256/{config.hex}"
    entries = _entries(path, ["example.com/web:latest"], names)
    blobs = {path: config.data} | {
        name: layer.blob.data for name, layer in zip(names, layers, strict=True)
    }
    members = (
        file("manifest.json", json.dumps(entries, indent=2) + "\n"),
        directory("blobs"),
        directory("blobs/sha256"),
        *(file(name, blobs[name]) for name in sorted(blobs)),
    )
    named = tuple(replace(member, long_names="gnu", uname="ci", gname="ci") for member in members)
    return Sample(Kind.DOCKER_ARCHIVE, named, records=True)


def _bazel_app() -> tuple[Member, ...]:
    """What ``pkg_tar`` writes."""
    return dated(dotted((directory("app"), roots.program("app/web", mode=0o555))), 0)


def rules_docker_of_old() -> Sample:
    """``bazel build //app:image.tar`` of rules_docker before it took go-containerregistry."""
    layers = [stored(layer, "none", LAYER_TYPE) for layer in (*roots.distroless(), _bazel_app())]
    settings = {"Env": [PATH], "Entrypoint": ["/app/web"], "User": "nonroot"}
    history = [step("bazel build ...", created=ZERO_TIME, author="Bazel") for _ in layers]
    config = config_of(layers, settings, history, author="Bazel", created=ZERO_TIME)
    ids = [sha256(f"{number} {layer.diff_id}".encode()) for number, layer in enumerate(layers)]
    names = [f"{one}/layer.tar" for one in ids]
    entries = _entries(f"{config.hex}.json", ["bazel/app:image"], names)
    members = (
        file(f"{config.hex}.json", config.data),
        *(
            member
            for number, layer in enumerate(layers)
            for member in _bazel_folder(ids, number, layer)
        ),
        file("manifest.json", encode_json(entries)),
        file("repositories", encode_json({"bazel/app": {"image": ids[-1]}})),
        file("top", ids[-1]),
    )
    return Sample(Kind.DOCKER_ARCHIVE, dated(members, 0), records=True)


def _bazel_folder(ids: Sequence[str], number: int, layer: Stored) -> tuple[Member, ...]:
    document = {"id": ids[number], "created": ZERO_TIME, "author": "Bazel"}
    parent = {"parent": ids[number - 1]} if number else {}
    return (
        directory(ids[number]),
        file(f"{ids[number]}/VERSION", "1.0"),
        file(f"{ids[number]}/layer.tar", layer.blob.data),
        file(f"{ids[number]}/json", encode_json(document | parent)),
    )


def _entries(config: str, tags: list[str], layers: list[str]) -> list[dict[str, Any]]:
    return [{"Config": config, "RepoTags": tags, "Layers": layers}]


# --- containerd's exporter: buildx, and Docker with the containerd image store


def buildx_docker() -> Sample:
    """``buildx build --output type=docker``: Docker media types, an OCI layout around them."""
    layers = [
        stored(roots.alpine(), media_type=DOCKER_LAYER),
        stored(roots.copied_program(), media_type=DOCKER_LAYER),
    ]
    history = [
        step("ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"),
        step('CMD ["/bin/sh"]', empty=True, comment="buildkit.dockerfile.v0"),
        step("COPY app /app # buildkit", comment="buildkit.dockerfile.v0"),
        step("USER nobody", empty=True, comment="buildkit.dockerfile.v0"),
    ]
    settings = {
        "Env": [PATH],
        "Cmd": ["/app"],
        "User": "nobody",
        "WorkingDir": "/",
        "ArgsEscaped": True,
    }
    config = config_of(layers, settings, history, DOCKER_CONFIG)
    manifest = manifest_of(config, [layer.blob.descriptor for layer in layers], DOCKER_MANIFEST)
    return exported(
        [config, *(layer.blob for layer in layers), manifest],
        manifest,
        [
            (config, [layer.blob for layer in layers]),
        ],
    )


def exported(blobs: Iterable[Blob], top: Blob, images: Iterable[tuple[Blob, list[Blob]]]) -> Sample:
    """What containerd exports, sorted by name, with ``manifest.json`` for the images."""
    annotations = {
        "io.containerd.image.name": "docker.io/shop/web:1.2",
        "org.opencontainers.image.created": "2023-11-14T22:13:20Z",
        "org.opencontainers.image.ref.name": "1.2",
    }
    entries = [
        {
            "Config": f"blobs/sha256/{config.hex}",
            "RepoTags": ["shop/web:1.2"],
            "Layers": [f"blobs/sha256/{layer.hex}" for layer in layers],
        }
        for config, layers in images
    ]
    members = layout_members(blobs, [described(top, annotations)])
    members = (*members, file("manifest.json", encode_json(entries)))
    ordered = sorted(members, key=lambda member: member.name)
    return Sample(Kind.DOCKER_OCI_ARCHIVE, dated(ordered, 0))


def docker_save_of_one_platform() -> Sample:
    """``docker save`` from the containerd store: an index, of which one platform was pulled."""
    layers = [stored(roots.alpine())]
    config = config_of(
        layers, {"Env": [PATH], "Cmd": ["/bin/sh"]}, [step("ADD rootfs / # buildkit")]
    )
    manifest = manifest_of(config, [layer.blob.descriptor for layer in layers])
    there: Json = {"architecture": "amd64", "os": "linux"}
    absent = Blob(manifest.media_type, b"another platform")
    listed = [
        described(manifest, platform=there),
        described(absent, platform={"architecture": "arm64", "os": "linux", "variant": "v8"}),
    ]
    index = index_of(listed)
    blobs = [config, layers[0].blob, manifest, index]
    return exported(blobs, index, [(config, [layers[0].blob])])


SAMPLES: Samples = MappingProxyType(
    {
        "docker save, Debian": lambda: docker_save(debian_image()),
        "docker save, Alpine": lambda: docker_save(alpine_image()),
        "docker save, distroless": lambda: docker_save(distroless_image()),
        "docker save, scratch": lambda: docker_save(scratch_image()),
        "docker save, two tags": lambda: docker_save(debian_image("shop/web:1", "shop/web:latest")),
        "docker save, two images": lambda: docker_save(debian_image("a:1"), alpine_image("b:1")),
        "docker save, by id": lambda: docker_save(replace(debian_image(), tags=())),
        "docker save, repeated layers": lambda: docker_save(repeating_image()),
        "docker save, gzip": docker_save_gzip,
        "docker save, Docker 25": lambda: docker_save_hybrid(debian_image()),
        "docker save, Docker 25, scratch": lambda: docker_save_hybrid(scratch_image()),
        "docker save, Docker 25, two images": lambda: docker_save_hybrid(
            debian_image("a:1"), alpine_image("b:1")
        ),
        "docker save, Docker 25, repeated layers": lambda: docker_save_hybrid(repeating_image()),
        "docker save, containerd store, one platform": docker_save_of_one_platform,
        "podman save": lambda: podman_save(debian_image("localhost/web:1")),
        "podman save, two images": lambda: podman_save(debian_image("a:1"), alpine_image("b:1")),
        "skopeo copy": lambda: podman_save(replace(alpine_image(), tags=())),
        "crane pull": lambda: crane_pull(alpine_image("index.docker.io/library/alpine:latest")),
        "crane pull, distroless": lambda: crane_pull(
            distroless_image("gcr.io/distroless/static:latest")
        ),
        "kaniko": kaniko,
        "ko": ko,
        "Jib": jib,
        "Nix": nix,
        "rules_oci": rules_oci,
        "rules_docker": rules_docker,
        "rules_docker of old": rules_docker_of_old,
        "buildx type=docker": buildx_docker,
    }
)
"""The archives by name."""
