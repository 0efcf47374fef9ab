"""Docker 29 with the containerd image store.

Source: moby 29, daemon/containerd, image_exporter.go (LoadImage) and image_import.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from checker.model.image import ATTESTATION, CONTAINERD_NAME, REF_NAME, REFERENCE_TYPE
from checker.model.names import (
    CONFIG_TYPES,
    INDEX_TYPES,
    MANIFEST_TYPES,
    InvalidReferenceError,
    Platform,
    parse_digest,
    parse_reference,
)
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import IS_LOADED, why_not_loaded
from checker_engines.answers.conditions import EMPTY_STORE
from checker_engines.answers.importing import IS_IMPORTED, why_import_is_useless
from checker_engines.answers.refusal import DAMAGED, ROOT_NOT_EXTRACTED, Refusal
from checker_engines.answers.source import check_is_file, digest_of
from checker_engines.containerd.apply import ApplyError, apply_layer
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    Child,
    ImageManifest,
    RootfsConfig,
    decode_image,
    decode_manifest,
    decode_platform,
)
from checker_engines.containerd.images import check_target
from checker_engines.containerd.importer import Imported, import_index
from checker_engines.containerd.platforms import runs_on
from checker_engines.containerd.stream import (
    MOBY_READS,
    conditions_of,
    drain_error,
    stream_error,
)
from checker_engines.containerd.unpack import UnpackError, is_layer_type, unpack_layer
from checker_engines.containerd.walk import manifests_below, read_top, walk
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError
from checker_engines.moby import containerd_store_decisions as decisions
from checker_engines.moby.versions import CONTAINERD_STORE_VERSIONS, ContainerdStoreVersion

_LOAD = "load"
_IMPORT = "import"
_IMPORTED_NAME = "name:tag"
_DAEMON = "Error response from daemon: "


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for version in CONTAINERD_STORE_VERSIONS:
        yield from engines_of(version)


def engines_of(version: ContainerdStoreVersion) -> Iterator[Engine]:
    """The actions of a version: ``docker load`` and ``docker import``."""
    follows = f"Docker {version.follows}, containerd store"
    yield Engine(version.name, _LOAD, partial(load, version), follows, decisions.load)
    yield Engine(version.name, _IMPORT, partial(import_, version), follows, decisions.import_)


class _NotUnpackedError(Exception):
    """The image is loaded but not unpacked; the text is for a person."""


class _UnpackFailedError(Exception):
    """Docker prints that an image cannot be unpacked; the text is Docker's."""


def load(version: ContainerdStoreVersion, question: Question) -> Verdict:
    """Predict what ``docker load`` does."""
    command = f"docker load -i {question.quoted_path}"
    conditions = conditions_of(question.archive)
    try:
        verdict = _load(version, question)
    except Refusal as refusal:
        reason = why_not_loaded(question, refusal.reason)
        verdict = _verdict(version, _LOAD, VerdictOutcome.REJECTS, reason)
        verdict = verdict._replace(message=refusal.message, rules=refusal.rules)
    return verdict._replace(command=command, conditions=(*conditions, *verdict.conditions))


def _verdict(
    version: ContainerdStoreVersion, action: str, outcome: VerdictOutcome, reason: str
) -> Verdict:
    return Verdict(engine=version.name, action=action, outcome=outcome, reason=reason)


def _load(version: ContainerdStoreVersion, question: Question) -> Verdict:
    archive = question.archive
    check_is_file(question, f"{_DAEMON}read {question.quoted_path}: is a directory")
    error = stream_error(archive.compression, archive.tar, archive.size, MOBY_READS)
    imported = import_index(archive, question.host, error, remote=True)
    top = read_top(imported.top)
    walk(imported, top, _find_or_skip, _keep_all)
    # Each descriptor becomes an image, under its name or under one derived from its digest.
    for child in top:
        _store(child)
    problems = [problem for child in top if (problem := _unpack_image(question, imported, child))]
    printed = [message for message, _ in problems if message]
    if problems:
        verdict = _verdict(version, _LOAD, VerdictOutcome.ACCEPTS_BROKEN, problems[0][1])
        return verdict._replace(message=printed[0] if printed else None)
    verdict = _verdict(version, _LOAD, VerdictOutcome.ACCEPTS, IS_LOADED)
    return verdict._replace(conditions=(EMPTY_STORE,))


def _keep_all(_child: Child) -> bool:
    return True


def _find_or_skip(store: ContentStore, digest: str) -> Content | None:
    """Find content; missing content is ignored, but its digest must be valid."""
    if parse_digest(digest) is None:
        raise Refusal(
            f"InvalidArgument: {quote(digest)} failed validation",
            f"a descriptor has the digest {digest!r}, which is not a valid digest",
            ("OCI007",),
        )
    return store.get(digest)


def _store(child: Child) -> None:
    try:
        check_target(child)
    except Refusal as refusal:
        message = f"InvalidArgument: {refusal.message}"
        raise Refusal(message, refusal.reason, refusal.rules) from None


def _unpack_image(
    question: Question, imported: Imported, child: Child
) -> tuple[str | None, str] | None:
    """Unpack the image for the host: Docker's message and the reason, if it fails."""
    stored, shown = _names(child)
    try:
        for manifest in _manifests(imported.store, child, stored):
            _unpack_manifest(question, imported.store, manifest, stored)
    except _UnpackFailedError as error:
        reason = (
            "docker load exits 0 and prints *Error unpacking image*; the image cannot start: "
            f"{error}"
        )
        return f"Error unpacking image {shown}: {error}", reason
    except _NotUnpackedError as error:
        return None, f"docker load exits 0, but {shown} cannot start: {error}"
    return None


def _names(child: Child) -> tuple[str, str]:
    """The name that an image is stored under, and the one that Docker prints."""
    name = str(child.annotations.get(CONTAINERD_NAME) or child.annotations.get(REF_NAME) or "")
    try:
        reference = parse_reference(name)
    except InvalidReferenceError:
        return f"moby-dangling@{child.digest}", child.digest
    if reference.tag is None and reference.digest is None:
        reference = reference._replace(tag="latest")
    return name, reference.familiar


def _manifests(store: ContentStore, child: Child, stored: str) -> Iterator[Child]:
    if child.media_type not in MANIFEST_TYPES and child.media_type not in INDEX_TYPES:
        raise _UnpackFailedError(
            f"error walking manifest for {stored}: descriptor is neither a manifest or index",
        )
    found = list(manifests_below(store, child))
    if not any(store.get(each.digest) for each in found):
        raise _NotUnpackedError("none of its manifests is in the archive")
    yield from found


def _unpack_manifest(
    question: Question, store: ContentStore, descriptor: Child, stored: str
) -> None:
    """Unpack the image of a manifest, if it is an image and for the host."""
    content = store.get(descriptor.digest)
    if content is None:
        return
    manifest = decode_manifest(content.raw)
    if _is_pseudo(descriptor, manifest):
        return
    config = _read_config(store, descriptor, manifest, question)
    if config is None:
        return
    layers = [layer for layer in manifest.layers if is_layer_type(layer.media_type)]
    if len(layers) != len(config.diff_ids):
        raise _UnpackFailedError("mismatched image rootfs and manifest layers")
    _apply(store, layers, config.diff_ids, stored)


def _is_pseudo(descriptor: Child, manifest: ImageManifest) -> bool:
    """Whether it is an attestation, or something else that is not an image."""
    if descriptor.annotations.get(REFERENCE_TYPE) == ATTESTATION:
        return True
    platform = descriptor.platform
    if platform is not None and platform.os == platform.architecture == "unknown":
        return True
    types = [layer.media_type for layer in manifest.layers]
    return bool(types) and not any(map(is_layer_type, types))


def _read_config(
    store: ContentStore, descriptor: Child, manifest: ImageManifest, question: Question
) -> RootfsConfig | None:
    """The config of an image for the host; None if it is for another platform.

    Raises:
        _NotUnpackedError: It cannot be read, which Docker reports only in its log.
    """
    content = store.get(manifest.config.digest)
    if content is None:
        if descriptor.platform and not runs_on(descriptor.platform, question.host):
            return None
        raise _NotUnpackedError(f"its config {manifest.config.digest} is not in the archive")
    try:
        platform = descriptor.platform or _config_platform(manifest, content.raw)
        return decode_image(content.raw) if runs_on(platform, question.host) else None
    except GoJsonError as error:
        raise _NotUnpackedError(f"its config cannot be decoded: {error}") from None


def _config_platform(manifest: ImageManifest, raw: bytes) -> Platform:
    if manifest.config.media_type not in CONFIG_TYPES:
        raise _NotUnpackedError(f"its config has the media type {manifest.config.media_type}")
    return decode_platform(raw)


def _apply(
    store: ContentStore, layers: Sequence[Child], diff_ids: Sequence[str], stored: str
) -> None:
    doing = f"apply layer error for {quote(stored)}"
    for position, (layer, diff_id) in enumerate(zip(layers, diff_ids, strict=True)):
        try:
            digest = unpack_layer(store, layers, position)
        except UnpackError as error:
            # containerd's API sends the error for missing content with its kind.
            kind = "NotFound: " if error.missing else ""
            raise _UnpackFailedError(
                f"{doing}: failed to extract layer {layer.digest}: {kind}{error}",
            ) from None
        if digest != diff_id:
            raise _UnpackFailedError(
                f"{doing}: wrong diff id calculated on extraction {quote(digest)}",
            )


def import_(version: ContainerdStoreVersion, question: Question) -> Verdict:
    """Predict what ``docker import`` does."""
    command = f"docker import {question.quoted_path} {_IMPORTED_NAME}"
    conditions = conditions_of(question.archive)
    try:
        _import(question)
        broken = why_import_is_useless(question.archive.kind, "docker import", "docker load")
        outcome = VerdictOutcome.ACCEPTS_BROKEN if broken else VerdictOutcome.ACCEPTS
        verdict = _verdict(version, _IMPORT, outcome, broken or IS_IMPORTED)
    except Refusal as refusal:
        verdict = _verdict(version, _IMPORT, VerdictOutcome.REJECTS, refusal.reason)
        verdict = verdict._replace(message=refusal.message, rules=refusal.rules)
    return verdict._replace(command=command, conditions=conditions)


def _import(question: Question) -> None:
    """Store the stream as a layer, then unpack it."""
    archive = question.archive
    check_is_file(question, f"{_DAEMON}read {question.quoted_path}: is a directory")
    damage = drain_error(archive.compression, archive.size)
    if damage is not None:
        # The whole stream is decompressed for its digest, before anything is unpacked.
        raise Refusal(
            f"{_DAEMON}{damage}",
            "the compressed stream is damaged: get an intact copy",
            ("ARC007",),
        )
    error = stream_error(archive.compression, archive.tar, archive.size, MOBY_READS)
    try:
        apply_layer(archive.tar, error, on_overlay=False)
    except ApplyError as fault:
        name = f"docker.io/library/{_IMPORTED_NAME}"
        digest = digest_of(archive)
        raise Refusal(
            f"{_DAEMON}failed to unpack image: apply layer error for {quote(name)}: failed to "
            f"extract layer {digest}: mount callback failed on <tmp>: {fault}",
            f"the archive cannot be unpacked: {fault}",
            (*DAMAGED, *ROOT_NOT_EXTRACTED),
        ) from None
