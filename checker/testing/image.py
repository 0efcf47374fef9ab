"""Images for tests: layers, config and manifest with digests and sizes correct by construction.

Source: OCI image-spec 1.1, ``manifest.md``, ``config.md``, ``layer.md``, ``descriptor.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from checker.testing.elf import elf
from checker.testing.tar import Member, compress, directory, file, symlink, write_tar
from checker.typing_names import Any

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
CREATED = "2023-11-14T22:13:20Z"

LAYER_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {"none": "", "gzip": "+gzip", "bzip2": "+bzip2", "xz": "+xz", "zstd": "+zstd"}
)
"""Suffix of a layer's media type, by compression; bzip2 and xz are not in the specification."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with their descriptor.

    Attributes:
        media_type: Media type.
        data: The bytes as stored.
    """

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """Digest of the bytes, ``sha256:`` and 64 hexadecimal digits."""
        return f"sha256:{self.hex}"

    @property
    def hex(self) -> str:
        """The encoded part of the digest."""
        return sha256(self.data)

    @property
    def descriptor(self) -> dict[str, Any]:
        """The descriptor: media type, digest and size in bytes."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


Layer = tuple[Member, ...] | bytes
"""A layer: its entries, or the bytes of its uncompressed tar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, from which every kind of archive can be built.

    Attributes:
        layers: The layers from the base up, each as entries or as the bytes of the plain tar.
        config: Merge patch (RFC 7386; None removes) over the config document.
        manifest: Merge patch over the OCI manifest.
        tags: Names of the image, such as ``app:1``.
        os: Operating system.
        architecture: Architecture.
        variant: Variant of the architecture, such as ``v8``; empty for none.
        compression: Compression of the layers, ``none``, ``gzip``, ``bzip2``, ``xz`` or ``zstd``;
            None for the default of the tool that writes the kind of archive.
        stored: The stored bytes of a layer, by its position, instead of the compressed tar.
            They determine the digest and size; the diffID remains that of the tar.
        config_bytes: The exact config document, instead of the generated one.
        manifest_bytes: The exact OCI manifest, instead of the generated one.
    """

    layers: tuple[Layer, ...]
    config: Mapping[str, Any] = field(default_factory=dict, hash=False)
    manifest: Mapping[str, Any] = field(default_factory=dict, hash=False)
    tags: tuple[str, ...] = ("sample:1",)
    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    compression: str | None = None
    stored: Mapping[int, bytes] = field(default_factory=dict, hash=False)
    config_bytes: bytes | None = None
    manifest_bytes: bytes | None = None

    @property
    def platform(self) -> dict[str, str]:
        """The platform object of the image in an index."""
        platform = {"architecture": self.architecture, "os": self.os}
        return platform | ({"variant": self.variant} if self.variant else {})


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def encode_json(document: Any) -> bytes:
    """A JSON document as tools write it: compact, UTF-8, without a trailing newline."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def merge_patch(document: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386); None in the patch removes a key."""
    if not isinstance(patch, Mapping):
        return patch
    base = document if isinstance(document, Mapping) else {}
    patched = {key: merge_patch(base.get(key), value) for key, value in patch.items()}
    return {
        key: value for key, value in {**base, **patched}.items() if patch.get(key, 0) is not None
    }


def layer_tar(layer: Layer) -> bytes:
    """The bytes of the uncompressed layer."""
    return layer if isinstance(layer, bytes) else write_tar(layer)


def diff_ids(image: Image) -> list[str]:
    """The diffIDs of the layers: digests of the uncompressed tars."""
    return [f"sha256:{sha256(layer_tar(layer))}" for layer in image.layers]


def config_blob(image: Image) -> Blob:
    """The image config."""
    if image.config_bytes is not None:
        return Blob(CONFIG_TYPE, image.config_bytes)
    document = {
        "created": CREATED,
        **image.platform,
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Entrypoint": ["/bin/app"],
            "WorkingDir": "/",
            "User": "app",
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids(image)},
        "history": [
            {"created": CREATED, "created_by": f"build step {number}"}
            for number, _ in enumerate(image.layers, 1)
        ],
    }
    return Blob(CONFIG_TYPE, encode_json(merge_patch(document, image.config)))


def layer_blobs(image: Image, default: str) -> tuple[Blob, ...]:
    """The layers as stored.

    Args:
        image: The image.
        default: Compression if the image does not specify one.

    Raises:
        ValueError: The compression is unknown.
    """
    kind = image.compression or default
    plain = [layer_tar(layer) for layer in image.layers]
    data = [
        image.stored[i] if i in image.stored else compress(tar, kind) for i, tar in enumerate(plain)
    ]
    return tuple(Blob(LAYER_TYPE + LAYER_SUFFIXES[kind], each) for each in data)


def manifest_blob(image: Image, config: Blob, layers: tuple[Blob, ...]) -> Blob:
    """The OCI manifest of a config and layers."""
    if image.manifest_bytes is not None:
        return Blob(MANIFEST_TYPE, image.manifest_bytes)
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.descriptor,
        "layers": [layer.descriptor for layer in layers],
    }
    return Blob(MANIFEST_TYPE, encode_json(merge_patch(document, image.manifest)))


def sample_image(architecture: str = "amd64", variant: str = "") -> Image:
    """A small valid Linux image of two layers, whose entrypoint is a static executable.

    Raises:
        ValueError: The architecture has no executable, see
            :data:`checker.testing.elf.MACHINES`.
    """
    base = (
        directory("bin"),
        directory("dev"),
        directory("etc"),
        file("etc/group", "root:x:0:\napp:x:1000:\n"),
        file("etc/os-release", 'ID=sample\nNAME="Sample"\nVERSION_ID=1\n'),
        file("etc/passwd", "root:x:0:0:root:/root:/bin/app\napp:x:1000:1000::/home/app:/bin/app\n"),
        directory("home"),
        directory("proc"),
        directory("root", mode=0o700),
        directory("sys"),
        directory("tmp", mode=0o1777),
        directory("usr"),
        directory("usr/bin"),
        directory("var"),
    )
    top = (
        directory("bin"),
        file("bin/app", elf(architecture), mode=0o755),
        symlink("bin/tool", "app"),
        directory("home"),
        Member("home/app/", typeflag=b"5", mode=0o755, uid=1000, gid=1000),
    )
    return Image(layers=(base, top), architecture=architecture, variant=variant)
