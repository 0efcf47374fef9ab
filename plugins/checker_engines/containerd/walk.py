"""The walk from an index down to configs and layers (containerd 2.3, core/images, handlers.go)."""

from __future__ import annotations

from collections.abc import Callable

from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker.records import NamedTuple
from checker.typing_names import TypeVar
from checker.verdicts import Host
from checker_engines.answers.refusal import (
    BAD_INDEX,
    BAD_MANIFEST,
    Refusal,
)
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    Child,
    ImageManifest,
    check_nature,
    decode_index,
    decode_manifest,
)
from checker_engines.containerd.importer import Imported
from checker_engines.containerd.platforms import runs_on
from checker_engines.containerd.unpack import not_found
from checker_engines.golang.json import GoJsonError

_T = TypeVar("_T")
_FILTERED = "image might be filtered out"
Find = Callable[[ContentStore, str], Content | None]
"""Finds content by digest; None to skip it; raises Refusal where an engine stops."""
Keep = Callable[[Child], bool]
"""Whether a descriptor is followed."""


class FoundManifest(NamedTuple):
    """A manifest found by a walk: its descriptor and content."""

    descriptor: Child
    manifest: ImageManifest


def every(child: Child) -> bool:
    """Follow a descriptor whatever its platform."""
    del child
    return True


def keep_for(host: Host) -> Keep:
    """Follow descriptors for the platform of a host, and those without a platform."""

    def keep(child: Child) -> bool:
        return child.platform is None or runs_on(child.platform, host)

    return keep


def find_or_refuse(store: ContentStore, digest: str) -> Content | None:
    """Find content; missing content ends the walk."""
    content = store.get(digest)
    if content is None:
        raise Refusal(
            not_found(digest),
            f"{digest} is referenced, but no file in the archive has this digest: the archive is "
            "incomplete, or the file was modified",
            ("OCI007", "OCI008", "OCI009"),
        )
    return content


def read_top(index: Content) -> tuple[Child, ...]:
    """The descriptors of the index of an import.

    Raises:
        Refusal: It cannot be decoded.
    """
    try:
        return decode_index(index.raw)
    except GoJsonError as error:
        raise Refusal(
            str(error),
            f"index.json cannot be decoded: {error}",
            BAD_INDEX,
        ) from None


def walk(
    imported: Imported,
    top: tuple[Child, ...],
    find: Find,
    keep: Keep,
) -> tuple[FoundManifest, ...]:
    """Walk everything below an index.

    Args:
        imported: The content.
        top: The descriptors of its index.
        find: Finds content.
        keep: Which descriptors are followed.

    Raises:
        Refusal: A document is missing or invalid, or nothing was followed.
    """
    found: list[FoundManifest] = []
    # Each content is read once, however often it is referenced, which also bounds the depth.
    seen: set[tuple[str, str]] = set()
    pending = [child for child in reversed(top) if keep(child)]
    if not pending:
        raise Refusal(
            _FILTERED,
            "the archive has no image for the host's platform: select a platform that it has, or "
            "create the archive for this platform",
            ("ENG005",) if top else ("DKR001", "ENG005", "OCI005"),
        )
    while pending:
        descriptor = pending.pop()
        content = find(imported.store, descriptor.digest) if _is_read(descriptor) else None
        place = (descriptor.digest, descriptor.media_type)
        if content is None or place in seen:
            continue
        seen.add(place)
        _check(descriptor, content)
        if descriptor.media_type in INDEX_TYPES:
            children = _decode(decode_index, content)
        else:
            manifest = _decode(decode_manifest, content)
            found.append(FoundManifest(descriptor, manifest))
            children = (manifest.config, *manifest.layers)
        pending.extend(child for child in reversed(children) if keep(child))
    return tuple(found)


def _is_read(descriptor: Child) -> bool:
    return descriptor.media_type in INDEX_TYPES or descriptor.media_type in MANIFEST_TYPES


def _check(descriptor: Child, content: Content) -> None:
    try:
        check_nature(content.raw, descriptor.media_type)
    except GoJsonError as error:
        raise Refusal(
            f"children: invalid desc {descriptor.digest}: {error}",
            f"{descriptor.digest} does not match its media type {descriptor.media_type}: {error}",
            BAD_MANIFEST,
        ) from None


def _decode(decode: Callable[[bytes], _T], content: Content) -> _T:
    try:
        return decode(content.raw)
    except GoJsonError as error:
        raise Refusal(
            str(error),
            f"{content.digest} cannot be decoded: {error}",
            BAD_MANIFEST,
        ) from None
