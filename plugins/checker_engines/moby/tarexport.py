"""The Go types of what ``docker save`` writes, except the configs (moby image/tarexport)."""

from __future__ import annotations

from checker_engines.golang.json import (
    INT64,
    NONE_EMBEDDED,
    STRING,
    STRING_MAP,
    STRINGS,
    Map,
    Scalar,
    Slice,
    Struct,
)

_PLATFORM = Struct(
    "Platform",
    {
        **dict.fromkeys(("architecture", "os", "os.version", "variant"), STRING),
        "os.features": STRINGS,
    },
    NONE_EMBEDDED,
    "v1.Platform",
)
_DESCRIPTOR = Struct(
    "Descriptor",
    {
        "mediaType": STRING,
        "size": INT64,
        "digest": Scalar("string", "digest.Digest"),
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "platform": _PLATFORM,
    },
    NONE_EMBEDDED,
    "distribution.Descriptor",
)
ITEM = Struct(
    "manifestItem",
    {
        "Config": STRING,
        "RepoTags": STRINGS,
        "Layers": STRINGS,
        "Parent": Scalar("string", "image.ID"),
        # Only Windows uses them, but every daemon decodes them.
        "LayerSources": Map(_DESCRIPTOR, "map[layer.DiffID]distribution.Descriptor"),
    },
    NONE_EMBEDDED,
    "tarexport.manifestItem",
)
MANIFEST_TYPE = Slice(ITEM, "[]tarexport.manifestItem")
REPOSITORIES_TYPE = Map(Map(STRING, "map[string]string"), "map[string]map[string]string")
V1_CONFIG_TYPE = Struct(
    "", {"OS": STRING, "Parent": STRING}, NONE_EMBEDDED, "struct { OS string; Parent string }"
)
