"""Unpacking an image's layers as containerd does (containerd 2.3, core/diff/apply)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from checker.model.compression import CompressionKind
from checker.model.entries import Entries
from checker.model.names import MediaType
from checker.model.tar import Tar
from checker.model.untrusted import utf8
from checker.model.work import Work
from checker.records import NamedTuple
from checker_engines.answers.undecided import Undecided, partly_hashed
from checker_engines.containerd.apply import ApplyError, Place, apply_layer
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import Child
from checker_engines.containerd.parents import Stack
from checker_engines.containerd.stream import (
    CONTAINERD_READS,
    drain_error,
    stream_error,
)
from checker_engines.filesystem.privileges import ROOT, Privileges
from checker_engines.golang.decompression import refused_header
from checker_engines.golang.tar import not_a_tar_error

_OCI_LAYER_PREFIX = "application/vnd.oci.image.layer."
_DOCKER_LAYERS = frozenset(
    {
        MediaType.DOCKER_LAYER,
        MediaType.DOCKER_LAYER_GZIP,
        MediaType.DOCKER_LAYER_ZSTD,
        MediaType.DOCKER_FOREIGN_LAYER,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    },
)
_UNCOMPRESSED_TYPES = frozenset({MediaType.OCI_LAYER, MediaType.OCI_FOREIGN_LAYER})
"""The media types whose content is read as a tar without detecting a compression."""
_EROFS_LAYER = "application/vnd.erofs.layer.v1"
_ENCRYPTED_TYPES = frozenset(
    {f"{MediaType.OCI_LAYER}+encrypted", f"{MediaType.OCI_LAYER_GZIP}+encrypted"}
)

_PLAIN = frozenset({CompressionKind.NONE})
_NO_TAR = Tar(Entries())


class _View(NamedTuple):
    """A layer as an unpacker reads it.

    Attributes:
        tar: Its entries.
        error: The error that ends their reading.
        late_error: The decompressor's error after the end of the tar, which is read as well
            because it is part of the digest.
        diff_id: Digest of the uncompressed bytes.
    """

    tar: Tar
    error: str | None = None
    late_error: str | None = None
    diff_id: str = ""


class UnpackError(Exception):
    """A layer cannot be unpacked.

    Args:
        message: The engine's message.
        missing: Whether the content does not exist.
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def is_layer_type(media_type: str) -> bool:
    """Whether containerd treats the media type as a layer (core/images, IsLayerType)."""
    return media_type.startswith(_OCI_LAYER_PREFIX) or media_type.partition("+")[
        0
    ] in _DOCKER_LAYERS | {_EROFS_LAYER}


class Layers:
    """The layers of an image, to be unpacked one on top of the other.

    Args:
        store: The content.
        layers: Their descriptors, base first.
    """

    def __init__(self, store: ContentStore, layers: Sequence[Child]) -> None:
        self._store = store
        self._layers = layers
        self._stack = Stack([_entries_of(store, layer) for layer in layers])

    def unpack(self, position: int, work: Work, privileges: Privileges = ROOT) -> str:
        """Unpack one layer on top of those before it.

        Args:
            position: Which one, from 0; not lower than in the calls before.
            work: What may be spent on it.
            privileges: What containerd may do.

        Returns:
            The digest of the uncompressed bytes.

        Raises:
            UnpackError: It cannot be unpacked.
            Undecided: It was not read to its end.
            OutOfWork: It is not known whether it can be unpacked.
        """
        layer = self._layers[position]
        content = self._store.get(layer.digest)
        if content is None:
            message = f"failed to get reader from content store: {not_found(layer.digest)}"
            raise UnpackError(message, missing=True)
        unread = None if content.blob is None else partly_hashed(content.blob)
        if unread is not None:
            raise Undecided(unread)
        view = _view(content, inflates=_inflates(layer.media_type))
        place = Place(self._stack, position)
        try:
            apply_layer(view.tar, view.error, work, place=place, privileges=privileges)
        except ApplyError as error:
            # The mount of the base is not an overlay, and errors under such a mount are wrapped.
            prefix = "" if position else "mount callback failed on <tmp>: "
            raise UnpackError(f"{prefix}{error}") from None
        if view.late_error is not None:
            raise UnpackError(view.late_error)
        return view.diff_id


def _entries_of(store: ContentStore, layer: Child) -> Entries:
    """The entries of a layer; none if it cannot be unpacked, which is found when it is reached."""
    content = store.get(layer.digest)
    if content is None:
        return _NO_TAR.entries
    try:
        return _view(content, inflates=_inflates(layer.media_type)).tar.entries
    except UnpackError:
        return _NO_TAR.entries


def chain_id(diff_ids: Sequence[str]) -> str:
    """The ChainID of a stack of layers (OCI image-spec 1.1, config.md)."""
    chain = diff_ids[0]
    for diff_id in diff_ids[1:]:
        chain = f"sha256:{hashlib.sha256(utf8(f'{chain} {diff_id}')).hexdigest()}"
    return chain


def not_found(digest: str) -> str:
    """The message for content that is not in the store."""
    return f"content digest {digest}: not found"


def _inflates(media_type: str) -> bool:
    """Whether a layer of this media type is decompressed (core/images, DiffCompression).

    Unknown suffixes are ignored. Of encrypted types, containerd's default configuration names a
    program that it does not install.

    Raises:
        UnpackError: The media type is unknown.
    """
    base, *suffixes = media_type.split("+")
    if media_type in _ENCRYPTED_TYPES:
        error = 'exec: "ctd-decoder": executable file not found in $PATH'
        raise UnpackError(f"failed to get stream processor for {media_type}: {error}")
    if base in _DOCKER_LAYERS:
        return not suffixes
    if base in _UNCOMPRESSED_TYPES:
        return bool(suffixes) and max(suffixes) in {"gzip", "zstd"}
    raise UnpackError(
        f"failed to get stream processor for {media_type}: no processor for media-type"
    )


def _view(content: Content, *, inflates: bool) -> _View:
    """The content as it is read for a media type."""
    blob = content.blob
    readable = CONTAINERD_READS if inflates else _PLAIN
    if blob is None or blob.tar is None or blob.compression.kind not in readable:
        return _View(_NO_TAR, not_a_tar_error(content.size))
    late_error = None
    error = stream_error(blob.compression, blob.tar, content.size, readable)
    if inflates and refused_header(blob.compression) is not None:
        return _View(_NO_TAR, error)
    if error is None:
        late_error = drain_error(blob.compression, content.size)
    return _View(blob.tar, error, late_error, blob.diff_id or content.digest)
