"""The choice of an image by platform (containers/image v5.23 and v5.39, internal/pkg/platform)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker.model.image import mapping, text
from checker.verdicts import Host
from checker_engines.containers.versions import Library

_COMPATIBLE = {"arm": ("v8", "v7", "v6", "v5"), "arm64": ("v8",)}
"""Variants of an architecture, the most capable first (``compatibility``)."""
_DETECTED = {"arm": "v7", "arm64": "v8"}
"""The variant of a usual processor; other architectures have none (getCPUVariant)."""
_ZSTD = "io.github.containers.compression.zstd"


def choose_instance(manifests: Iterable[object], host: Host, library: Library) -> str | None:
    """The digest of the image for a host; None if there is none (chooseInstance).

    Args:
        manifests: The entries of an index, as decoded.
        host: The host.
        library: The build; newer ones prefer images whose layers are compressed with zstd.
    """
    wanted = _wanted_variants(host)
    found: list[tuple[int, bool, int, str]] = []
    for number, manifest in enumerate(map(mapping, manifests)):
        rank = _rank(manifest.get("platform"), host, wanted)
        if rank is not None:
            is_zstd = library.prefers_zstd and _is_zstd(manifest)
            found.append((rank, not is_zstd, number, text(manifest.get("digest")) or ""))
    return min(found)[-1] if found else None


def _wanted_variants(host: Host) -> tuple[str, ...]:
    """The variants that the host runs, the preferred first (WantedPlatforms)."""
    detected = host.variant or _DETECTED.get(host.architecture)
    if not detected:
        return ("",)
    compatible = _COMPATIBLE.get(host.architecture, ())
    if detected not in compatible:
        return (detected, "")
    return (*compatible[compatible.index(detected) :], "")


def _rank(platform: object, host: Host, wanted: tuple[str, ...]) -> int | None:
    """The place of a platform among those wanted; none at all is last."""
    if platform is None:
        return len(wanted)
    fields = mapping(platform)
    variant = text(fields.get("variant")) or ""
    if (fields.get("os"), fields.get("architecture")) != (host.os, host.architecture):
        return None
    return wanted.index(variant) if variant in wanted else None


def _is_zstd(manifest: Mapping[str, object]) -> bool:
    return mapping(manifest.get("annotations")).get(_ZSTD) == "true"
