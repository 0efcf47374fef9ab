"""The JSON documents that containerd decodes, with its Go types (containerd 2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.image import integer, items, mapping, strings, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, Platform
from checker.records import NamedTuple
from checker_engines.golang.image_spec import (
    FROM_PLATFORM,
    IMAGE,
    IMAGE_LAYOUT,
    INDEX,
    MANIFEST,
    PLATFORM,
    PLATFORM_FIELDS,
    ROOTFS,
    SETTINGS,
    image_type,
)
from checker_engines.golang.json import (
    ANYTHING,
    INT,
    STRING,
    STRINGS,
    GoJsonError,
    Pointer,
    Scalar,
    Slice,
    Struct,
    decode_document,
    decode_first,
)
from checker_engines.golang.json_types import OLD_TIMESTAMP, TIMESTAMP

_UNKNOWN_DOCUMENT = Struct(
    "unknownDocument",
    {
        "mediaType": STRING,
        "config": ANYTHING,
        "layers": ANYTHING,
        "manifests": ANYTHING,
        "fsLayers": ANYTHING,
    },
    {},
    "images.unknownDocument",
)
_DOCKER_ITEM = "struct { Config string; RepoTags []string; Layers []string }"
_DOCKER_ITEMS = Slice(
    Struct("", {"Config": STRING, "RepoTags": STRINGS, "Layers": STRINGS}, {}, _DOCKER_ITEM),
    f"[]{_DOCKER_ITEM}",
)
_UNPACK_CONFIG = Struct(
    "unpackConfig",
    {**PLATFORM_FIELDS, "rootfs": ROOTFS},
    FROM_PLATFORM,
    "unpack.unpackConfig",
)
_DURATION = Scalar("number", "time.Duration")
_HEALTH = Struct(
    "HealthcheckConfig",
    {
        "Test": STRINGS,
        **dict.fromkeys(("Interval", "Timeout", "StartPeriod", "StartInterval"), _DURATION),
        "Retries": INT,
    },
    {},
    "v1.HealthcheckConfig",
)
_DOCKER_CONFIG = Struct(
    "DockerOCIImageConfig",
    {**SETTINGS, "Healthcheck": Pointer(_HEALTH), "OnBuild": STRINGS, "Shell": STRINGS},
    {
        **dict.fromkeys(SETTINGS, "ImageConfig"),
        **dict.fromkeys(("Healthcheck", "OnBuild", "Shell"), "DockerOCIImageConfigExt"),
    },
    "v1.DockerOCIImageConfig",
)


_OLD_IMAGE = image_type(OLD_TIMESTAMP, {})
_DOCKER_IMAGE = image_type(TIMESTAMP, FROM_PLATFORM, _DOCKER_CONFIG)


class DockerItem(NamedTuple):
    """One image of ``manifest.json``, as the importer keeps it."""

    config: str
    tags: tuple[str, ...]
    layers: tuple[str, ...]


class Child(NamedTuple):
    """A decoded descriptor.

    Attributes:
        media_type: Media type.
        digest: Digest, as written.
        size: Size in bytes, as written.
        platform: The platform it is for, if any is given.
        annotations: Its annotations.
    """

    media_type: str
    digest: str
    size: int
    platform: Platform | None
    annotations: Mapping[str, object]


class ImageManifest(NamedTuple):
    """A decoded manifest."""

    config: Child
    layers: tuple[Child, ...]


class RootfsConfig(NamedTuple):
    """What unpacking needs of a config.

    Attributes:
        platform: The platform of the image.
        rootfs_type: Value of ``rootfs.type``.
        diff_ids: Digests of the uncompressed layers.
    """

    platform: Platform
    rootfs_type: str
    diff_ids: tuple[str, ...]


def decode_layout_version(raw: bytes, old: str) -> str:
    """The version in ``oci-layout``, decoded over that of an earlier one.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    decoded = mapping(decode_first(raw, IMAGE_LAYOUT, {"imageLayoutVersion": old}))
    return text(decoded.get("imageLayoutVersion")) or ""


def decode_docker_items(raw: bytes, old: list[DockerItem] | None) -> list[DockerItem] | None:
    """The images of ``manifest.json``, decoded over those of an earlier one; None for ``null``.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    before = [
        {"Config": item.config, "RepoTags": list(item.tags), "Layers": list(item.layers)}
        for item in old or ()
    ]
    decoded = decode_first(raw, _DOCKER_ITEMS, before)
    if decoded is None:
        return None
    return [
        DockerItem(
            text(mapping(item).get("Config")) or "",
            _strings(mapping(item).get("RepoTags")),
            _strings(mapping(item).get("Layers")),
        )
        for item in items(decoded)
    ]


def decode_platform(raw: bytes) -> Platform:
    """The platform in a config.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    return _read_platform(decode_document(raw, PLATFORM))


def decode_index(raw: bytes) -> tuple[Child, ...]:
    """The descriptors in an index.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    return _read_children(mapping(decode_document(raw, INDEX)).get("manifests"))


def decode_manifest(raw: bytes) -> ImageManifest:
    """Config and layers of a manifest.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    decoded = mapping(decode_document(raw, MANIFEST))
    return ImageManifest(_read_child(decoded.get("config")), _read_children(decoded.get("layers")))


def decode_rootfs_config(raw: bytes) -> RootfsConfig:
    """The fields of a config that containerd's unpacker reads.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    return _read_rootfs(mapping(decode_document(raw, _UNPACK_CONFIG)))


def decode_image(raw: bytes) -> RootfsConfig:
    """The same, where the whole config must match its type.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    return _read_rootfs(mapping(decode_document(raw, IMAGE)))


def check_docker_image(raw: bytes) -> None:
    """Decode a config as Docker does to create a container (docker-image-spec, DockerOCIImage).

    Raises:
        GoJsonError: It cannot be decoded.
    """
    decode_document(raw, _DOCKER_IMAGE)


def decode_image_of_old(raw: bytes) -> RootfsConfig:
    """The same in builds with Go before 1.20.

    Raises:
        GoJsonError: It cannot be decoded.
    """
    return _read_rootfs(mapping(decode_document(raw, _OLD_IMAGE)))


def check_nature(raw: bytes, media_type: str) -> None:
    """Refuse a document that does not match its media type.

    Raises:
        GoJsonError: It cannot be decoded, or is an index instead of a manifest or vice versa.
    """
    document = mapping(decode_document(raw, _UNKNOWN_DOCUMENT))
    # Raw JSON: null, an empty list and the like are there too.
    if "fsLayers" in document:
        raise GoJsonError("media-type: schema 1 not supported")
    own = document.get("mediaType")
    if media_type in MANIFEST_TYPES:
        if "manifests" in document or own in INDEX_TYPES:
            raise GoJsonError(f"media-type: expected manifest but found index ({media_type})")
    elif not document.keys().isdisjoint(("config", "layers")) or own in MANIFEST_TYPES:
        raise GoJsonError(f"media-type: expected index but found manifest ({media_type})")


def _read_rootfs(config: Mapping[str, object]) -> RootfsConfig:
    rootfs = mapping(config.get("rootfs"))
    return RootfsConfig(
        _read_platform(config),
        text(rootfs.get("type")) or "",
        _strings(rootfs.get("diff_ids")),
    )


def _strings(value: object) -> tuple[str, ...]:
    """The strings of a slice; a ``null`` element is the empty string."""
    return tuple(text(item) or "" for item in items(value))


def _read_platform(value: object) -> Platform:
    fields = mapping(value)
    return Platform(
        text(fields.get("os")) or "",
        text(fields.get("architecture")) or "",
        text(fields.get("variant")),
        text(fields.get("os.version")),
        strings(fields.get("os.features")),
    )


def _read_child(value: object) -> Child:
    fields = mapping(value)
    platform = fields.get("platform")
    return Child(
        text(fields.get("mediaType")) or "",
        text(fields.get("digest")) or "",
        integer(fields.get("size")) or 0,
        None if platform is None else _read_platform(platform),
        mapping(fields.get("annotations")),
    )


def _read_children(value: object) -> tuple[Child, ...]:
    return tuple(_read_child(item) for item in items(value))
