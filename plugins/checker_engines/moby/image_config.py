"""The image config as Docker's daemon decodes it (moby image/image.go, api/types/container)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from checker.records import NamedTuple
from checker_engines.golang.json import (
    BOOL,
    INT,
    INT64,
    NONE_EMBEDDED,
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
_CHECKED_PORTS = Map(_NOTHING, "map[network.Port]struct {}", _check_port)


class _Types(NamedTuple):
    """The Go types that differ between versions.

    Attributes:
        moment: Of a timestamp.
        words: Of ``Cmd``, ``Entrypoint`` and ``Shell``.
        ports: Of ``ExposedPorts``.
        health: The name of the type of ``Healthcheck``.
        health_fields: Fields of it that not every version has.
        history: The name of the type of a history entry, with its package.
        diff_id: The name of the type of a diffID, with its package.
        has_mac_address: Whether a config has ``MacAddress``, removed in Docker 29.
    """

    moment: Shape
    words: Shape
    ports: Shape
    health: str
    health_fields: tuple[str, ...]
    history: str
    diff_id: str
    has_mac_address: bool


_TYPES_20 = _Types(
    moment=OLD_TIMESTAMP,
    words=STRING_OR_STRINGS,
    ports=_FREE_PORTS,
    health="HealthConfig",
    health_fields=(),
    history="image.History",
    diff_id="layer.DiffID",
    has_mac_address=True,
)
# Since Docker 25, health checks and history are types of docker-image-spec and image-spec.
_TYPES_28 = _TYPES_20._replace(
    moment=Pointer(TIMESTAMP),
    health="HealthcheckConfig",
    health_fields=("StartInterval",),
    history="v1.History",
)
_TYPES_29 = _TYPES_28._replace(
    words=STRINGS, ports=_CHECKED_PORTS, diff_id="digest.Digest", has_mac_address=False
)


def _health(types: _Types) -> Pointer:
    durations = ("Interval", "Timeout", "StartPeriod", *types.health_fields)
    fields: dict[str, Shape] = {
        "Test": STRINGS,
        **dict.fromkeys(durations, Scalar("number", "time.Duration")),
        "Retries": INT,
    }
    return Pointer(Struct(types.health, fields, NONE_EMBEDDED, f"container.{types.health}"))


def _history(types: _Types) -> Slice:
    words = ("author", "created_by", "comment")
    fields: dict[str, Shape] = {
        "created": types.moment,
        **dict.fromkeys(words, STRING),
        "empty_layer": BOOL,
    }
    entry = Struct("History", fields, NONE_EMBEDDED, types.history)
    return Slice(entry, f"[]{types.history}")


def _rootfs(types: _Types) -> Pointer:
    diff_ids = Slice(Scalar("string", types.diff_id), f"[]{types.diff_id}")
    fields: dict[str, Shape] = {"type": STRING, "diff_ids": diff_ids}
    return Pointer(Struct("RootFS", fields, NONE_EMBEDDED, "image.RootFS"))


def _settings(types: _Types) -> Struct:
    strings = ("Hostname", "Domainname", "User", "Image", "WorkingDir", "StopSignal")
    flags = ("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce")
    fields: dict[str, Shape] = {
        **dict.fromkeys(strings, STRING),
        **dict.fromkeys((*flags, "ArgsEscaped", "NetworkDisabled"), BOOL),
        **dict.fromkeys(("Cmd", "Entrypoint", "Shell"), types.words),
        "ExposedPorts": types.ports,
        "Env": STRINGS,
        "Healthcheck": _health(types),
        "Volumes": Map(_NOTHING, "map[string]struct {}"),
        "OnBuild": STRINGS,
        "Labels": STRING_MAP,
        "StopTimeout": Pointer(INT),
    }
    if types.has_mac_address:
        fields["MacAddress"] = STRING
    return Struct("Config", fields, NONE_EMBEDDED, "container.Config")


def _of_both(types: _Types) -> dict[str, Shape]:
    """The fields that the image config shares with the legacy per-layer config."""
    words = ("id", "comment", "container", "docker_version", "author", "architecture", "variant")
    settings = _settings(types)
    return {
        **dict.fromkeys((*words, "os"), STRING),
        "created": types.moment,
        "container_config": settings,
        "config": Pointer(settings),
        "Size": INT64,
    }


def _image(types: _Types, embedded: str | None) -> Struct:
    inner = _of_both(types)
    own: Mapping[str, Shape] = {
        "parent": Scalar("string", "image.ID"),
        "rootfs": _rootfs(types),
        "history": _history(types),
        "os.version": STRING,
        "os.features": STRINGS,
    }
    through = {} if embedded is None else dict.fromkeys(inner, embedded)
    return Struct("Image", {**inner, **own}, through, "image.Image")


def _legacy(types: _Types) -> Struct:
    fields = {**_of_both(types), "parent": STRING}
    return Struct("V1Image", fields, NONE_EMBEDDED, "image.V1Image")


LEGACY_CONFIG_20 = _legacy(_TYPES_20)
"""The config of one layer in an archive without ``manifest.json``, in Docker 20.10."""

LEGACY_CONFIG_28 = _legacy(_TYPES_28)
"""The same up to Docker 28."""

CONFIG_20 = _image(_TYPES_20, None)
"""Docker 20.10."""

CONFIG_28 = _image(_TYPES_28, "V1Image")
"""Docker 23 to 28, built with a Go version that names embedded structs in errors."""

CONFIG_29 = _image(_TYPES_29, "V1Image")
"""Docker 29, where Cmd and Entrypoint must be lists, and ports must be valid."""
