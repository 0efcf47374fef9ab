"""The operating system of an image as Docker 20.10 parses it.

Source: containerd as vendored in moby 20.10.24, platforms, platforms.go (Parse) and database.go.
"""

from __future__ import annotations

import re

from checker_engines.golang.fmt import quote

_COMPONENT = re.compile("[A-Za-z0-9_-]+")
_PARTS = 3
_SYSTEMS = frozenset(
    {
        *("aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "js", "linux"),
        *("macos", "nacl", "netbsd", "openbsd", "plan9", "solaris", "windows", "zos"),
    }
)
_ARCHITECTURES = frozenset(
    {
        *("386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le"),
        *("mips", "mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "riscv"),
        *("riscv64", "s390", "s390x", "sparc", "sparc64", "wasm"),
        *("i386", "x86_64", "x86-64", "aarch64", "armhf", "armel"),
    }
)


def platform_error(specifier: str) -> str | None:
    """The error of parsing ``os``, ``os/architecture`` or ``os/architecture/variant``."""
    found = _error(specifier)
    return None if found is None else f"{found}: invalid argument"


def _error(specifier: str) -> str | None:
    if "*" in specifier:
        return f"{quote(specifier)}: wildcards not yet supported"
    parts = specifier.split("/")
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            return (
                f"{quote(part)} is an invalid component of {quote(specifier)}: platform specifier "
                'component must match "^[A-Za-z0-9_-]+$"'
            )
    if len(parts) == 1 and specifier.lower() not in _SYSTEMS | _ARCHITECTURES:
        return f"{quote(specifier)}: unknown operating system or architecture"
    if len(parts) > _PARTS:
        return f"{quote(specifier)}: cannot parse platform specifier"
    return None
