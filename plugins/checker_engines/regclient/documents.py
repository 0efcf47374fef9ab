"""The Go types that regclient decodes documents into (v0.11, packages types and image.go)."""

from __future__ import annotations

from checker_engines.golang.json import (
    ANYTHING,
    INT,
    INT64,
    STRING,
    STRING_MAP,
    STRINGS,
    Map,
    Pointer,
    Scalar,
    Shape,
    Slice,
    Struct,
)
from checker_engines.golang.json_types import BASE64

_DIGEST = Scalar("string", "digest.Digest")
_PLATFORM = Struct(
    "Platform",
    {
        **dict.fromkeys(("architecture", "os", "os.version", "variant"), STRING),
        **dict.fromkeys(("os.features", "features"), STRINGS),
    },
    {},
    "platform.Platform",
)
_DESCRIPTOR = Struct(
    "Descriptor",
    {
        "mediaType": STRING,
        "digest": _DIGEST,
        "size": INT64,
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "data": BASE64,
        "platform": Pointer(_PLATFORM),
        "artifactType": STRING,
    },
    {},
    "descriptor.Descriptor",
)
_DESCRIPTORS = Slice(_DESCRIPTOR, "[]descriptor.Descriptor")
_DOCUMENT: dict[str, Shape] = {
    "schemaVersion": INT,
    "mediaType": STRING,
    "annotations": STRING_MAP,
}
_OCI: dict[str, Shape] = {
    **_DOCUMENT,
    "artifactType": STRING,
    "subject": Pointer(_DESCRIPTOR),
}
_IMAGE: dict[str, Shape] = {"config": _DESCRIPTOR, "layers": _DESCRIPTORS}
_LIST: dict[str, Shape] = {"manifests": _DESCRIPTORS}
_VERSIONED = {"schemaVersion": "Versioned"}
_VERSIONED_2 = {"schemaVersion": "Versioned", "mediaType": "Versioned"}
INDEX = Struct("Index", {**_OCI, **_LIST}, _VERSIONED, "v1.Index")
"""An image index."""
MANIFEST = Struct("Manifest", {**_OCI, **_IMAGE}, _VERSIONED, "v1.Manifest")
"""An image manifest."""
DOCKER_LIST = Struct("ManifestList", {**_DOCUMENT, **_LIST}, _VERSIONED_2, "schema2.ManifestList")
"""A manifest list of Docker."""
DOCKER_MANIFEST = Struct("Manifest", {**_DOCUMENT, **_IMAGE}, _VERSIONED_2, "schema2.Manifest")
"""An image manifest of Docker's schema 2."""
ARTIFACT = Struct(
    "ArtifactManifest",
    {
        "mediaType": STRING,
        "artifactType": STRING,
        "blobs": _DESCRIPTORS,
        "subject": Pointer(_DESCRIPTOR),
        "annotations": STRING_MAP,
    },
    {},
    "v1.ArtifactManifest",
)
"""An artifact manifest, which image-spec 1.1 does not have."""
_FS_LAYER = Struct("FSLayer", {"blobSum": _DIGEST}, {}, "schema1.FSLayer")
SCHEMA_1 = Struct(
    "Manifest",
    {
        "schemaVersion": INT,
        **dict.fromkeys(("mediaType", "name", "tag", "architecture"), STRING),
        "fsLayers": Slice(_FS_LAYER, "[]schema1.FSLayer"),
        "signatures": ANYTHING,
    },
    _VERSIONED_2,
    "schema1.Manifest",
)
"""A manifest of Docker's schema 1."""
LAYOUT = Struct("ImageLayout", {"imageLayoutVersion": STRING}, {}, "v1.ImageLayout")
"""The file ``oci-layout``."""
GUESSED = Struct(
    "",
    {
        "mediaType": STRING,
        "schemaVersion": INT,
        "manifests": _DESCRIPTORS,
        "layers": _DESCRIPTORS,
    },
    {},
)
"""What the media type of a document is guessed from."""
DOCKER_ITEMS = Slice(
    Struct(
        "dockerTarManifest",
        {
            "Config": STRING,
            "RepoTags": STRINGS,
            "Layers": STRINGS,
            "Parent": _DIGEST,
            "LayerSources": Map(_DESCRIPTOR, "map[digest.Digest]descriptor.Descriptor"),
        },
        {},
        "regclient.dockerTarManifest",
    ),
    "[]regclient.dockerTarManifest",
)
"""``manifest.json``."""
