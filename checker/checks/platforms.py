"""What platforms are called: Go's words for systems and machines, and when two names mean one.

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
"""The variants that have a meaning, by architecture; of others nothing is known."""

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
# What an absent variant means.
_PLAIN = {"amd64": "v1", "arm": "v7", "arm64": "v8"}


def word_of_go(word: str) -> str | None:
    """Go's word for a system or machine that goes by another name; None if none is known."""
    lowered = word.lower()
    if lowered in _USUAL_WORDS:
        return _USUAL_WORDS[lowered]
    known = lowered != word and lowered in OPERATING_SYSTEMS | ARCHITECTURES
    return lowered if known else None


def variant_of(platform: Platform) -> str:
    """The variant, spelled out where an absent one has a meaning."""
    return platform.variant or _PLAIN.get(platform.architecture, "")


def selector(platform: Platform) -> tuple[object, ...]:
    """What an engine picks an image by; alike for platforms that mean the same."""
    return (
        platform.os,
        platform.architecture,
        variant_of(platform),
        platform.os_version,
        frozenset(platform.os_features),
    )


def unknown_words(platform: Platform) -> Iterator[tuple[str, str]]:
    """Yield the fields whose word is not one of Go's, and what to say of each.

    Fields without a word are passed over.
    """
    words = (
        ("os", platform.os, OPERATING_SYSTEMS),
        ("architecture", platform.architecture, ARCHITECTURES),
        ("variant", platform.variant, VARIANTS.get(platform.architecture)),
    )
    for field, word, known in words:
        if word and known is not None and word not in known:
            better = word_of_go(word)
            hint = f'; Go\'s word is "{better}"' if better in known else ""
            yield field, f'{field} is "{word}", which engines do not know{hint}'
