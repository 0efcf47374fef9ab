"""The Go types that go-containerregistry decodes documents into (v0.22, pkg/v1, tarball)."""

from __future__ import annotations

from collections.abc import Mapping

from checker_engines.golang.fmt import quote
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
    Pointer,
    Scalar,
    Shape,
    Slice,
    Struct,
)
from checker_engines.golang.json_types import BASE64, TIMESTAMP, kind_of

_HEX = "0123456789abcdef"
_DIGITS = {"sha256": 64, "sha512": 128}


def hash_error(text: str) -> str | None:
    """The error of parsing a digest (hash.go, Hash.parse); None if it is valid."""
    algorithm, _, body = text.partition(":")
    if not algorithm or not body:
        return f"cannot parse hash: {quote(text)}"
    rest = body.lstrip(_HEX)
    if rest:
        return f"found non-hex character in hash: {rest[0]}"
    if algorithm not in _DIGITS:
        return f"unsupported hash: {quote(algorithm)}"
    if len(body) != _DIGITS[algorithm]:
        return f"wrong number of hex digits for {algorithm}: {body}"
    return None


def _hash_value_error(value: object) -> str | None:
    if value is None:
        return hash_error("")
    if isinstance(value, str):
        return hash_error(value)
    kind = "array" if isinstance(value, list) else kind_of(value)
    return f"json: cannot unmarshal {kind} into Go value of type string"


_HASH = Custom(_hash_value_error)
_SET = Map(Struct("", {}, NONE_EMBEDDED, "struct {}"), "map[string]struct {}")
_PLATFORM = Struct(
    "Platform",
    {
        **dict.fromkeys(("architecture", "os", "os.version", "variant"), STRING),
        **dict.fromkeys(("os.features", "features"), STRINGS),
    },
    NONE_EMBEDDED,
    "v1.Platform",
)
_DESCRIPTOR = Struct(
    "Descriptor",
    {
        "mediaType": Scalar("string", "types.MediaType"),
        "size": INT64,
        "digest": _HASH,
        "data": BASE64,
        "urls": STRINGS,
        "annotations": STRING_MAP,
        "platform": Pointer(_PLATFORM),
        "artifactType": STRING,
    },
    NONE_EMBEDDED,
    "v1.Descriptor",
)
MANIFEST_ITEMS = Slice(
    Struct(
        "Descriptor",
        {
            "Config": STRING,
            "RepoTags": STRINGS,
            "Layers": STRINGS,
            "LayerSources": Map(_DESCRIPTOR, "map[v1.Hash]v1.Descriptor", hash_error),
        },
        NONE_EMBEDDED,
        "tarball.Descriptor",
    ),
    "tarball.Manifest",
)
"""``manifest.json`` (tarball/image.go)."""

INDEX = Struct(
    "IndexManifest",
    {
        "schemaVersion": INT64,
        "mediaType": Scalar("string", "types.MediaType"),
        "manifests": Slice(_DESCRIPTOR, "[]v1.Descriptor"),
        "annotations": STRING_MAP,
        "subject": Pointer(_DESCRIPTOR),
    },
    NONE_EMBEDDED,
    "v1.IndexManifest",
)
"""``index.json`` and other indexes (manifest.go)."""
MANIFEST = Struct(
    "Manifest",
    {
        "schemaVersion": INT64,
        "mediaType": Scalar("string", "types.MediaType"),
        "config": _DESCRIPTOR,
        "layers": Slice(_DESCRIPTOR, "[]v1.Descriptor"),
        "annotations": STRING_MAP,
        "subject": Pointer(_DESCRIPTOR),
    },
    NONE_EMBEDDED,
    "v1.Manifest",
)
"""An image manifest (manifest.go)."""

_HEALTH = Struct(
    "HealthConfig",
    {
        "Test": STRINGS,
        **dict.fromkeys(("Interval", "Timeout", "StartPeriod"), Scalar("number", "time.Duration")),
        "Retries": INT,
    },
    NONE_EMBEDDED,
    "v1.HealthConfig",
)
_SETTINGS: Mapping[str, Shape] = {
    **dict.fromkeys(
        (
            *("AttachStderr", "AttachStdin", "AttachStdout", "OpenStdin", "StdinOnce", "Tty"),
            *("ArgsEscaped", "NetworkDisabled"),
        ),
        BOOL,
    ),
    **dict.fromkeys(
        (
            *("Domainname", "Hostname", "Image", "User", "WorkingDir", "MacAddress"),
            "StopSignal",
        ),
        STRING,
    ),
    **dict.fromkeys(("Cmd", "Entrypoint", "Env", "OnBuild", "Shell"), STRINGS),
    **dict.fromkeys(("Volumes", "ExposedPorts"), _SET),
    "Healthcheck": Pointer(_HEALTH),
    "Labels": STRING_MAP,
}
_HISTORY = Struct(
    "History",
    {
        **dict.fromkeys(("author", "created_by", "comment"), STRING),
        "created": TIMESTAMP,
        "empty_layer": BOOL,
    },
    NONE_EMBEDDED,
    "v1.History",
)
CONFIG = Struct(
    "ConfigFile",
    {
        **dict.fromkeys(
            (
                *("architecture", "author", "container", "docker_version", "os", "os.version"),
                "variant",
            ),
            STRING,
        ),
        "created": TIMESTAMP,
        "history": Slice(_HISTORY, "[]v1.History"),
        "rootfs": Struct(
            "RootFS",
            {"type": STRING, "diff_ids": Slice(_HASH, "[]v1.Hash")},
            NONE_EMBEDDED,
            "v1.RootFS",
        ),
        "config": Struct("Config", _SETTINGS, NONE_EMBEDDED, "v1.Config"),
        "os.features": STRINGS,
    },
    NONE_EMBEDDED,
    "v1.ConfigFile",
)
"""An image config (config.go)."""
