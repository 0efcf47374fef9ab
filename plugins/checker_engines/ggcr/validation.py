"""Whether an image is well-formed (go-containerregistry v0.22, pkg/v1/validate).

Layers, config and manifest are validated one after the other; the errors of all three are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from checker.model.compression import Compression, CompressionKind
from checker.model.entries import Entries
from checker.model.names import MediaType
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    LAYER_DAMAGED,
    OTHER_LAYER,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.ggcr.tarball import HashRefusal, Layer, Tarball, parse_digests
from checker_engines.golang.fmt import quote
from checker_engines.golang.gzip import GZIP_HEADER_BYTES, INVALID_GZIP_HEADER, inflating_error
from checker_engines.golang.tar import UNEXPECTED_EOF, not_a_tar_error, tar_error

_LAYER_TYPES: frozenset[object] = frozenset(
    {
        MediaType.OCI_LAYER,
        MediaType.OCI_LAYER_GZIP,
        MediaType.OCI_LAYER_ZSTD,
        MediaType.OCI_FOREIGN_LAYER,
        MediaType.OCI_FOREIGN_LAYER_GZIP,
        MediaType.DOCKER_LAYER,
        MediaType.DOCKER_LAYER_GZIP,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
    }
)
"""The media types of layers (pkg/v1/types, IsLayer)."""


def validate(image: Tarball) -> None:
    """Validate an image.

    Raises:
        Refusal: It is not well-formed.
    """
    steps: tuple[tuple[str, Callable[[Tarball], None]], ...] = (
        ("layers", _validate_layers),
        ("config", _validate_config),
        ("manifest", _validate_manifest),
    )
    refusals = [refusal for name, step in steps if (refusal := _refusal_of(name, step, image))]
    if refusals:
        message = "\n\n".join(refusal.message for refusal in refusals)
        raise Refusal(message, refusals[0].reason, refusals[0].rules)


def _refusal_of(name: str, step: Callable[[Tarball], None], image: Tarball) -> Refusal | None:
    try:
        step(image)
    except Refusal as refusal:
        message = f"validating {name}: {refusal.message}"
        return Refusal(message, refusal.reason, refusal.rules)
    return None


def _validate_manifest(image: Tarball) -> None:
    _make_manifest(image)
    if not image.is_compressed:
        parse_digests(image.layers())


def _make_manifest(image: Tarball) -> None:
    """The manifest is made of the layers, whose bytes are all read for it."""
    if image.is_compressed:
        _parse_compressed(image)
        return
    for layer in image.layers():
        if layer.cut is not None and layer.source is None:
            reason = f"{layer.path} is cut off: get an intact copy of the archive"
            raise Refusal(layer.cut, reason, ("ARC004",))


def _parse_compressed(image: Tarball) -> None:
    """Parse the manifest of compressed layers.

    It is made once: after an error its first part is used, which is sound.
    """
    try:
        image.layers()
    except HashRefusal:
        raise
    except Refusal:
        return


def _validate_config(image: Tarball) -> None:
    _make_manifest(image)
    rootfs_type = image.config().rootfs_type
    if rootfs_type != "layers":
        raise Refusal(
            f'invalid ConfigFile.RootFS.Type: {quote(rootfs_type)} != "layers"',
            f"the config has the rootfs.type {rootfs_type!r}, which must be 'layers'",
            ("CFG001", "CFG002"),
        )


def _validate_layers(image: Tarball) -> None:
    layers = image.layers()
    for number, layer in enumerate(layers):
        if _is_layer(layer):
            _compute(image, number, layer)
    diff_ids = image.config().diff_ids
    errors = [
        error
        for number, layer in enumerate(layers)
        for error in _mismatches(image, number, layer, diff_ids)
    ]
    if image.is_compressed:
        errors.extend(_other_diff_ids(layers, diff_ids))
    if errors:
        reason = "the content of a layer does not hash to the diffID of the config"
        raise Refusal("\n".join(errors), reason, OTHER_LAYER)


def _is_layer(layer: Layer) -> bool:
    return layer.source is None or layer.source.get("mediaType") in _LAYER_TYPES


def _compute(image: Tarball, number: int, layer: Layer) -> None:
    """Read a layer as gzip and as a tar (computeLayer)."""
    error = _reading_error(image, layer)
    if error is None:
        return
    if error == UNEXPECTED_EOF:
        error = f"undersized layer[{number}] content"
        if layer.cut is None:
            size = 0 if layer.blob is None else layer.blob.size
            error += f": Manifest.Layers[{number}].Size={size}"
    raise Refusal(error, f"layer {number}, {layer.path}, cannot be read", LAYER_DAMAGED)


def _reading_error(image: Tarball, layer: Layer) -> str | None:
    blob = layer.blob
    if blob is None:
        return "EOF" if image.is_compressed else None
    if image.is_compressed:
        error = _gzip_error(blob.compression, blob.size)
        if error is not None:
            return error
    elif blob.compression.kind is not CompressionKind.NONE:
        return not_a_tar_error(blob.size)
    if blob.tar is None:
        return not_a_tar_error(blob.size)
    duplicate = _duplicate(blob.tar.entries)
    if duplicate is not None:
        return f"duplicate file path: {duplicate}"
    if layer.cut is not None:
        return layer.cut
    compression = blob.compression
    error = tar_error(blob.tar)
    if error is None or compression.error is not None:
        return inflating_error(compression, blob.size) or error
    return error


def _gzip_error(compression: Compression, size: int) -> str | None:
    """The error of Go's compress/gzip for the header (gunzip.go, readHeader)."""
    if compression.kind is CompressionKind.GZIP:
        return None
    return UNEXPECTED_EOF if size < GZIP_HEADER_BYTES else INVALID_GZIP_HEADER


def _duplicate(entries: Entries) -> str | None:
    """The first name that an entry before has as well, as written in the headers."""
    if len(set(entries.paths)) == len(entries):
        return None
    seen: set[str] = set()
    for position in range(len(entries)):
        name = entries.name(position)
        if name in seen:
            return name
        seen.add(name)
    return None


def _mismatches(
    image: Tarball, number: int, layer: Layer, diff_ids: Sequence[str]
) -> Iterator[str]:
    if image.is_compressed:
        yield from _other_descriptor(number, layer)
        if _is_layer(layer):
            _check_compressed(image, layer, diff_ids)
        return
    if layer.source is not None:
        raise Refusal(
            f"unknown blob {layer.digest}",
            f"LayerSources has another digest for {layer.path}, which is not uncompressed",
            OTHER_LAYER,
        )
    digest = layer.digest or "sha256:<hex>"
    diff_id = diff_ids[number]
    if digest == diff_id:
        return
    start = f"mismatched layer[{number}] diffid: DiffID()={diff_id}"
    yield f"{start}, SHA256(Gunzip(Compressed()))={digest}"
    yield f"{start}, SHA256(Uncompressed())={digest}"


def _other_descriptor(number: int, layer: Layer) -> Iterator[str]:
    """What ``LayerSources`` says of a compressed layer is compared with its content."""
    if layer.source is None:
        return
    size = 0 if layer.blob is None else layer.blob.size
    for field, told, how, real in (
        ("Digest", layer.source.get("digest"), "SHA256", layer.digest or "sha256:<hex>"),
        ("Size", layer.source.get("size") or 0, "len", size),
    ):
        if told != real:
            start = f"mismatched layer[{number}] {field.lower()}: "
            end = f"={told}, {how}(Compressed())={real}"
            yield f"{start}{field}(){end}"
            yield f"{start}Manifest.Layers[{number}].{field}{end}"


def _other_diff_ids(layers: Sequence[Layer], diff_ids: Sequence[str]) -> Iterator[str]:
    """The diffIDs of the config are compared with those of the layers that are some."""
    found = [layer.diff_id for layer in layers if _is_layer(layer)]
    if len(diff_ids) != len(found):
        yield (
            f"mismatched number of diffids: len(ConfigFile.RootFS.DiffIDs)={len(diff_ids)}, "
            f"len(layers)={len(found)}"
        )
    for number, (told, real) in enumerate(zip(diff_ids, found, strict=False)):
        if told != real:
            yield (
                f"mismatched layer[{number}] diffid: ConfigFile.RootFS.DiffIDs[{number}]={told}, "
                f"SHA256(Gunzip(Compressed()))={real}"
            )


def _check_compressed(image: Tarball, layer: Layer, diff_ids: Sequence[str]) -> None:
    """Find the layer by its diffID (partial, DiffIDToBlob)."""
    if len(image.paths) != len(diff_ids):
        raise Refusal(
            f"mismatched fs layers ({len(image.paths)}) and diff ids ({len(diff_ids)})",
            f"manifest.json lists {len(image.paths)} layers, the config {len(diff_ids)}",
            (*OTHER_LAYER_COUNT, *BAD_CONFIG),
        )
    if layer.diff_id not in diff_ids:
        raise Refusal(
            f"unknown diffID {layer.diff_id}",
            f"{layer.path} has the diffID {layer.diff_id}, which the config does not list",
            OTHER_LAYER,
        )
