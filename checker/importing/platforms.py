"""Platforms as engines parse them: ``os``, ``architecture``, ``os/architecture/variant``.

Sources: containerd as vendored in moby 20.10.24 and 28.5.2, and containerd/platforms as vendored in
29.7.2, platforms.go (Parse) and database.go.
"""

from __future__ import annotations

import re

from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import quote
from checker.model.names import Platform
from checker.records import NamedTuple

_SYSTEMS = frozenset(
    {
        *("aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "js", "linux"),
        *("nacl", "netbsd", "openbsd", "plan9", "solaris", "windows", "zos"),
    }
)
_ARCHITECTURES = frozenset(
    {
        *("386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le"),
        *("mips", "mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "riscv"),
        *("riscv64", "s390", "s390x", "sparc", "sparc64", "wasm"),
    }
)
_INVALID = "invalid argument"
_PARTS = 3


class PlatformSyntax(NamedTuple):
    """What differs between versions.

    Attributes:
        system: The pattern of the first component.
        component: The pattern of the others.
        system_error: The text before the pattern, for a first component that does not match;
            ``{part}`` and ``{whole}`` are quoted.
        systems: Operating systems that are known in addition.
        architectures: Architectures that are known in addition.
    """

    system: str
    component: str
    system_error: str
    systems: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()


_COMPONENT_ERROR = (
    "{part} is an invalid component of {whole}: platform specifier component must match"
)
_SYSTEM_ERROR = (
    "{part} is an invalid OS component of {whole}: OSAndVersion specifier component must match"
)
_NEWER_SYSTEMS = frozenset({"ios"})
_NEWER_ARCHITECTURES = frozenset({"loong64"})
PLATFORM_20 = PlatformSyntax("^[A-Za-z0-9_-]+$", "^[A-Za-z0-9_-]+$", _COMPONENT_ERROR)
PLATFORM_28 = PlatformSyntax(
    r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$",
    "^[A-Za-z0-9_.-]+$",
    _SYSTEM_ERROR,
    _NEWER_SYSTEMS,
    _NEWER_ARCHITECTURES,
)
PLATFORM_29 = PLATFORM_28._replace(
    system=r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$"
)


def parse_platform(text: str, syntax: PlatformSyntax, host: Platform) -> Platform:
    """The platform that a text means, in the words of Go.

    Args:
        text: The text.
        syntax: The version.
        host: The platform of the engine, which completes the text.

    Raises:
        ImportRefusedError: The text is not a platform.
    """
    if "*" in text:
        raise _refused(f"{quote(text)}: wildcards not yet supported")
    parts = text.split("/", _PARTS)
    _check_parts(text, parts, syntax)
    system = parts[0].partition("(")[0].lower()
    system = "darwin" if system == "macos" else system
    if len(parts) == 1:
        return _completed(text, system, syntax, host)
    if len(parts) > _PARTS:
        raise _refused(f"{quote(text)}: cannot parse platform specifier")
    return _normalized(system, parts[1], parts[2] if len(parts) == _PARTS else None)


def _check_parts(text: str, parts: list[str], syntax: PlatformSyntax) -> None:
    for number, part in enumerate(parts):
        pattern = syntax.component if number else syntax.system
        if re.match(pattern, part) is None or part.endswith("\n"):
            error = _COMPONENT_ERROR if number else syntax.system_error
            shown = error.format(part=quote(part), whole=quote(text))
            raise _refused(f"{shown} {quote(pattern)}")


def _completed(text: str, system: str, syntax: PlatformSyntax, host: Platform) -> Platform:
    if system in _SYSTEMS | syntax.systems:
        return Platform(system, host.architecture)
    found = _normalized(host.os, text, None)
    if found.architecture not in _ARCHITECTURES | syntax.architectures:
        raise _refused(f"{quote(text)}: unknown operating system or architecture")
    return found


def _refused(reason: str) -> ImportRefusedError:
    return ImportRefusedError(f"{reason}: {_INVALID}")


def _normalized(system: str, architecture: str, variant: str | None) -> Platform:
    """The platform in Go's words; the default variant is only kept where it was written."""
    name, found = _normalized_architecture(architecture.lower(), (variant or "").lower())
    if variant is None and (name, found) == ("arm", "v7"):
        found = ""
    if variant is not None and (name, found) == ("arm64", ""):
        found = "v8"
    return Platform(system, name, found or None)


def _normalized_architecture(architecture: str, variant: str) -> tuple[str, str]:
    if architecture == "i386":
        return "386", ""
    if architecture in ("x86_64", "x86-64", "amd64"):
        return "amd64", "" if variant == "v1" else variant
    if architecture in ("aarch64", "arm64"):
        known = {"8": "", "v8": "", "v8.0": "", "9": "v9", "9.0": "v9", "v9.0": "v9"}
        return "arm64", known.get(variant, variant)
    if architecture in ("armhf", "armel"):
        return "arm", "v7" if architecture == "armhf" else "v6"
    if architecture == "arm":
        known = {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"}
        return "arm", known.get(variant, variant)
    return architecture, variant
