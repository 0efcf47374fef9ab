"""Platform names: the values of GOOS and GOARCH, their variants, and which names are equivalent.

Sources: OCI image-spec 1.1, image-index.md "Image Index Property Descriptions" (platform) and
"Platform Variants"; Go 1.25, internal/syslist and the settings GOARM, GOARM64, GOAMD64, GOPPC64 and
GORISCV64; containerd 2, platforms.Normalize.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from checker.model.names import Platform

OPERATING_SYSTEMS = frozenset(
    {
        *("aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js"),
        *("linux", "nacl", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows", "zos"),
    },
)
"""The values of GOOS."""

ARCHITECTURES = frozenset(
    {
        *("386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips"),
        *("mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le"),
        *("riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm"),
    },
)
"""The values of GOARCH."""

_ARM64 = {"v8", *(f"v8.{minor}" for minor in range(10)), "v9", *(f"v9.{n}" for n in range(6))}
_POWER = frozenset({"power8", "power9", "power10", "power11"})

VARIANTS = MappingProxyType(
    {
        "amd64": frozenset({"v1", "v2", "v3", "v4"}),
        "arm": frozenset({"v5", "v6", "v7", "v8"}),
        "arm64": frozenset(_ARM64),
        "ppc64": _POWER,
        "ppc64le": _POWER,
        "riscv64": frozenset({"rva20u64", "rva22u64", "rva23u64"}),
    },
)
"""The known variants, by architecture; other architectures have none that are defined."""

WINDOWS_FEATURES = frozenset({"win32k"})
"""The values of ``os.features`` for Windows."""

_USUAL_WORDS = {
    "aarch64": "arm64",
    "armhf": "arm",
    "armv7l": "arm",
    "arm64v8": "arm64",
    "arm32v7": "arm",
    "i386": "386",
    "i686": "386",
    "loongarch64": "loong64",
    "macos": "darwin",
    "win": "windows",
    "x64": "amd64",
    "x86": "386",
    "x86-64": "amd64",
    "x86_64": "amd64",
}
# The variant that an absent one means.
_PLAIN = {"amd64": "v1", "arm": "v7", "arm64": "v8"}


def go_name(word: str) -> str | None:
    """The GOOS or GOARCH value for another common name (``x86_64``); None if none is known."""
    lowered = word.lower()
    if lowered in _USUAL_WORDS:
        return _USUAL_WORDS[lowered]
    known = lowered != word and lowered in OPERATING_SYSTEMS | ARCHITECTURES
    return lowered if known else None


def variant_of(platform: Platform) -> str:
    """The variant; the default of the architecture if it is absent."""
    return platform.variant or _PLAIN.get(platform.architecture, "")


def selector(platform: Platform) -> tuple[object, ...]:
    """What an engine selects an image by; equal for equivalent platforms."""
    return (
        platform.os,
        platform.architecture,
        variant_of(platform),
        platform.os_version,
        frozenset(platform.os_features),
    )


def unknown_values(platform: Platform) -> Iterator[tuple[str, str]]:
    """Yield the fields whose value is not a known one, and a message for each.

    Fields without a value are skipped.
    """
    architecture = platform.architecture
    fields = (
        ("os", platform.os, OPERATING_SYSTEMS, "GOOS value"),
        ("architecture", architecture, ARCHITECTURES, "GOARCH value"),
        ("variant", platform.variant, VARIANTS.get(architecture), f"variant of {architecture}"),
    )
    for field, value, known, what in fields:
        if value and known is not None and value not in known:
            better = go_name(value)
            hint = f'; use "{better}"' if better in known else ""
            yield field, f'{field} "{value}" is not a known {what}{hint}'
