"""containerd's importer: an archive into content, and an index of the images in it.

It reads the tar once, from the front (containerd 2.3, core/images/archive/importer.go,
ImportIndex). A layout of OCI wins over ``manifest.json``; both are decoded where they are there.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import REGULAR, SYMLINK
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.names import (
    INDEX_JSON,
    MANIFEST_JSON,
    OCI_LAYOUT,
    InvalidReferenceError,
    MediaType,
    Platform,
    parse_reference,
)
from checker.model.tar import AnomalyKind
from checker.verdicts import Host
from checker_engines.answers.refusal import DAMAGED, NO_IMAGE, Refusal
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    DockerItem,
    decode_docker_items,
    decode_layout_version,
    decode_platform,
)
from checker_engines.containerd.platforms import normalize
from checker_engines.golang.fmt import is_utf8, quote
from checker_engines.golang.json import GoJsonError
from checker_engines.golang.tar import UNEXPECTED_EOF

LAYOUT_VERSION = "1.0.0"
_COMPRESSED = frozenset({CompressionKind.GZIP, CompressionKind.ZSTD})
PlatformOf = Callable[[bytes], Platform]
"""Reads the platform of a config."""
_CUT = "the archive ends in the middle of a file: get a whole copy of it"


class Imported(NamedTuple):
    """What an import left behind.

    Attributes:
        store: All content.
        top: The index of the images.
    """

    store: ContentStore
    top: Content


def import_index(
    archive: Archive,
    host: Host,
    error_at_end: str | None,
    *,
    remote: bool,
    platform_of: PlatformOf = decode_platform,
) -> Imported:
    """Read an archive into a store.

    Args:
        archive: The facts.
        host: Where the engine runs.
        error_at_end: What reading the stream ends with.
        remote: Whether content goes to containerd over its API, which takes names in UTF-8 alone.
        platform_of: Decodes the platform that a config names, or raises GoJsonError.

    Raises:
        Refusal: The importer returns an error.
    """
    reading = _Reading(archive, remote=remote)
    reading.run(error_at_end)
    if reading.layout_version:
        return Imported(reading.store, reading.oci_index())
    items = reading.items
    if items is None:
        raise Refusal(
            "unrecognized image format",
            "there is no oci-layout and no manifest.json at its root, so it is no image archive "
            "for containerd; a root filesystem is taken by `docker import`",
            NO_IMAGE,
        )
    reading.follow_symlinks()
    return Imported(reading.store, _docker_index(reading, items, host, platform_of))


class _Reading:
    """One pass over the members."""

    def __init__(self, archive: Archive, *, remote: bool) -> None:
        self._archive = archive
        self._remote = remote
        self._symlinks: dict[str, str] = {}
        self.store = ContentStore()
        self.blobs: dict[str, Content] = {}
        self.layout_version = ""
        self.items: list[DockerItem] | None = None

    def run(self, error_at_end: str | None) -> None:
        """Take every member, then the fault that ends the reading, if there is one."""
        entries = self._archive.entries
        for position in entries.of_kind(REGULAR, SYMLINK):
            name = entries.name(position)
            if entries.kinds[position] == ord(SYMLINK):
                # Go joins a target that begins with a slash as if it did not.
                target = f"{posixpath.dirname(name) or '.'}/{entries.linknames.get(position, '')}"
                self._symlinks[name] = clean(target)
            else:
                self._take(position, name)
        if error_at_end is not None:
            reason = "the archive cannot be read to its end: get a sound copy"
            raise Refusal(error_at_end, reason, DAMAGED)

    def _take(self, position: int, name: str) -> None:
        blob = self._archive.members.blobs.get(position)
        path = clean(name)
        if path == OCI_LAYOUT:
            self._decode(f"untar oci layout {quote(name)}", position, self._take_layout)
        elif path == MANIFEST_JSON:
            self._decode(f"untar manifest {quote(name)}", position, self._take_manifest)
        else:
            self._check_ingest(position, name, path)
            if blob is not None:
                self.blobs[path] = self.store.ingest(blob)

    def _decode(self, doing: str, position: int, take: Callable[[bytes], None]) -> None:
        blob = self._archive.members.blobs.get(position)
        raw = b"" if blob is None else Content("", 0, blob).raw
        try:
            take(raw)
        except GoJsonError as error:
            path = self._archive.entries.paths[position]
            raise Refusal(
                f"{doing}: {error}",
                f"{path} is read whenever it is there, and it cannot be decoded: {error}",
                ("DKR001", "OCI002"),
            ) from None

    def _take_layout(self, raw: bytes) -> None:
        self.layout_version = decode_layout_version(raw, self.layout_version)

    def _take_manifest(self, raw: bytes) -> None:
        self.items = decode_docker_items(raw, self.items)

    def _check_ingest(self, position: int, name: str, path: str) -> None:
        doing = f"failed to ingest {quote(name)}"
        if self._remote and not is_utf8(path):
            raise Refusal(
                f"{doing}: failed to open writer: grpc: error while marshaling: string field "
                "contains invalid UTF-8",
                "the name of a member is not UTF-8, and Docker cannot pass it on to containerd: "
                "rename it",
                ("ARC016",),
            )
        there = self._cut_after(position)
        if there is not None:
            size = self._archive.entries.sizes[position]
            raise Refusal(
                f"{doing}: short read: expected {size} bytes but got {there}: {UNEXPECTED_EOF}",
                _CUT,
                ("ARC004",),
            )

    def _cut_after(self, position: int) -> int | None:
        """The bytes of content before the archive ends in the middle of it."""
        tar = self._archive.tar
        fatal = tar.fatal
        if fatal is None or fatal.kind is not AnomalyKind.TRUNCATED_CONTENT:
            return None
        if position != len(tar.entries) - 1 or self._archive.compression.error is not None:
            return None
        return max(0, tar.size - tar.entries.content(position).offset)

    def oci_index(self) -> Content:
        """The index of an OCI layout."""
        if self.layout_version != LAYOUT_VERSION:
            raise Refusal(
                f"unsupported OCI version {self.layout_version}",
                f"oci-layout says version {self.layout_version}, and containerd knows "
                f"{LAYOUT_VERSION} alone",
                ("OCI003",),
            )
        index = self.blobs.get(INDEX_JSON)
        if index is None:
            raise Refusal(
                f"missing {INDEX_JSON} in OCI layout {LAYOUT_VERSION}",
                "there is an oci-layout, but no index.json beside it that says what is in it",
                ("OCI004",),
            )
        return index

    def follow_symlinks(self) -> None:
        """Give each symlink the content of its target.

        The order is that of a Go map, so a link to a link works by luck: it is followed here.
        """
        for name, target in self._symlinks.items():
            found = self.blobs.get(self._end_of(target))
            if found is None:
                raise Refusal(
                    f"no target for symlink layer from {quote(name)} to {quote(target)}",
                    f"containerd wants every symlink of the archive to lead to a file in it, and "
                    f"{name} leads to {target}: remove the link, or put the file there",
                    ("DKR003", "DKR018", "ARC009"),
                )
            self.blobs[name] = found

    def _end_of(self, target: str) -> str:
        for _ in range(len(self._symlinks)):
            if target in self.blobs or target not in self._symlinks:
                break
            target = self._symlinks[target]
        return target


def _docker_index(
    reading: _Reading, items: list[DockerItem], host: Host, platform_of: PlatformOf
) -> Content:
    """The index that the importer makes of ``manifest.json``."""
    descriptors: list[dict[str, object]] = []
    for item in items:
        config = reading.blobs.get(item.config)
        if config is None:
            raise Refusal(
                f"image config {quote(item.config)} not found",
                f"manifest.json names the config {item.config}, and no file of the archive is "
                "called exactly that",
                ("DKR001", "DKR002", "DKR008"),
            )
        layers = list(_layers(reading, item))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MediaType.DOCKER_MANIFEST,
            "config": _describe(config, MediaType.DOCKER_CONFIG),
            "layers": layers,
        }
        made = reading.store.make(json.dumps(manifest).encode())
        descriptor = _describe(made, MediaType.DOCKER_MANIFEST)
        descriptor["platform"] = _platform(config, host, platform_of)
        descriptors.extend(_named(descriptor, item))
    index = {"schemaVersion": 2, "manifests": descriptors}
    return reading.store.make(json.dumps(index).encode())


def _layers(reading: _Reading, item: DockerItem) -> Iterator[dict[str, object]]:
    for path in item.layers:
        content = reading.blobs.get(path)
        if content is None:
            raise Refusal(
                f"failed to resolve layers: layer {quote(path)} not found",
                f"manifest.json names the layer {path}, and no regular file of the archive is "
                "called exactly that",
                ("DKR003", "DKR008"),
            )
        yield _describe(content, _layer_type(content.blob))


def _layer_type(blob: Blob | None) -> MediaType:
    if blob is not None and blob.compression.kind in _COMPRESSED:
        return MediaType.DOCKER_LAYER_GZIP
    return MediaType.DOCKER_LAYER


def _platform(config: Content, host: Host, platform_of: PlatformOf) -> dict[str, object]:
    try:
        platform = normalize(platform_of(config.raw), host)
    except GoJsonError as error:
        raise Refusal(
            f"unable to resolve platform: {error}",
            f"the config cannot be decoded, and containerd reads the platform from it: {error}",
            ("CFG001",),
        ) from None
    return {
        "os": platform.os,
        "architecture": platform.architecture,
        "variant": platform.variant,
    }


def _named(descriptor: dict[str, object], item: DockerItem) -> Iterator[dict[str, object]]:
    """The descriptor once for each name, or once without."""
    if not item.tags:
        yield descriptor
    for tag in item.tags:
        try:
            reference = parse_reference(tag)
        except InvalidReferenceError as error:
            raise Refusal(
                f"normalize image ref {quote(tag)}: {error}",
                f"manifest.json gives the image the name {tag!r}, which is no valid reference",
                ("DKR005",),
            ) from None
        # Of a tag and a digest the digest stays (distribution/reference, ParseDockerRef).
        version = f"@{reference.digest}" if reference.digest else f":{reference.tag or 'latest'}"
        yield {
            **descriptor,
            "annotations": {
                CONTAINERD_NAME: f"{reference.domain}/{reference.path}{version}",
                REF_NAME: version[1:],
            },
        }


def _describe(content: Content, media_type: MediaType) -> dict[str, object]:
    return {"mediaType": media_type, "digest": content.digest, "size": content.size}


def clean(name: str) -> str:
    """What Go's ``path.Clean`` makes of a name."""
    path = posixpath.normpath(name) if name else "."
    return path[1:] if path.startswith("//") else path
