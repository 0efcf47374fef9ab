"""A root filesystem as an image of one layer, and as a flat root without what surrounds it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from checker.conversion.compressing import compressed
from checker.conversion.copying import copy_span, write_chunks
from checker.conversion.documents import (
    LAYOUT,
    MadeBlob,
    encoded,
    layer_descriptor,
    made_index,
    made_manifest,
    platform_object,
)
from checker.conversion.layers import blob_name, write_hashed
from checker.conversion.naming import annotations_of, check_reference
from checker.conversion.records import (
    ConversionError,
    ConvertedImage,
    ConvertedLayer,
    Request,
    RootSettings,
    Written,
)
from checker.conversion.rootfs import RootWriter, is_usual_root
from checker.conversion.sinks import Sink, add
from checker.model.archive import Archive, Source
from checker.model.compression import CompressionKind
from checker.model.entries import Span
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT
from checker.model.tar import AnomalyKind
from checker.reading.background import Background
from checker.reading.opened import OpenArchive, TarBytes, entries_below
from checker.records import NamedTuple

_END = 1024
_NONE = CompressionKind.NONE


class RootBytes(NamedTuple):
    """The tar of a root filesystem that can be carried over.

    Attributes:
        data: Its bytes, without what follows its end.
        entries: The number of its entries.
    """

    data: TarBytes
    entries: int


def check_root(archive: Archive) -> None:
    """Make sure that all of a root filesystem is there.

    Raises:
        ConversionError: A part of it is damaged or was not read.
    """
    if archive.limits:
        reached = archive.limits[0]
        raise ConversionError(
            f"it was not read whole: limit {reached.limit} ({reached.what}); raise it with "
            f"--limit {reached.limit}=VALUE"
        )
    unread = archive.tar.of_kind(AnomalyKind.UNREADABLE_FILE, AnomalyKind.UNLISTED_DIRECTORY)
    if unread:
        raise ConversionError(f"{unread[0].name} cannot be read: {unread[0].detail}")
    fatal = archive.tar.fatal
    if fatal is not None:
        raise ConversionError(f"it is damaged at byte {fatal.offset}: {fatal.detail}")
    compression = archive.compression
    if compression.error is not None or compression.truncated:
        problem = compression.error or "the compressed data ends early"
        raise ConversionError(f"it is damaged: {problem}")


def write_root(opened: OpenArchive, target: int, request: Request) -> int:
    """Write a root filesystem as a flat tar.

    Args:
        opened: The source.
        target: Descriptor of the file to write, at its position.
        request: What is asked for.

    Returns:
        The number of entries.

    Raises:
        ConversionError: It is damaged.
    """
    check_root(opened.archive)
    if opened.archive.source is Source.DIRECTORY:
        return _pack(opened, target, request.epoch or 0)
    if opened.directory:
        return _write_below(opened, target, request.epoch or 0)
    whole = _carried(opened)
    copy_span(whole.data.file, whole.data.part, target)
    _end(opened, target)
    return whole.entries


def _carried(opened: OpenArchive) -> RootBytes:
    """The bytes of the tar, up to the end of the archive."""
    data = opened.tar_bytes()
    end = opened.archive.tar.end
    if end is not None:
        length = min(data.part.length, end + _END)
        data = data._replace(part=Span(data.part.offset, length))
    return RootBytes(data, len(opened.archive.entries.by_path))


def _end(opened: OpenArchive, target: int) -> None:
    """Write the end of the archive where the source lacks it, padding first."""
    tar = opened.archive.tar
    if tar.end is None:
        write_chunks(target, (bytes(-tar.size % 512), bytes(_END)))


def _pack(opened: OpenArchive, target: int, mtime: int) -> int:
    """Write the files of a directory as a tar."""
    entries = opened.archive.entries
    writer = RootWriter(target, mtime)
    for path in sorted(entries.by_path, key=lambda path: path.split("/")):
        position = entries.by_path[path]
        if path or not is_usual_root(entries, position):
            writer.add_file(path, entries, position, opened.member(position))
    return writer.finish()


def _write_below(opened: OpenArchive, target: int, mtime: int) -> int:
    """Write the content of a directory as if that were the top."""
    entries = opened.entries
    found, positions = entries_below(entries, opened.directory)
    source = opened.tar_bytes()
    writer = RootWriter(target, mtime)
    for number, position in enumerate(positions):
        path = found.paths[number]
        if not path or (path not in found.by_path and not is_usual_root(entries, position)):
            continue
        link = found.linknames.get(number)
        if chr(found.kinds[number]) == "1" and link is not None:
            writer.add_link(path, found, number, link)
        else:
            writer.add(path, entries, position, source)
    return writer.finish()


def write_root_image(request: Request, root: RootSettings, sink: Sink, layer: TarBytes) -> Written:
    """Write a root filesystem as an image of one layer.

    Args:
        root: The settings of the image.
        request: What is asked for.
        sink: Where files are written.
        layer: The root as a tar.

    Raises:
        ConversionError: It is damaged.
    """
    diff_id = _digest_of(layer.chunks())
    kind = request.compression or _NONE
    config = root_config(root, request.epoch, diff_id)
    names = () if request.ref is None else (check_reference(request.ref),)
    written = _write_layer(layer, diff_id, kind, request, sink)
    image = ConvertedImage(names, MadeBlob(config, "").digest, None, root.platform, (written,))
    if not request.form.has_oci_layout:
        name = f"{image.id.partition(':')[2]}.json"
        add(sink, name, config)
        item = _item(image, name, _plain_name(diff_id))
        add(sink, MANIFEST_JSON, encoded([item]))
        return Written((image,), ())
    return Written((_write_layout(image, config, request, sink),), ())


def _write_layer(
    layer: TarBytes, diff_id: str, kind: CompressionKind, request: Request, sink: Sink
) -> ConvertedLayer:
    is_layout = request.form.has_oci_layout
    if kind is _NONE:
        copy_span(layer.file, layer.part, sink.begin())
        sink.end(blob_name(diff_id) if is_layout else _plain_name(diff_id))
        return ConvertedLayer(diff_id, diff_id, layer.part.length, kind, True)
    found = write_hashed(sink.begin(), compressed(layer.chunks(), kind))
    sink.end(blob_name(found.digest) if is_layout else _plain_name(diff_id))
    return ConvertedLayer(diff_id, found.digest, found.size, kind, False)


def _plain_name(diff_id: str) -> str:
    return f"{diff_id.partition(':')[2]}.tar"


def _item(image: ConvertedImage, config: str, layer: str) -> dict[str, object]:
    return {"Config": config, "RepoTags": list(image.names) or None, "Layers": [layer]}


def _write_layout(
    image: ConvertedImage, config: bytes, request: Request, sink: Sink
) -> ConvertedImage:
    descriptors = [layer_descriptor(layer, {}) for layer in image.layers]
    manifest = made_manifest(config, descriptors, {})
    descriptor = manifest.descriptor()
    if image.platform is not None:
        descriptor["platform"] = platform_object(image.platform)
    (annotations,) = annotations_of([image.names])
    add(sink, OCI_LAYOUT, LAYOUT)
    add(sink, blob_name(image.id), config)
    add(sink, blob_name(manifest.digest), manifest.data)
    named = [{**descriptor, "annotations": each} for each in annotations] or [descriptor]
    add(sink, INDEX_JSON, made_index(named))
    if request.form.has_manifest_json:
        item = _item(image, blob_name(image.id), blob_name(image.layers[0].digest))
        add(sink, MANIFEST_JSON, encoded([item]))
    return image._replace(digest=manifest.digest)


def root_config(root: RootSettings, epoch: int | None, diff_id: str) -> bytes:
    """The config of an image with one layer, as ``docker import`` makes it."""
    created = _time(epoch)
    config: dict[str, object] = {
        "created": created,
        **platform_object(root.platform),
        "config": dict(root.config),
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": created, "comment": root.comment}],
    }
    return encoded(config)


def _time(epoch: int | None) -> str:
    """A time as RFC 3339 has it; the present one without SOURCE_DATE_EPOCH."""
    found = dt.datetime.now(dt.UTC) if epoch is None else dt.datetime.fromtimestamp(epoch, dt.UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest_of(chunks: Iterator[bytes]) -> str:
    found = hashlib.sha256()
    hashing = Background(found.update)
    try:
        for chunk in chunks:
            hashing.put(chunk)
    finally:
        hashing.close()
    return f"sha256:{found.hexdigest()}"
