"""OCI layouts as each tool writes them, with artifacts and attestations.

Sources: BuildKit ``docs/attestations/attestation-storage.md`` and ``exporter/oci``, containerd
``images/archive/exporter.go``, containers/image ``oci/layout`` and ``oci/archive``, umoci
``oci/casext``, go-containerregistry ``pkg/v1/layout``, OCI image-spec 1.1 ``manifest.md``
(guidelines for artifact usage), Helm ``pkg/registry``, cosign ``specs/SIGNATURE_SPEC.md``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from checker import Kind
from checker.testing.archive import build, layout_members, multi_platform
from checker.testing.elf import elf
from checker.testing.image import CREATED, Blob, encode_json
from checker.testing.tar import Member, directory, file

from . import docker_tools, roots
from .parts import (
    PATH,
    Json,
    Sample,
    Samples,
    config_of,
    dated,
    described,
    dotted,
    index_of,
    manifest_of,
    platform,
    step,
    stored,
)

REF_NAME = "org.opencontainers.image.ref.name"
EMPTY = Blob("application/vnd.oci.empty.v1+json", b"{}")
IN_TOTO = "application/vnd.in-toto+json"
PREDICATE = "in-toto.io/predicate-type"
SLSA = "https://slsa.dev/provenance/v0.2"
SPDX = "https://spdx.dev/Document"
UNKNOWN = platform("unknown", system="unknown")
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


# --- writers


def oci_archive(blobs: Iterable[Blob], listed: Iterable[Json]) -> Sample:
    """An OCI layout in a tar."""
    return Sample(Kind.OCI_ARCHIVE, layout_members(blobs, listed))


def by_containerd(sample: Sample) -> Sample:
    """The archive as containerd and BuildKit write it: sorted, files read-only, no times."""
    members = sorted(sample.members, key=lambda member: member.name)
    modes = (replace(m, mode=0o444 if m.typeflag == b"0" else 0o755) for m in members)
    return sample._replace(members=dated(modes, 0))


def by_containers_image(sample: Sample) -> Sample:
    """The archive as podman and skopeo write it: a space in ``oci-layout``."""
    version = b'{"imageLayoutVersion": "1.0.0"}'
    members = (replace(m, content=version) if m.name == "oci-layout" else m for m in sample.members)
    return sample._replace(members=tuple(members))


def as_folder(sample: Sample) -> Sample:
    """The layout as a folder."""
    return sample._replace(kind=Kind.OCI_LAYOUT, is_folder=True)


# --- images


class Built:
    """An image with its blobs.

    Attributes:
        manifest: The manifest.
        blobs: The manifest, the config and the layers.
        platform: What an index says of it.
    """

    def __init__(
        self,
        layers: Iterable[Iterable[Member]],
        settings: Json,
        architecture: str = "amd64",
        variant: str = "",
        compression: str = "gzip",
    ) -> None:
        suffix = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}[compression]
        media_type = f"application/vnd.oci.image.layer.v1.tar{suffix}"
        found = [stored(tuple(layer), compression, media_type) for layer in layers]
        history = [
            *(
                step(f"RUN step {number} # buildkit", comment="buildkit.dockerfile.v0")
                for number, _ in enumerate(found)
            ),
            step("ENTRYPOINT", empty=True, comment="buildkit.dockerfile.v0"),
        ]
        self.platform = platform(architecture, variant)
        config = config_of(found, settings, history, **self.platform)
        self.manifest = manifest_of(config, [layer.blob.descriptor for layer in found])
        self.layers = [layer.blob for layer in found]
        self.blobs = [config, *self.layers, self.manifest]

    def described(self, annotations: Json | None = None) -> Json:
        """The descriptor for an index of platforms."""
        return described(self.manifest, annotations, platform=self.platform)


def alpine(compression: str = "gzip") -> Built:
    """Alpine for amd64."""
    return Built([roots.alpine()], {"Env": [PATH], "Cmd": ["/bin/sh"]}, compression=compression)


def static(architecture: str = "amd64", variant: str = "") -> Built:
    """One static program."""
    binary = file("app", elf(architecture), mode=0o755)
    return Built([(binary,)], {"Env": [PATH], "Entrypoint": ["/app"]}, architecture, variant)


def buildkit_name(name: str = "shop/web:1.2") -> Json:
    """The annotations of BuildKit's descriptors."""
    return {
        "io.containerd.image.name": f"docker.io/{name}",
        "org.opencontainers.image.created": CREATED,
        REF_NAME: name.partition(":")[2],
    }


def buildx_oci() -> Sample:
    """``buildx build --output type=oci`` without attestations."""
    image = alpine()
    return by_containerd(oci_archive(image.blobs, [described(image.manifest, buildkit_name())]))


def buildx_oci_zstd() -> Sample:
    """``buildx build --output type=oci,compression=zstd``, without a name."""
    image = alpine("zstd")
    annotations = {"org.opencontainers.image.created": CREATED}
    return by_containerd(oci_archive(image.blobs, [described(image.manifest, annotations)]))


def attestation(subject: Blob, *, as_artifact: bool = False) -> tuple[list[Blob], Json]:
    """BuildKit's attestation of a manifest: its blobs, and its descriptor for the index."""
    statements = [_statement(subject, SLSA), _statement(subject, SPDX)]
    layers = [
        described(blob, {PREDICATE: kind})
        for blob, kind in zip(statements, (SLSA, SPDX), strict=True)
    ]
    if as_artifact:
        config = EMPTY
        manifest = manifest_of(
            config,
            layers,
            artifactType="application/vnd.docker.attestation.manifest.v1+json",
            subject=subject.descriptor,
        )
    else:
        document = {
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [blob.digest for blob in statements]},
        }
        config = Blob("application/vnd.oci.image.config.v1+json", encode_json(document))
        manifest = manifest_of(config, layers)
    annotations = {
        "vnd.docker.reference.digest": subject.digest,
        "vnd.docker.reference.type": "attestation-manifest",
    }
    return [config, *statements, manifest], described(manifest, annotations, platform=UNKNOWN)


# What BuildKit writes if it is not told the id of the builder, and what syft writes for it.
_PREDICATES: Mapping[str, Json] = MappingProxyType(
    {
        SLSA: {
            "builder": {"id": ""},
            "buildType": "https://mobyproject.org/buildkit@v1",
            "materials": [],
            "invocation": {"configSource": {"entryPoint": "Dockerfile"}, "parameters": {}},
        },
        SPDX: {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": "sbom",
            "documentNamespace": "https://anchore.com/syft/dir/sbom-6d1c",
            "creationInfo": {"created": CREATED, "creators": ["Tool: syft-v1.0.0"]},
            "packages": [
                {
                    "name": "sbom",
                    "SPDXID": "SPDXRef-DocumentRoot-Directory-sbom",
                    "downloadLocation": "NOASSERTION",
                }
            ],
            "relationships": [
                {
                    "spdxElementId": "SPDXRef-DOCUMENT",
                    "relatedSpdxElement": "SPDXRef-DocumentRoot-Directory-sbom",
                    "relationshipType": "DESCRIBES",
                }
            ],
        },
    }
)


def _statement(subject: Blob, predicate: str) -> Blob:
    document = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate,
        "subject": [{"name": "pkg:docker/web@1", "digest": {"sha256": subject.hex}}],
        "predicate": _PREDICATES[predicate],
    }
    return Blob(IN_TOTO, json.dumps(document, indent=2).encode())


def buildx_attested(*, as_artifact: bool = False) -> Sample:
    """``buildx build --platform … --provenance --sbom --output type=oci``."""
    images = [static("amd64"), static("arm64")]
    blobs = [blob for image in images for blob in image.blobs]
    listed = [image.described() for image in images]
    for image in images:
        more, descriptor = attestation(image.manifest, as_artifact=as_artifact)
        blobs += more
        listed.append(descriptor)
    index = index_of(listed)
    return by_containerd(oci_archive([*blobs, index], [described(index, buildkit_name())]))


def buildx_docker_attested() -> Sample:
    """``docker save`` of a BuildKit image from the containerd store: attestation and all."""
    image = static()
    blobs, listed = attestation(image.manifest)
    index = index_of([image.described(), listed])
    return docker_tools.exported(
        [*image.blobs, *blobs, index], index, [(image.blobs[0], image.layers)]
    )


PLATFORMS = (
    ("amd64", ""),
    ("386", ""),
    ("arm", "v6"),
    ("arm", "v7"),
    ("arm64", "v8"),
    ("ppc64le", ""),
    ("riscv64", ""),
    ("s390x", ""),
)


def all_platforms() -> Sample:
    """``skopeo copy --all docker://… oci-archive:…``: every platform is there."""
    images = [static(*one) for one in PLATFORMS]
    index = index_of([image.described() for image in images])
    blobs = [blob for image in images for blob in image.blobs]
    listed = [described(index, {REF_NAME: "shop/web:1.2"})]
    return by_containers_image(oci_archive([*blobs, index], listed))


def one_platform() -> Sample:
    """``buildx``, ``docker save`` or ``ctr export`` of an index of which one platform is there."""
    images = [static(*one) for one in PLATFORMS]
    index = index_of([image.described() for image in images])
    listed = [described(index, buildkit_name())]
    return by_containerd(oci_archive([*images[0].blobs, index], listed))


def docker_list() -> Sample:
    """A manifest list of Docker's media types, as pulled from a registry."""
    images = [static("amd64"), static("arm64", "v8")]
    index = index_of([image.described() for image in images], DOCKER_LIST)
    blobs = [blob for image in images for blob in image.blobs]
    return oci_archive([*blobs, index], [described(index, {REF_NAME: "web"})])


def nested_indexes() -> Sample:
    """Two indexes in ``index.json``, with a manifest in common, each with annotations."""
    images = [static("amd64"), static("arm64", "v8")]
    version = "org.opencontainers.image.version"
    both = index_of([image.described() for image in images], annotations={version: "2"})
    one = index_of([images[0].described()], annotations={version: "1"})
    blobs = [blob for image in images for blob in image.blobs]
    listed = [described(both, {REF_NAME: "2"}), described(one, {REF_NAME: "1"})]
    return oci_archive([*blobs, both, one], listed)


def platforms_at_the_top() -> Sample:
    """``crane pull --format oci`` or regctl: ``index.json`` lists the platforms itself."""
    images = [static("amd64"), static("arm64", "v8")]
    blobs = [blob for image in images for blob in image.blobs]
    return as_folder(oci_archive(blobs, [image.described() for image in images]))


def umoci() -> Sample:
    """``umoci init; umoci new; umoci insert; umoci config``: a folder, files gzipped."""
    layers = [stored(roots.alpine()), stored(roots.copied_program())]
    history = [
        step("umoci insert rootfs /", author="root", comment=""),
        step("umoci insert app /app", author="root", comment=""),
        step("umoci config", empty=True, author="root", comment=""),
    ]
    config = config_of(layers, {"Entrypoint": ["/app"]}, history)
    manifest = manifest_of(config, [layer.blob.descriptor for layer in layers])
    blobs = [config, manifest, *(layer.blob for layer in layers)]
    return as_folder(oci_archive(blobs, [described(manifest, {REF_NAME: "1.0"})]))


def tarred_folder() -> Sample:
    """``tar -C layout -cf image.tar .``."""
    folder = umoci()
    members = dotted((directory(""), *folder.members))
    return Sample(Kind.OCI_ARCHIVE, members, records=True)


def podman_oci() -> Sample:
    """``podman save --format oci-archive``."""
    image = alpine("none")
    listed = [described(image.manifest, {REF_NAME: "docker.io/library/alpine:latest"})]
    return by_containers_image(oci_archive(image.blobs, listed))


def shared_layers() -> Sample:
    """Two images with a layer in common, a name of two tags, and a blob that nothing lists."""
    first = Built([roots.alpine()], {"Cmd": ["/bin/sh"]})
    second = Built([roots.alpine(), roots.copied_program()], {"Entrypoint": ["/app"]})
    spare = Blob("application/octet-stream", b"left by an earlier tag\n")
    listed = [
        described(first.manifest, {REF_NAME: "base"}),
        described(first.manifest, {REF_NAME: "base-1"}),
        described(second.manifest, {REF_NAME: "app"}),
    ]
    return as_folder(oci_archive([*first.blobs, *second.blobs, spare], listed))


# --- artifacts


def artifact(config: Blob, layers: Mapping[Blob, Json], tag: str, **more: Any) -> Sample:
    """``oras copy --to-oci-layout``: an artifact in a layout."""
    manifest = manifest_of(config, [described(b, a) for b, a in layers.items()], **more)
    listed = [described(manifest, {REF_NAME: tag})]
    return as_folder(oci_archive([config, *layers, manifest], listed))


def helm_chart() -> Sample:
    """``helm push``, then ``oras copy``."""
    chart = {"name": "web", "version": "0.1.0", "apiVersion": "v2", "type": "application"}
    config = Blob("application/vnd.cncf.helm.config.v1+json", encode_json(chart))
    tar = stored(
        (file("web/Chart.yaml", "apiVersion: v2\nname: web\n"), file("web/values.yaml", "a: 1\n")),
        media_type="application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    )
    provenance = Blob(
        "application/vnd.cncf.helm.chart.provenance.v1.prov", b"-----BEGIN PGP SIGNED"
    )
    annotations = {
        "org.opencontainers.image.created": "2023-11-14T22:13:20Z",
        "org.opencontainers.image.title": "web",
        "org.opencontainers.image.version": "0.1.0",
    }
    return artifact(config, {tar.blob: {}, provenance: {}}, "0.1.0", annotations=annotations)


def _signature_config(layers: Iterable[Blob]) -> Blob:
    """cosign's config: an image of no platform, made at time zero."""
    document = {
        "architecture": "",
        "created": "0001-01-01T00:00:00Z",
        "history": [{"created": "0001-01-01T00:00:00Z"} for _ in layers],
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        "config": {},
    }
    return Blob("application/vnd.oci.image.config.v1+json", encode_json(document))


def cosign_signature() -> Sample:
    """``cosign save``: an image, and its signature beside it."""
    image = static()
    payload = {
        "critical": {
            "identity": {"docker-reference": "registry.example.com/web"},
            "image": {"docker-manifest-digest": image.manifest.digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    signed = Blob("application/vnd.dev.cosign.simplesigning.v1+json", encode_json(payload))
    config = _signature_config([signed])
    note = {"dev.cosignproject.cosign/signature": "MEUCIQDx0000000000000000000000000000000000="}
    manifest = manifest_of(config, [described(signed, note)])
    listed = [
        described(image.manifest, {"kind": "dev.cosignproject.cosign/image"}),
        described(manifest, {"kind": "dev.cosignproject.cosign/sigs"}),
    ]
    return as_folder(oci_archive([*image.blobs, config, signed, manifest], listed))


def cosign_attestation() -> Sample:
    """``cosign attest``: an envelope around an in-toto statement."""
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": SLSA,
        "subject": [{"name": "registry.example/web", "digest": {"sha256": "0" * 64}}],
        "predicate": _PREDICATES[SLSA],
    }
    envelope = {
        "payloadType": IN_TOTO,
        "payload": b64encode(encode_json(statement)).decode(),
        "signatures": [{"sig": "MEQ="}],
    }
    signed = Blob("application/vnd.dsse.envelope.v1+json", encode_json(envelope))
    config = _signature_config([signed])
    note = {"dev.cosignproject.cosign/signature": "", "predicateType": SLSA}
    manifest = manifest_of(config, [described(signed, note)])
    listed = [described(manifest, {REF_NAME: "sha256-" + "0" * 64 + ".att"})]
    return as_folder(oci_archive([config, signed, manifest], listed))


def sbom() -> Sample:
    """``oras attach``: an SBOM whose config is empty and whose subject is there."""
    image = static()
    document = Blob("application/spdx+json", encode_json(_PREDICATES[SPDX]))
    title = {"org.opencontainers.image.title": "sbom.spdx.json"}
    manifest = manifest_of(
        EMPTY,
        [described(document, title)],
        config=EMPTY.descriptor | {"data": "e30="},
        artifactType="application/spdx+json",
        subject=image.manifest.descriptor,
        annotations={"org.opencontainers.image.created": CREATED},
    )
    listed = [
        described(image.manifest, {REF_NAME: "web"}),
        described(manifest, artifactType="application/spdx+json"),
    ]
    return as_folder(oci_archive([*image.blobs, EMPTY, document, manifest], listed))


def sbom_alone() -> Sample:
    """The same where the subject stayed in the registry, and no layer but the empty one."""
    absent = Blob("application/vnd.oci.image.manifest.v1+json", b"in the registry")
    return artifact(
        EMPTY,
        {Blob(EMPTY.media_type, EMPTY.data): {}},
        "sbom",
        artifactType="application/vnd.example.sbom.v1",
        subject=absent.descriptor,
        annotations={"com.example.note": "see the annotations"},
    )


def wasm() -> Sample:
    """A WebAssembly module as an artifact."""
    config = Blob(
        "application/vnd.wasm.config.v0+json",
        encode_json({"architecture": "wasm", "os": "wasip1", "layerDigests": []}),
    )
    module = Blob("application/wasm", b"\0asm\1\0\0\0")
    return artifact(config, {module: {}}, "module")


SAMPLES: Samples = MappingProxyType(
    {
        "buildx type=oci": buildx_oci,
        "buildx type=oci, zstd": buildx_oci_zstd,
        "buildx type=oci, attested": buildx_attested,
        "buildx type=oci, attested by artifacts": lambda: buildx_attested(as_artifact=True),
        "docker save, containerd store, attested": buildx_docker_attested,
        "all platforms": all_platforms,
        "one platform of many": one_platform,
        "manifest list": docker_list,
        "nested indexes": nested_indexes,
        "platforms at the top": platforms_at_the_top,
        "multi-platform sample": lambda: Sample(Kind.OCI_ARCHIVE, multi_platform().members),
        "skopeo copy, oci-archive": lambda: by_containers_image(
            Sample(Kind.OCI_ARCHIVE, build("oci-archive", docker_tools.debian_image()).members)
        ),
        "podman save, oci-archive": podman_oci,
        "umoci": umoci,
        "umoci, tarred": tarred_folder,
        "two images, three tags": shared_layers,
        "Helm chart": helm_chart,
        "cosign signature": cosign_signature,
        "cosign attestation": cosign_attestation,
        "SBOM": sbom,
        "SBOM, subject elsewhere": sbom_alone,
        "WebAssembly": wasm,
    }
)
"""The archives by name."""
