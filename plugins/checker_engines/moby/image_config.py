"""The image config as Docker's daemon decodes it (moby image/image.go, api/types/container)."""

from __future__ import annotations

import re
from collections.abc import Mapping

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

_LARGEST_PORT = 65535


def _check_port(key: str) -> str | None:
    """``NUMBER[/PROTOCOL]`` (moby 29, api/types/network/port.go)."""
    number = key.partition("/")[0]
    if not number:
        return "value is empty" if not key else f"invalid port '{number}': value is empty"
    if not re.fullmatch(r"[0-9]+", number):
        return f"invalid port '{number}': invalid syntax"
    if len(number) > len(str(_LARGEST_PORT)) or int(number) > _LARGEST_PORT:
        return f"invalid port '{number}': value out of range"
    return None


_NOTHING = Struct("", {}, NONE_EMBEDDED, "struct {}")
_FREE_PORTS = Map(_NOTHING, "nat.PortSet")
_CHECKED_PORTS = Map(_NOTHING, "network.PortSet", _check_port)

_HEALTH = Struct(
    "HealthConfig",
    {
        "Test": STRINGS,
        "Interval": Scalar("number", "time.Duration"),
        "Timeout": Scalar("number", "time.Duration"),
        "StartPeriod": Scalar("number", "time.Duration"),
        "Retries": INT,
    },
    NONE_EMBEDDED,
    "container.HealthConfig",
)


def _history(moment: Custom) -> Struct:
    words = ("author", "created_by", "comment")
    fields: dict[str, Shape] = {
        "created": moment,
        **dict.fromkeys(words, STRING),
        "empty_layer": BOOL,
    }
    return Struct("History", fields, NONE_EMBEDDED, "image.History")


_ROOTFS = Struct(
    "RootFS",
    {"type": STRING, "diff_ids": Slice(Scalar("string", "layer.DiffID"), "[]layer.DiffID")},
    NONE_EMBEDDED,
    "image.RootFS",
)


def _settings(words: Shape, ports: Shape) -> Struct:
    strings = ("Hostname", "Domainname", "User", "Image", "WorkingDir", "StopSignal")
    flags = ("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce")
    fields: dict[str, Shape] = {
        **dict.fromkeys(strings, STRING),
        **dict.fromkeys((*flags, "ArgsEscaped", "NetworkDisabled"), BOOL),
        **dict.fromkeys(("Cmd", "Entrypoint", "Shell"), words),
        "ExposedPorts": ports,
        "Env": STRINGS,
        "Healthcheck": _HEALTH,
        "Volumes": Map(_NOTHING, "map[string]struct {}"),
        "OnBuild": STRINGS,
        "Labels": STRING_MAP,
        "StopTimeout": INT,
    }
    return Struct("Config", fields, NONE_EMBEDDED, "container.Config")


def _of_both(settings: Struct, moment: Custom) -> dict[str, Shape]:
    """The fields that the image config shares with the legacy per-layer config."""
    words = ("id", "comment", "container", "docker_version", "author", "architecture", "variant")
    return {
        **dict.fromkeys((*words, "os"), STRING),
        "created": moment,
        "container_config": settings,
        "config": settings,
        "Size": INT64,
    }


def _image(settings: Struct, embedded: str | None, moment: Custom = TIMESTAMP) -> Struct:
    inner = _of_both(settings, moment)
    own: Mapping[str, Shape] = {
        "parent": Scalar("string", "image.ID"),
        "rootfs": _ROOTFS,
        "history": Slice(_history(moment), "[]image.History"),
        "os.version": STRING,
        "os.features": STRINGS,
    }
    through = {} if embedded is None else dict.fromkeys(inner, embedded)
    return Struct("Image", {**inner, **own}, through, "image.Image")


V1_IMAGE = Struct(
    "V1Image",
    {**_of_both(_settings(STRING_OR_STRINGS, _FREE_PORTS), OLD_TIMESTAMP), "parent": STRING},
    NONE_EMBEDDED,
    "image.V1Image",
)
"""The config of one layer in an archive without ``manifest.json``, up to Docker 28."""

CONFIG_20 = _image(_settings(STRING_OR_STRINGS, _FREE_PORTS), None, OLD_TIMESTAMP)
"""Docker 20.10."""

CONFIG_28 = _image(_settings(STRING_OR_STRINGS, _FREE_PORTS), "V1Image")
"""Docker 23 to 28, built with a Go version that names embedded structs in errors."""

CONFIG_29 = _image(_settings(STRINGS, _CHECKED_PORTS), "V1Image")
"""Docker 29, where Cmd and Entrypoint must be lists, and ports must be valid."""
