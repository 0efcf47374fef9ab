"""The Go types of the OCI image-spec (specs-go/v1, v1.1) that tools decode documents into."""

from __future__ import annotations

from collections.abc import Mapping

from checker_engines.golang.json import (
    BOOL,
    INT,
    INT64,
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
from checker_engines.golang.json_types import BASE64, TIMESTAMP

DIGEST = Scalar("string", "digest.Digest")
"""A digest; decoding does not check it."""
DIGESTS = Slice(DIGEST, "[]digest.Digest")
"""The ``diff_ids`` of a config."""
PLATFORM_FIELDS: dict[str, Shape] = {
    "architecture": STRING,
    "os": STRING,
    "os.version": STRING,
    "os.features": STRINGS,
    "variant": STRING,
}
"""The fields of a platform."""
FROM_PLATFORM = dict.fromkeys(PLATFORM_FIELDS, "Platform")
"""The struct that a config has them from."""
PLATFORM = Struct("Platform", PLATFORM_FIELDS, {}, "v1.Platform")
"""The platform of a descriptor."""
DESCRIPTOR = Struct(
    "Descriptor",
    {
        "mediaType": STRING,
        "digest": DIGEST,
        "size": INT64,
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "data": BASE64,
        "platform": Pointer(PLATFORM),
        "artifactType": STRING,
    },
    {},
    "v1.Descriptor",
)
"""A descriptor."""
DESCRIPTORS = Slice(DESCRIPTOR, "[]v1.Descriptor")
"""A list of descriptors."""
_DOCUMENT_FIELDS: dict[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "artifactType": STRING,
    "subject": Pointer(DESCRIPTOR),
    "annotations": STRING_MAP,
}
_VERSIONED = {"schemaVersion": "Versioned"}
INDEX = Struct("Index", {**_DOCUMENT_FIELDS, "manifests": DESCRIPTORS}, _VERSIONED, "v1.Index")
"""An image index."""
MANIFEST = Struct(
    "Manifest",
    {**_DOCUMENT_FIELDS, "config": DESCRIPTOR, "layers": DESCRIPTORS},
    _VERSIONED,
    "v1.Manifest",
)
"""An image manifest."""
IMAGE_LAYOUT = Struct("ImageLayout", {"imageLayoutVersion": STRING}, {}, "v1.ImageLayout")
"""The file ``oci-layout``."""
ROOTFS = Struct("RootFS", {"type": STRING, "diff_ids": DIGESTS}, {}, "v1.RootFS")
"""The ``rootfs`` of a config."""
_EMPTY = Struct("", {}, {}, "struct {}")
_EMPTY_MAP = Map(_EMPTY, "map[string]struct {}")
SETTINGS: dict[str, Shape] = {
    "User": STRING,
    "ExposedPorts": _EMPTY_MAP,
    "Env": STRINGS,
    "Entrypoint": STRINGS,
    "Cmd": STRINGS,
    "Volumes": _EMPTY_MAP,
    "WorkingDir": STRING,
    "Labels": STRING_MAP,
    "StopSignal": STRING,
    "ArgsEscaped": BOOL,
}
IMAGE_CONFIG = Struct("ImageConfig", SETTINGS, {}, "v1.ImageConfig")


def image_type(
    moment: Custom, embedded: Mapping[str, str], config: Struct = IMAGE_CONFIG
) -> Struct:
    """The type of a config.

    Args:
        moment: The type of times.
        embedded: The struct that each field is from, if not from that of the config itself.
        config: The type of its settings.
    """
    history: dict[str, Shape] = {
        "created": Pointer(moment),
        "created_by": STRING,
        "author": STRING,
        "comment": STRING,
        "empty_layer": BOOL,
    }
    fields: dict[str, Shape] = {
        **PLATFORM_FIELDS,
        "created": Pointer(moment),
        "author": STRING,
        "config": config,
        "rootfs": ROOTFS,
        "history": Slice(Struct("History", history, {}, "v1.History"), "[]v1.History"),
    }
    return Struct("Image", fields, embedded, "v1.Image")


IMAGE = image_type(TIMESTAMP, FROM_PLATFORM)
"""An image config."""
