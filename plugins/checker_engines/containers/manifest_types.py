"""The Go types that containers/image decodes documents into (v5.23 and v5.36, package manifest)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checker_engines.golang.json import (
    BOOL,
    INT,
    INT64,
    NONE_EMBEDDED,
    STRING,
    STRING_MAP,
    STRINGS,
    Custom,
    Map,
    Scalar,
    Shape,
    Slice,
    Struct,
)
from checker_engines.golang.json_types import OLD_TIMESTAMP, STRING_OR_STRINGS, TIMESTAMP

_EMPTY = Struct("", {}, NONE_EMBEDDED, "struct {}")
_SET = Map(_EMPTY, "map[string]struct {}")
_DIGEST = Scalar("string", "digest.Digest")
_DIFF_IDS = Slice(_DIGEST, "[]digest.Digest")

_DOCKER_SETTINGS = Struct(
    "Schema2Config",
    {
        **dict.fromkeys(
            ("Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal"),
            STRING,
        ),
        **dict.fromkeys(
            (
                "AttachStdin",
                "AttachStdout",
                "AttachStderr",
                "Tty",
                "OpenStdin",
                "StdinOnce",
                "ArgsEscaped",
                "NetworkDisabled",
            ),
            BOOL,
        ),
        **dict.fromkeys(("Cmd", "Entrypoint", "Shell"), STRING_OR_STRINGS),
        **dict.fromkeys(("Env", "OnBuild"), STRINGS),
        "ExposedPorts": Map(_EMPTY, "manifest.Schema2PortSet"),
        "Volumes": _SET,
        "Labels": STRING_MAP,
        "StopTimeout": INT,
    },
    NONE_EMBEDDED,
    "manifest.Schema2Config",
)
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


def _docker_v1(moment: Custom) -> dict[str, Shape]:
    words = ("id", "comment", "container", "docker_version", "author", "architecture", "variant")
    return {
        **dict.fromkeys((*words, "os"), STRING),
        "created": moment,
        "container_config": _DOCKER_SETTINGS,
        "config": _DOCKER_SETTINGS,
        "Size": INT64,
    }


def _docker_image(moment: Custom, embedded: str | None) -> Struct:
    inner = _docker_v1(moment)
    own: dict[str, Shape] = {
        "parent": _DIGEST,
        "rootfs": _DOCKER_ROOTFS,
        "history": _history("Schema2History", "manifest.Schema2History", moment),
        "os.version": STRING,
        "os.features": STRINGS,
    }
    through = {} if embedded is None else dict.fromkeys(inner, embedded)
    return Struct("Schema2Image", {**inner, **own}, through, "manifest.Schema2Image")


_OCI_SETTINGS = Struct(
    "ImageConfig",
    {
        **dict.fromkeys(("User", "WorkingDir", "StopSignal"), STRING),
        **dict.fromkeys(("Env", "Entrypoint", "Cmd"), STRINGS),
        **dict.fromkeys(("ExposedPorts", "Volumes"), _SET),
        "Labels": STRING_MAP,
        "ArgsEscaped": BOOL,
    },
    NONE_EMBEDDED,
    "v1.ImageConfig",
)
_PLATFORM: Mapping[str, Shape] = {
    **dict.fromkeys(("architecture", "os", "os.version", "variant"), STRING),
    "os.features": STRINGS,
}
_ROOTFS = Struct("RootFS", {"type": STRING, "diff_ids": _DIFF_IDS}, NONE_EMBEDDED, "v1.RootFS")


def _oci_image(moment: Custom, embedded: Mapping[str, str]) -> Struct:
    fields: dict[str, Shape] = {
        **_PLATFORM,
        "created": moment,
        "author": STRING,
        "config": _OCI_SETTINGS,
        "rootfs": _ROOTFS,
        "history": _history("History", "v1.History", moment),
    }
    return Struct("Image", fields, embedded, "v1.Image")


_DESCRIPTOR = Struct(
    "Descriptor",
    {
        **dict.fromkeys(("mediaType", "artifactType", "data"), STRING),
        "digest": _DIGEST,
        "size": INT64,
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "platform": Struct("Platform", _PLATFORM, NONE_EMBEDDED, "v1.Platform"),
    },
    NONE_EMBEDDED,
    "v1.Descriptor",
)
_DESCRIPTORS = Slice(_DESCRIPTOR, "[]v1.Descriptor")
_INDEX: Mapping[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "artifactType": STRING,
    "manifests": _DESCRIPTORS,
    "subject": _DESCRIPTOR,
    "annotations": STRING_MAP,
}
_MANIFEST: Mapping[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "artifactType": STRING,
    "config": _DESCRIPTOR,
    "layers": _DESCRIPTORS,
    "subject": _DESCRIPTOR,
    "annotations": STRING_MAP,
}

_LAYER_SOURCE = Struct(
    "Schema2Descriptor",
    {"mediaType": STRING, "size": INT64, "digest": _DIGEST, "urls": STRINGS},
    NONE_EMBEDDED,
    "manifest.Schema2Descriptor",
)
MANIFEST_ITEMS = Slice(
    Struct(
        "ManifestItem",
        {
            "Config": STRING,
            "RepoTags": STRINGS,
            "Layers": STRINGS,
            "Parent": STRING,
            "LayerSources": Map(_LAYER_SOURCE, "map[digest.Digest]manifest.Schema2Descriptor"),
        },
        NONE_EMBEDDED,
        "tarfile.ManifestItem",
    ),
    "[]tarfile.ManifestItem",
)
"""``manifest.json`` (package docker/internal/tarfile)."""

SCHEMA_1 = Struct("Schema1", {"schemaVersion": INT}, NONE_EMBEDDED, "manifest.Schema1")
"""A manifest of Docker's schema 1, with the fields that are needed here."""


class Shapes(NamedTuple):
    """The types of one build.

    Attributes:
        docker_config: The config as docker-archive reads it.
        oci_config: The config as containers-storage decodes it.
        image_index: An image index.
        manifest: An image manifest.
    """

    docker_config: Struct
    oci_config: Struct
    image_index: Struct
    manifest: Struct


OLD_SHAPES = Shapes(
    docker_config=_docker_image(OLD_TIMESTAMP, None),
    oci_config=_oci_image(OLD_TIMESTAMP, NONE_EMBEDDED),
    image_index=Struct("Index", _INDEX, NONE_EMBEDDED, "v1.Index"),
    manifest=Struct("OCI1", _MANIFEST, NONE_EMBEDDED, "manifest.OCI1"),
)
"""Builds with Go before 1.20, whose messages omit embedded structs."""

NEW_SHAPES = Shapes(
    docker_config=_docker_image(TIMESTAMP, "Schema2V1Image"),
    oci_config=_oci_image(TIMESTAMP, dict.fromkeys(_PLATFORM, "Platform")),
    image_index=Struct("Index", _INDEX, {"schemaVersion": "Versioned"}, "v1.Index"),
    manifest=Struct("OCI1", _MANIFEST, dict.fromkeys(_MANIFEST, "Manifest"), "manifest.OCI1"),
)
"""Builds with Go 1.24 or later."""
