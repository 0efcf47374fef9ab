"""Writes layers: byte for byte where the form allows it, else in another compression."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from checker.conversion.compressing import compressed
from checker.conversion.copying import copy_span, write_all
from checker.conversion.images import SourceLayer
from checker.conversion.records import ConversionError, ConvertedLayer, Form
from checker.conversion.sinks import Sink
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.reading.background import Background
from checker.reading.opened import OpenArchive
from checker.records import NamedTuple

_NONE, _GZIP, _ZSTD = CompressionKind.NONE, CompressionKind.GZIP, CompressionKind.ZSTD
# What each form holds as it is. Docker before 23 does not read zstd, and no media type is for
# bzip2 and xz.
_KEPT = {
    Form.DOCKER_ARCHIVE: {_NONE, _GZIP},
    Form.DOCKER_OCI_ARCHIVE: {_NONE, _GZIP},
    Form.OCI_ARCHIVE: {_NONE, _GZIP, _ZSTD},
    Form.OCI_LAYOUT: {_NONE, _GZIP, _ZSTD},
}


class WrittenBlob(NamedTuple):
    """A blob as it was written.

    Attributes:
        digest: Its digest.
        size: Its size in bytes.
    """

    digest: str
    size: int


def target_compression(
    layer: SourceLayer, form: Form, wanted: CompressionKind | None
) -> CompressionKind:
    """The compression in which a form gets a layer."""
    own = _NONE if layer.blob is None else layer.blob.compression.kind
    if wanted is not None:
        return wanted
    return own if own in _KEPT[form] else _NONE


class LayerWriter:
    """Writes each layer once, whatever images use it.

    Args:
        opened: The source.
        sink: Where files are written.
        form: The form.
        wanted: The compression that is asked for.
        name_of: The name of the file of a layer.
    """

    def __init__(
        self,
        opened: OpenArchive,
        sink: Sink,
        form: Form,
        wanted: CompressionKind | None,
    ) -> None:
        self._opened = opened
        self._sink = sink
        self._form = form
        self._wanted = wanted
        self._written: dict[tuple[int, CompressionKind], ConvertedLayer] = {}

    def write(self, layer: SourceLayer) -> ConvertedLayer:
        """Write a layer, unless it was written before.

        Raises:
            ConversionError: Its content is not there, or changed.
        """
        blob = layer.blob
        if blob is None:
            raise ConversionError(f"{layer.label} is not in the archive, only its URLs are")
        kind = target_compression(layer, self._form, self._wanted)
        key = (blob.position, kind)
        if key not in self._written:
            self._written[key] = self._write(layer, blob, kind)
        return self._written[key]

    def _write(self, layer: SourceLayer, blob: Blob, kind: CompressionKind) -> ConvertedLayer:
        is_carried = kind is blob.compression.kind
        found = WrittenBlob(blob.digest, blob.size)
        if not is_carried:
            chunks = self._checked(layer, self._opened.inflated(blob))
            found = write_hashed(self._sink.begin(), compressed(chunks, kind))
        elif not self._has(layer, found):
            write_stored(self._opened, blob, self._sink.begin())
        else:
            return ConvertedLayer(layer.diff_id, found.digest, found.size, kind, is_carried)
        self._sink.end(self.name_of(layer.diff_id, found.digest))
        return ConvertedLayer(layer.diff_id, found.digest, found.size, kind, is_carried)

    def _has(self, layer: SourceLayer, found: WrittenBlob) -> bool:
        return self._sink.has(self.name_of(layer.diff_id, found.digest))

    def name_of(self, diff_id: str, digest: str) -> str:
        """The name of the file of a layer."""
        if self._form.has_oci_layout:
            return blob_name(digest)
        return f"{diff_id.partition(':')[2]}.tar"

    def _checked(self, layer: SourceLayer, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The uncompressed layer, whose hash must still be its diffID."""
        found = hashlib.sha256()
        for chunk in chunks:
            found.update(chunk)
            yield chunk
        if f"sha256:{found.hexdigest()}" != layer.diff_id:
            raise ConversionError(f"{layer.label} changed while it was converted")


def write_stored(opened: OpenArchive, blob: Blob, target: int) -> None:
    """Copy the bytes of a blob as they are stored."""
    place = opened.span(blob)
    if place is not None:
        copy_span(place[0], place[1], target)
        return
    for chunk in opened.stored(blob):
        write_all(target, chunk)


def write_hashed(target: int, chunks: Iterator[bytes]) -> WrittenBlob:
    """Write a stream, and hash it on another thread."""
    found = hashlib.sha256()
    size = 0
    hashing = Background(found.update)
    try:
        for chunk in chunks:
            hashing.put(chunk)
            write_all(target, chunk)
            size += len(chunk)
    finally:
        hashing.close()
    return WrittenBlob(f"sha256:{found.hexdigest()}", size)


def blob_name(digest: str) -> str:
    """Where an image layout keeps a blob."""
    return f"blobs/{digest.replace(':', '/', 1)}"
