"""containerd's importer: an archive into content, and an index of the images in it.

It reads the tar once, from the start (containerd 2.3, core/images/archive/importer.go,
ImportIndex). An OCI layout takes precedence over ``manifest.json``; both are decoded if present.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.entries import REGULAR, SYMLINK, Entries
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.limits import LimitReached
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
from checker.records import NamedTuple
from checker.verdicts import Host
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_MANIFEST_JSON,
    DAMAGED,
    NO_IMAGE,
    NOT_EXTRACTED,
    Refusal,
)
from checker_engines.answers.undecided import Undecided, unread_of
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    DockerItem,
    decode_docker_items,
    decode_layout_version,
    decode_platform,
)
from checker_engines.containerd.images import normalized
from checker_engines.containerd.platforms import normalize
from checker_engines.filesystem.content import content_error
from checker_engines.golang.decompression import refused_header
from checker_engines.golang.fmt import is_utf8, quote
from checker_engines.golang.json import GoJsonError
from checker_engines.golang.tar import UNEXPECTED_EOF

LAYOUT_VERSION = "1.0.0"
_COMPRESSED = frozenset({CompressionKind.GZIP, CompressionKind.ZSTD})
PlatformOf = Callable[[bytes], Platform]
"""Reads the platform of a config."""
_CUT = "the archive ends within a file: get a complete copy"
_DECODED = frozenset({OCI_LAYOUT, MANIFEST_JSON})


class Imported(NamedTuple):
    """The result of an import.

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
    """Import an archive into a content store.

    Args:
        archive: The facts.
        host: Where the engine runs.
        error_at_end: The error that ends the reading of the stream.
        remote: Whether content is sent over containerd's API, which accepts UTF-8 names only.
        platform_of: Decodes the platform that a config names, or raises GoJsonError.

    Raises:
        Refusal: The importer returns an error.
    """
    reading = _Reading(archive, remote=remote)
    reading.run(error_at_end)
    if reading.layout_version:
        return Imported(reading.store, reading.oci_index())
    items = reading.items
    if items is None and reading.has_items:
        raise Refusal(
            "unrecognized image format",
            "manifest.json contains null, which containerd takes for no manifest.json",
            BAD_MANIFEST_JSON,
        )
    if items is None:
        raise Refusal(
            "unrecognized image format",
            "its top level has neither oci-layout nor manifest.json, so containerd does not accept "
            "it as an image archive; use `docker import` for a root filesystem",
            NO_IMAGE,
        )
    reading.follow_symlinks()
    return Imported(reading.store, _docker_index(reading, items, host, platform_of))


class _Reading:
    """One pass over the members."""

    def __init__(self, archive: Archive, *, remote: bool) -> None:
        self._archive = archive
        self._unread_rest = unread_of(archive)
        self._remote = remote
        self._last = len(archive.entries) - 1
        self._symlinks: dict[str, str] = {}
        self.store = ContentStore()
        self.blobs: dict[str, Content] = {}
        self._unread: dict[str, LimitReached] = {}
        self.layout_version = ""
        self.items: list[DockerItem] | None = None
        self.has_items = False

    def run(self, error_at_end: str | None) -> None:
        """Add every member, then raise the error that ends the reading, if any."""
        archive = self._archive
        entries = archive.entries if refused_header(archive.compression) is None else Entries()
        for position in entries.of_kind(REGULAR, SYMLINK):
            name = entries.name(position)
            if entries.kinds[position] == ord(SYMLINK):
                # Go's path.Join ignores the slash that an absolute target begins with.
                target = f"{posixpath.dirname(name) or '.'}/{entries.linknames.get(position, '')}"
                self._symlinks[name] = clean(target)
            elif not self._is_unneeded(position, name):
                self._take(position, name)
        if error_at_end is not None:
            reason = "the archive cannot be read to its end: get an intact copy"
            raise Refusal(error_at_end, reason, DAMAGED)

    def _is_unneeded(self, position: int, name: str) -> bool:
        """Whether a file surely changes nothing, like nearly all of a root filesystem."""
        return (
            position not in self._archive.members.blobs
            and self._unread_rest is None
            and position != self._last
            and self._archive.entries.paths[position] not in _DECODED
            and position not in self._archive.entries.sparse
            and name.isascii()
        )

    def _take(self, position: int, name: str) -> None:
        blob = self._archive.members.blobs.get(position)
        # Nearly all names are clean: the path of the entry is the name then.
        path = clean(name) if self._archive.entries.spellings[position] else name
        unread = self._unread_rest
        if blob is None and unread is not None:
            self.store.note_unread(unread)
            self._unread[path] = unread
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
        unread = self._unread_rest
        if blob is None and unread is not None:
            raise Undecided(unread)
        raw = b"" if blob is None else Content("", 0, blob).raw
        try:
            take(raw)
        except GoJsonError as error:
            path = self._archive.entries.paths[position]
            raise Refusal(
                f"{doing}: {error}",
                f"{path} cannot be decoded, and it is read even if it is not needed: {error}",
                ("DKR001", "OCI002"),
            ) from None

    def _take_layout(self, raw: bytes) -> None:
        self.layout_version = decode_layout_version(raw, self.layout_version)

    def _take_manifest(self, raw: bytes) -> None:
        self.items = decode_docker_items(raw, self.items)
        self.has_items = True

    def _check_ingest(self, position: int, name: str, path: str) -> None:
        if self._remote and not is_utf8(path):
            raise Refusal(
                f"failed to ingest {quote(name)}: failed to open writer: grpc: error while "
                "marshaling: string field contains invalid UTF-8",
                "the name of a member is not UTF-8, and Docker cannot send it to containerd: "
                "rename the member",
                ("ARC016",),
            )
        error = content_error(self._archive.entries, position)
        if error is not None:
            raise Refusal(
                f"failed to ingest {quote(name)}: failed to copy: {error}",
                f"the content of the sparse file {name!r} does not fit its map, and all members "
                "are read: store it as an ordinary file",
                ("ARC011",),
            )
        if position != self._last:
            return
        there = self._cut_after(position)
        if there is not None:
            size = self._archive.entries.sizes[position]
            raise Refusal(
                f"failed to ingest {quote(name)}: short read: expected {size} bytes but got "
                f"{there}: {UNEXPECTED_EOF}",
                _CUT,
                ("ARC004",),
            )

    def _cut_after(self, position: int) -> int | None:
        """The bytes of content before the archive ends within it."""
        tar = self._archive.tar
        fatal = tar.fatal
        if fatal is None or fatal.kind is not AnomalyKind.TRUNCATED_CONTENT:
            return None
        if self._archive.compression.error is not None:
            return None
        return max(0, tar.size - tar.entries.content(position).offset)

    def find(self, path: str) -> Content | None:
        """The content of a member.

        Raises:
            Undecided: It was not read.
        """
        content = self.blobs.get(path)
        if content is None and path in self._unread:
            raise Undecided(self._unread[path])
        return content

    def oci_index(self) -> Content:
        """The index of an OCI layout."""
        if self.layout_version != LAYOUT_VERSION:
            raise Refusal(
                f"unsupported OCI version {self.layout_version}",
                f"oci-layout has version {self.layout_version}, but containerd supports only "
                f"{LAYOUT_VERSION}",
                ("OCI003",),
            )
        index = self.find(INDEX_JSON)
        if index is None:
            raise Refusal(
                f"missing {INDEX_JSON} in OCI layout {LAYOUT_VERSION}",
                "the archive has an oci-layout file, but no index.json",
                ("OCI004",),
            )
        return index

    def follow_symlinks(self) -> None:
        """Resolve each symlink to the content of its target.

        The order is that of a Go map, so a link to a link works by chance: it is followed here.
        """
        for name, target in self._symlinks.items():
            found = self.find(self._end_of(target))
            if found is None:
                raise Refusal(
                    f"no target for symlink layer from {quote(name)} to {quote(target)}",
                    f"{name} is a symlink to {target}, which is not in the archive; containerd "
                    "requires every symlink to resolve to a file in it: remove the link or add the "
                    "file",
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
    """The index that the importer creates from ``manifest.json``."""
    descriptors: list[dict[str, object]] = []
    for item in items:
        config = reading.find(item.config)
        if config is None:
            raise Refusal(
                f"image config {quote(item.config)} not found",
                f"manifest.json lists the config {item.config}, but the archive has no file with "
                "exactly this name",
                ("DKR001", "DKR002", "DKR008", "CFG001"),
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
        content = reading.find(path)
        if content is None:
            raise Refusal(
                f"failed to resolve layers: layer {quote(path)} not found",
                f"manifest.json lists the layer {path}, but the archive has no regular file with "
                "exactly this name",
                ("DKR001", "DKR003", "DKR008", *NOT_EXTRACTED),
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
            f"the config, from which containerd reads the platform, cannot be decoded: {error}",
            BAD_CONFIG,
        ) from None
    return {
        "os": platform.os,
        "architecture": platform.architecture,
        "variant": platform.variant,
    }


def _named(descriptor: dict[str, object], item: DockerItem) -> Iterator[dict[str, object]]:
    """The descriptor once for each name, or once without a name."""
    if not item.tags:
        yield descriptor
    for tag in item.tags:
        try:
            reference = parse_reference(tag)
        except InvalidReferenceError as error:
            raise Refusal(
                f"normalize image ref {quote(tag)}: {error}",
                f"manifest.json lists the name {tag!r}, which is not a valid reference",
                ("DKR005",),
            ) from None
        name = normalized(reference)
        version = name[len(f"{reference.domain}/{reference.path}:") :]
        annotations = {CONTAINERD_NAME: name, REF_NAME: version}
        yield {**descriptor, "annotations": annotations}


def _describe(content: Content, media_type: MediaType) -> dict[str, object]:
    return {"mediaType": media_type, "digest": content.digest, "size": content.size}


def clean(name: str) -> str:
    """A name as Go's ``path.Clean`` returns it."""
    path = posixpath.normpath(name) if name else "."
    return path[1:] if path.startswith("//") else path
