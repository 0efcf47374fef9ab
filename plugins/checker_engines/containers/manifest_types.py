"""The Go types that containers/image decodes documents into (v5.23 and v5.39, package manifest)."""

from __future__ import annotations

from collections.abc import Mapping

from checker.records import NamedTuple
from checker_engines.golang.json import (
    ANYTHING,
    BOOL,
    INT,
    INT64,
    NONE_EMBEDDED,
    STRING,
    STRING_MAP,
    STRINGS,
    Custom,
    Map,
    Pointer,
    Scalar,
    Shape,
    Slice,
    Struct,
)
from checker_engines.golang.json_types import (
    BASE64,
    OLD_TIMESTAMP,
    STRING_OR_STRINGS,
    TIMESTAMP,
)

_EMPTY = Struct("", {}, NONE_EMBEDDED, "struct {}")
_SET = Map(_EMPTY, "map[string]struct {}")
_DIGEST = Scalar("string", "digest.Digest")
_DIFF_IDS = Slice(_DIGEST, "[]digest.Digest")

_DURATION = Scalar("number", "time.Duration")
_HEALTHCHECK: Mapping[str, Shape] = {
    "Test": STRINGS,
    **dict.fromkeys(("StartPeriod", "Interval", "Timeout"), _DURATION),
    "Retries": INT,
}
_WITH_START_INTERVAL: Mapping[str, Shape] = {**_HEALTHCHECK, "StartInterval": _DURATION}


def _docker_settings(healthcheck: Mapping[str, Shape]) -> Struct:
    strings = ("Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal")
    streams = ("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce")
    health = Struct(
        "Schema2HealthConfig", healthcheck, NONE_EMBEDDED, "manifest.Schema2HealthConfig"
    )
    fields: dict[str, Shape] = {
        **dict.fromkeys(strings, STRING),
        **dict.fromkeys((*streams, "ArgsEscaped", "NetworkDisabled"), BOOL),
        **dict.fromkeys(("Cmd", "Entrypoint", "Shell"), STRING_OR_STRINGS),
        **dict.fromkeys(("Env", "OnBuild"), STRINGS),
        "ExposedPorts": Map(_EMPTY, "manifest.Schema2PortSet"),
        "Healthcheck": Pointer(health),
        "Volumes": _SET,
        "Labels": STRING_MAP,
        "StopTimeout": Pointer(INT),
    }
    return Struct("Schema2Config", fields, NONE_EMBEDDED, "manifest.Schema2Config")


_DOCKER_ROOTFS = Struct(
    "Schema2RootFS",
    {"type": STRING, "diff_ids": _DIFF_IDS},
    NONE_EMBEDDED,
    "manifest.Schema2RootFS",
)


def _history(name: str, go_name: str, moment: Custom) -> Slice:
    words = ("author", "created_by", "comment")
    fields: dict[str, Shape] = {
        "created": moment,
        **dict.fromkeys(words, STRING),
        "empty_layer": BOOL,
    }
    return Slice(Struct(name, fields, NONE_EMBEDDED, go_name), f"[]{go_name}")


def _docker_v1(moment: Custom, settings: Struct) -> dict[str, Shape]:
    words = ("id", "comment", "container", "docker_version", "author", "architecture", "variant")
    return {
        **dict.fromkeys((*words, "os"), STRING),
        "created": moment,
        "container_config": settings,
        "config": Pointer(settings),
        "Size": INT64,
    }


def _docker_v1_image(moment: Custom, settings: Struct) -> Struct:
    fields = {**_docker_v1(moment, settings), "parent": STRING}
    return Struct("Schema2V1Image", fields, NONE_EMBEDDED, "manifest.Schema2V1Image")


def _docker_image(moment: Custom, settings: Struct, embedded: str | None) -> Struct:
    inner = _docker_v1(moment, settings)
    own: dict[str, Shape] = {
        "parent": _DIGEST,
        "rootfs": Pointer(_DOCKER_ROOTFS),
        "history": _history("Schema2History", "manifest.Schema2History", moment),
        "os.version": STRING,
        "os.features": STRINGS,
    }
    through = {} if embedded is None else dict.fromkeys(inner, embedded)
    return Struct("Schema2Image", {**inner, **own}, through, "manifest.Schema2Image")


_OCI_SETTINGS: Mapping[str, Shape] = {
    **dict.fromkeys(("User", "WorkingDir", "StopSignal"), STRING),
    **dict.fromkeys(("Env", "Entrypoint", "Cmd"), STRINGS),
    **dict.fromkeys(("ExposedPorts", "Volumes"), _SET),
    "Labels": STRING_MAP,
}
_PLATFORM: Mapping[str, Shape] = {
    **dict.fromkeys(("architecture", "os", "os.version", "variant"), STRING),
    "os.features": STRINGS,
}
_ROOTFS = Struct("RootFS", {"type": STRING, "diff_ids": _DIFF_IDS}, NONE_EMBEDDED, "v1.RootFS")


def _oci_image(
    moment: Custom, settings: Mapping[str, Shape], embedded: Mapping[str, str]
) -> Struct:
    fields: dict[str, Shape] = {
        **_PLATFORM,
        "created": moment,
        "author": STRING,
        "config": Struct("ImageConfig", settings, NONE_EMBEDDED, "v1.ImageConfig"),
        "rootfs": _ROOTFS,
        "history": _history("History", "v1.History", moment),
    }
    return Struct("Image", fields, embedded, "v1.Image")


_DESCRIPTOR = Struct(
    "Descriptor",
    {
        **dict.fromkeys(("mediaType", "artifactType"), STRING),
        "digest": _DIGEST,
        "size": INT64,
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "data": BASE64,
        "platform": Pointer(Struct("Platform", _PLATFORM, NONE_EMBEDDED, "v1.Platform")),
    },
    NONE_EMBEDDED,
    "v1.Descriptor",
)
_DESCRIPTORS = Slice(_DESCRIPTOR, "[]v1.Descriptor")
_OLD_INDEX: Mapping[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "manifests": _DESCRIPTORS,
    "annotations": STRING_MAP,
}
_OLD_MANIFEST: Mapping[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "config": _DESCRIPTOR,
    "layers": _DESCRIPTORS,
    "subject": Pointer(_DESCRIPTOR),
    "annotations": STRING_MAP,
}
_ARTIFACT: Mapping[str, Shape] = {"artifactType": STRING, "subject": Pointer(_DESCRIPTOR)}
_INDEX: Mapping[str, Shape] = {**_OLD_INDEX, **_ARTIFACT}
_MANIFEST: Mapping[str, Shape] = {**_OLD_MANIFEST, **_ARTIFACT}
_EMBEDDED_MANIFEST: Mapping[str, str] = {
    **dict.fromkeys(_MANIFEST, "Manifest"),
    "schemaVersion": "Manifest.Versioned",
}

_LAYER_SOURCE = Struct(
    "Schema2Descriptor",
    {"mediaType": STRING, "size": INT64, "digest": _DIGEST, "urls": STRINGS},
    NONE_EMBEDDED,
    "manifest.Schema2Descriptor",
)
_DOCKER_MANIFEST = Struct(
    "Schema2",
    {
        "schemaVersion": INT,
        "mediaType": STRING,
        "config": _LAYER_SOURCE,
        "layers": Slice(_LAYER_SOURCE, "[]manifest.Schema2Descriptor"),
    },
    NONE_EMBEDDED,
    "manifest.Schema2",
)
MANIFEST_ITEMS = Slice(
    Struct(
        "ManifestItem",
        {
            "Config": STRING,
            "RepoTags": STRINGS,
            "Layers": STRINGS,
            "Parent": Scalar("string", "tarfile.imageID"),
            "LayerSources": Map(_LAYER_SOURCE, "map[digest.Digest]manifest.Schema2Descriptor"),
        },
        NONE_EMBEDDED,
        "tarfile.ManifestItem",
    ),
    "[]tarfile.ManifestItem",
)
"""``manifest.json`` (package docker/internal/tarfile)."""

_FS_LAYER = Struct("Schema1FSLayers", {"blobSum": _DIGEST}, NONE_EMBEDDED, "")
_V1_HISTORY = Struct("Schema1History", {"v1Compatibility": STRING}, NONE_EMBEDDED, "")
SCHEMA_1 = Struct(
    "Schema1",
    {
        "schemaVersion": INT,
        **dict.fromkeys(("name", "tag", "architecture"), STRING),
        "fsLayers": Slice(_FS_LAYER, "[]manifest.Schema1FSLayers"),
        "history": Slice(_V1_HISTORY, "[]manifest.Schema1History"),
    },
    NONE_EMBEDDED,
    "manifest.Schema1",
)
"""A manifest of Docker's schema 1."""
V1_COMPATIBILITY = Struct(
    "Schema1V1Compatibility",
    {**dict.fromkeys(("id", "parent", "comment", "author"), STRING), "throwaway": BOOL},
    NONE_EMBEDDED,
    "manifest.Schema1V1Compatibility",
)
"""What the history of such a manifest has as text, with the fields that are needed here."""
GUESSED = Struct(
    "", {"mediaType": STRING, "schemaVersion": INT, "signatures": ANYTHING}, NONE_EMBEDDED, ""
)
"""What the media type of a manifest is guessed from (GuessMIMEType)."""

ESSENTIAL = Struct(
    "",
    dict.fromkeys(("config", "fsLayers", "history", "layers", "manifests"), ANYTHING),
    NONE_EMBEDDED,
    "",
)
"""The fields that tell formats of manifests apart (ValidateUnambiguousManifestFormat)."""


class Shapes(NamedTuple):
    """The types of one build.

    Attributes:
        docker_config: The config as docker-archive reads it, and as it is inspected of an image
            with a manifest of Docker's schema 2.
        oci_config: The config as containers-storage decodes it.
        inspected_config: The config as it is inspected of an image with an OCI manifest: it must
            also decode as a Docker config.
        image_index: An image index.
        manifest: An image manifest.
        docker_manifest: A manifest of Docker's schema 2.
    """

    docker_config: Struct
    oci_config: Struct
    inspected_config: Struct
    image_index: Struct
    manifest: Struct
    docker_manifest: Struct = _DOCKER_MANIFEST


OLD_SHAPES = Shapes(
    docker_config=_docker_image(OLD_TIMESTAMP, _docker_settings(_HEALTHCHECK), None),
    oci_config=_oci_image(OLD_TIMESTAMP, _OCI_SETTINGS, NONE_EMBEDDED),
    inspected_config=_docker_v1_image(OLD_TIMESTAMP, _docker_settings(_HEALTHCHECK)),
    image_index=Struct("Index", _OLD_INDEX, NONE_EMBEDDED, "v1.Index"),
    manifest=Struct("OCI1", _OLD_MANIFEST, NONE_EMBEDDED, "manifest.OCI1"),
)
"""containers/image v5.23 with image-spec v1.1.0-rc2, built with Go before 1.20, whose messages omit
embedded structs."""

NEW_SHAPES = Shapes(
    docker_config=_docker_image(
        TIMESTAMP, _docker_settings(_WITH_START_INTERVAL), "Schema2V1Image"
    ),
    oci_config=_oci_image(
        TIMESTAMP, {**_OCI_SETTINGS, "ArgsEscaped": BOOL}, dict.fromkeys(_PLATFORM, "Platform")
    ),
    inspected_config=_docker_v1_image(TIMESTAMP, _docker_settings(_WITH_START_INTERVAL)),
    image_index=Struct("Index", _INDEX, {"schemaVersion": "Versioned"}, "v1.Index"),
    manifest=Struct("OCI1", _MANIFEST, _EMBEDDED_MANIFEST, "manifest.OCI1"),
)
"""containers/image v5.39 with image-spec v1.1.1, built with Go 1.24 or later."""
