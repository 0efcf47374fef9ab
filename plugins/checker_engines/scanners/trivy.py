"""trivy: ``trivy image --input`` (trivy 0.74, pkg/fanal/image and pkg/fanal/artifact/image).

A file is read as an archive of ``docker save``, also compressed with gzip; a directory as an image
layout, of which the first image is scanned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from checker.model.archive import Kind, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.image import items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.content import raw_of
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    LAYER_DAMAGED,
    NO_IMAGE,
    OTHER_LAYER_COUNT,
    Refusal,
    prefixed,
)
from checker_engines.ggcr.layout import Directory
from checker_engines.ggcr.tarball import Layer, LayerRefusal, Tarball
from checker_engines.ggcr.types import CONFIG, INDEX, MANIFEST
from checker_engines.golang.gzip import inflating_error
from checker_engines.golang.json import decode_document, decode_first
from checker_engines.golang.tar import not_a_tar_error, tar_error
from checker_engines.scanners import decisions
from checker_engines.scanners.crash import StackOverflow
from checker_engines.scanners.documents import decoded

_NAME, _ACTION = "trivy-0", "image --input"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE, Kind.OCI_LAYOUT})
_GZIP = frozenset({CompressionKind.GZIP})
_PLAIN = frozenset({CompressionKind.NONE})
_DECOMPRESSED = _PLAIN | {CompressionKind.GZIP, CompressionKind.ZSTD}
_CACHE = "the cache of trivy is empty: a layer with a diffID that is in it is not read again"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="trivy",
        releases=(ReleaseRange("0.74", "0.74"),),
        library="go-containerregistry, pkg/v1/tarball and layout",
        evidence=Evidence.MEASURED,
        measured_with="0.74.0: 400 archives with one fault each; directories: 17 layouts",
        groups=("scanners",),
    ),
)
_FIELD = re.compile(r"Go struct field \w+\.")
_SCANNING = "FATAL\tFatal error\trun error: image scan error: scan error: "
_OPENING = (
    f"{_SCANNING}unable to initialize a scan service: unable to initialize artifact: unable to "
    "initialize archive image: "
)
_ANALYSIS = f"{_SCANNING}scan failed: failed analysis: "


def engines() -> Iterator[Engine]:
    """The action: scanning an archive of ``docker save``, or the directory of a layout."""
    yield Engine(_NAME, _ACTION, _judge, "trivy 0.74.0", decisions.trivy, _SUITS)


def _judge(question: Question) -> Verdict:
    typed = f"trivy image --input {question.quoted_path}"
    return verdict_of(Command(_NAME, _ACTION, typed), question, _steps)


def _steps(question: Question) -> Answer:
    if question.archive.source is Source.DIRECTORY:
        return _scan_layout(question)
    try:
        tarball = Tarball(question.archive, decompressed=_GZIP)
    except Refusal as refusal:
        errors = (
            f"unable to open <tmp> as a Docker image: {refusal.message}",
            "unable to open <tmp> as an OCI Image: stat <tmp>/index.json: not a directory",
        )
        reason = f"{refusal.reason}; an image layout is only read as a directory"
        raise Refusal(_OPENING + _several(errors), reason, refusal.rules) from None
    return _scan_tarball(tarball)


def _several(errors: Sequence[str]) -> str:
    """Errors as hashicorp/go-multierror prints them."""
    lines = "".join(f"\t* {error}\n" for error in errors)
    return f"{len(errors)} errors occurred:\n{lines}\n"


def _scan_tarball(tarball: Tarball) -> Answer:
    with _decoding_config():
        diff_ids = tarball.config().diff_ids
    if not diff_ids:
        return _answer(0, len(tarball.paths), "")
    for diff_id, layer in zip(diff_ids, _layers_of(tarball, diff_ids), strict=False):
        _walk(diff_id, layer.path, layer.blob, _readable(tarball), layer.cut)
    return _answer(len(diff_ids), len(tarball.paths), "with the names of manifest.json")


@contextmanager
def _decoding_config() -> Iterator[None]:
    """Give errors of the config their words: encoding/json names the type of the document first.

    trivy is built with the version of encoding/json that uses that of version 2.
    """
    try:
        yield
    except Refusal as refusal:
        error = _FIELD.sub("Go struct field ConfigFile.", refusal.message)
        message = f"{_ANALYSIS}unable to get the image's config file: {error}"
        raise Refusal(message, refusal.reason, refusal.rules) from None


def _layers_of(tarball: Tarball, diff_ids: Sequence[str]) -> Sequence[Layer]:
    try:
        layers = tarball.layers()
    except LayerRefusal as refusal:
        if tarball.is_compressed:
            raise _analyzing(diff_ids[0], "the layer", refusal) from None
        raise _analyzing(diff_ids[refusal.number], "the layer content", refusal) from None
    except Refusal as refusal:
        raise _analyzing(diff_ids[0], "the layer", refusal) from None
    if tarball.is_compressed:
        _check_counts(len(tarball.paths), diff_ids)
    return layers


def _check_counts(layers: int, diff_ids: Sequence[str]) -> None:
    """Compare the numbers of layers (partial, DiffIDToBlob)."""
    if layers != len(diff_ids):
        refusal = Refusal(
            f"mismatched fs layers ({layers}) and diff ids ({len(diff_ids)})",
            f"the manifest lists {layers} layers, the config {len(diff_ids)}",
            OTHER_LAYER_COUNT,
        )
        raise _analyzing(diff_ids[0], "the layer", refusal)


def _analyzing(diff_id: str, what: str, refusal: Refusal) -> Refusal:
    """An error of opening a layer, with the beginning that trivy prints."""
    message = (
        f"{_ANALYSIS}analyze error: pipeline error: failed to analyze layer ({diff_id}): unable to "
        f"get uncompressed layer {diff_id}: failed to get {what} ({diff_id}): {refusal.message}"
    )
    return Refusal(message, refusal.reason, refusal.rules)


def _readable(tarball: Tarball) -> AbstractSet[CompressionKind]:
    return _DECOMPRESSED if tarball.is_compressed else _PLAIN


def _walk(
    diff_id: str,
    label: str,
    blob: Blob | None,
    readable: AbstractSet[CompressionKind],
    cut: str | None = None,
) -> None:
    """List the entries of a layer (walker/tar.go); what follows its end marker is not checked."""
    error = cut or _walk_error(blob, readable)
    if error is not None:
        raise Refusal(
            f"{_ANALYSIS}analyze error: pipeline error: failed to analyze layer ({diff_id}): walk "
            f"error: failed to extract the archive: {error}",
            f"{label} is not a tar, or is damaged",
            LAYER_DAMAGED,
        )


def _walk_error(blob: Blob | None, readable: AbstractSet[CompressionKind]) -> str | None:
    if blob is None:
        return None
    is_readable = blob.compression.kind in readable and not blob.compression.skippable_first
    if blob.tar is None or not is_readable:
        return not_a_tar_error(blob.size)
    error = tar_error(blob.tar)
    if error is None and blob.tar.end is not None:
        return None
    return inflating_error(blob.compression, blob.size) or error


def _answer(diff_ids: int, layers: int, names: str) -> Answer:
    if diff_ids < layers:
        return Answer(
            f"only {diff_ids} of {layers} layers are scanned, those for which the config has a "
            "diffID",
            is_broken=True,
            rules=OTHER_LAYER_COUNT,
            conditions=(_CACHE,),
        )
    return Answer(
        f"all layers of the image are scanned, {names}; digests are not compared with content",
        conditions=(_CACHE,),
    )


def _scan_layout(question: Question) -> Answer:
    directory = Directory(question.archive)
    image, listed = _first_image(directory)
    with prefixed(f"{_ANALYSIS}unable to get the image ID: unable to get the image ID: "):
        manifest = decoded(raw_of(directory.blob(image)), MANIFEST, BAD_MANIFEST, decode_first)
        digest = text(mapping(manifest.get("config")).get("digest")) or ""
        raw = raw_of(directory.blob(digest))
    with _decoding_config():
        config = decoded(raw, CONFIG, BAD_CONFIG, decode_first)
    diff_ids = [str(one) for one in items(mapping(config.get("rootfs")).get("diff_ids"))]
    layers = [text(mapping(one).get("digest")) or "" for one in items(manifest.get("layers"))]
    if diff_ids:
        _check_counts(len(layers), diff_ids)
    for diff_id, layer in zip(diff_ids, layers, strict=False):
        _walk(diff_id, layer, _opened(directory, diff_id, layer), _DECOMPRESSED)
    names = "without the names of index.json"
    if listed > 1:
        names += f"; of {listed} images only the first is scanned (--input PATH:NAME for another)"
    return _answer(len(diff_ids), len(layers), names)


def _opened(directory: Directory, diff_id: str, digest: str) -> Blob | None:
    try:
        return directory.blob(digest)
    except Refusal as refusal:
        raise _analyzing(diff_id, "the layer content", refusal) from None


def _first_image(directory: Directory) -> tuple[str, int]:
    """The digest of the first image, and how many there are (oci.go, getOCIImage).

    Raises:
        Refusal: There is none, or it cannot be found.
    """
    try:
        return _found_image(directory)
    except StackOverflow as crash:
        raise crash.refusal from None
    except Refusal as refusal:
        errors = (
            "unable to open <tmp> as a Docker image: read <tmp>: is a directory",
            refusal.message,
        )
        raise Refusal(_OPENING + _several(errors), refusal.reason, refusal.rules) from None


def _found_image(directory: Directory) -> tuple[str, int]:
    try:
        raw = raw_of(directory.read("index.json"))
    except Refusal as refusal:
        error = refusal.message.replace("lstat", "stat", 1)
        raise Refusal(
            f"unable to open <tmp> as an OCI Image: {error}",
            "its top level has no index.json, so it is not an image layout",
            ("OCI004", *NO_IMAGE),
        ) from None
    with prefixed("invalid index.json: "):
        index = decoded(raw, INDEX, BAD_INDEX, decode_document)
    listed, path = len(items(index.get("manifests"))), "no valid manifest"
    seen: set[str] = set()
    while True:
        images = items(index.get("manifests"))
        if not images:
            raise Refusal(path, "an index lists no image", ("OCI005", "OCI026"))
        first = mapping(images[0])
        digest = text(first.get("digest")) or ""
        if text(first.get("mediaType")) not in INDEX_TYPES:
            break
        if digest in seen:
            reason = f"the index {digest} lists itself, and trivy crashes"
            raise StackOverflow(reason, ("OCI009", "OCI020"))
        seen.add(digest)
        index, path = _child(directory, digest), "invalid OCI image ref"
    _check_type(first, digest)
    return digest, listed


def _child(directory: Directory, digest: str) -> Mapping[str, object]:
    with prefixed(f'unable to retrieve a child image "{digest}": '):
        raw = raw_of(directory.blob(digest))
    with prefixed(f'invalid a child manifest for "{digest}": '):
        return decoded(raw, INDEX, BAD_INDEX, decode_document)


def _check_type(descriptor: Mapping[str, object], digest: str) -> None:
    media_type = text(descriptor.get("mediaType")) or ""
    if media_type not in MANIFEST_TYPES:
        raise Refusal(
            f"invalid OCI image: unexpected media type for {digest}: {media_type}",
            f"index.json lists a {media_type or 'descriptor without a media type'}, not an image",
            ("OCI005", "OCI007"),
        )
