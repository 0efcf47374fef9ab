"""Platforms as containerd compares them (github.com/containerd/platforms 1.0, Normalize)."""

from __future__ import annotations

from checker.model.names import Platform
from checker.verdicts import Host

_ARCHITECTURES = {
    "i386": ("386", ""),
    "x86_64": ("amd64", None),
    "x86-64": ("amd64", None),
    "aarch64": ("arm64", None),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
# The default variant of an architecture is omitted.
_VARIANTS = {
    ("amd64", "v1"): "",
    ("arm64", "8"): "",
    ("arm64", "v8"): "",
    ("arm", ""): "v7",
    ("arm", "5"): "v5",
    ("arm", "6"): "v6",
    ("arm", "7"): "v7",
    ("arm", "8"): "v8",
}
_ARM = (("arm", "v7"), ("arm", "v6"), ("arm", "v5"))
# What runs on a host, best first (platformVector).
_SUITED = {
    "amd64": (("amd64", "v3"), ("amd64", "v2"), ("amd64", ""), ("386", "")),
    "arm64": (("arm64", ""), ("arm", "v8"), *_ARM),
    "arm": _ARM,
}


def normalize(platform: Platform, host: Host) -> Platform:
    """The platform in normalized spelling; an empty OS means the host's."""
    os = platform.os.lower() or host.os
    architecture, forced = _ARCHITECTURES.get(
        platform.architecture.lower(),
        (platform.architecture.lower(), None),
    )
    variant = (platform.variant or "").lower() if forced is None else forced
    return platform._replace(
        os="darwin" if os == "macos" else os,
        architecture=architecture,
        variant=_VARIANTS.get((architecture, variant), variant),
    )


def runs_on(platform: Platform, host: Host) -> bool:
    """Whether a platform matches the host in OS, architecture and variant."""
    wanted = normalize(host.platform, host)
    found = normalize(platform, host)
    return not found.os_features and (found.os, found.architecture, found.variant) == (
        wanted.os,
        wanted.architecture,
        wanted.variant,
    )


def preference(platform: Platform, host: Host) -> int | None:
    """How well a platform suits the host, 0 best; None if it does not run there (Only).

    The processor of an amd64 host is assumed to have the features of x86-64-v3, if its variant is
    not known.
    """
    found = normalize(platform, host)
    suited = _suited(host)
    place = (found.architecture, found.variant or "")
    if found.os != host.os or found.os_features or place not in suited:
        return None
    return suited.index(place)


def _suited(host: Host) -> tuple[tuple[str, str], ...]:
    """What runs on a host, best first."""
    suited = _SUITED.get(host.architecture, ((host.architecture, ""),))
    if not host.variant:
        return suited
    own = (host.architecture, normalize(host.platform, host).variant or "")
    return suited[suited.index(own) :] if own in suited else (own, *suited)
