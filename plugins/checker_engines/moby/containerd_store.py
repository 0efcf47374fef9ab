"""Docker 29 with the containerd image store.

Source: moby 29, daemon/containerd, image_exporter.go (LoadImage) and image_import.go.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from checker.model.image import ATTESTATION, CONTAINERD_NAME, REF_NAME, REFERENCE_TYPE
from checker.model.names import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    InvalidReferenceError,
    Platform,
    digest_error,
    parse_reference,
)
from checker.model.work import OutOfWork, Work
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import IS_LOADED, as_encrypted, why_not_loaded
from checker_engines.answers.conditions import EMPTY_STORE
from checker_engines.answers.importing import IS_IMPORTED, why_import_is_useless
from checker_engines.answers.refusal import DAMAGED, ROOT_NOT_EXTRACTED, Refusal
from checker_engines.answers.source import check_is_file, digest_of
from checker_engines.answers.undecided import undecided
from checker_engines.containerd.apply import ApplyError, apply_layer, privileges_on
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    Child,
    ImageManifest,
    check_docker_image,
    decode_image,
    decode_index,
    decode_manifest,
    decode_platform,
)
from checker_engines.containerd.images import check_target
from checker_engines.containerd.importer import Imported, import_index
from checker_engines.containerd.platforms import preference
from checker_engines.containerd.snapshotters import store_conditions
from checker_engines.containerd.stream import (
    MOBY_READS,
    conditions_of,
    cut_in,
    drain_error,
    stream_error,
)
from checker_engines.containerd.unpack import Layers, UnpackError, is_layer_type
from checker_engines.containerd.walk import read_top, walk
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError
from checker_engines.moby import containerd_store_decisions as decisions
from checker_engines.moby.versions import CONTAINERD_STORE_VERSIONS, ContainerdStoreVersion

_LOAD = "load"
_IMPORT = "import"
_IMPORTED_NAME = "name:tag"
_DAEMON = "Error response from daemon: "
_CONNECT = 'error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.52/images/{}": '
_LOADING = _CONNECT.format("load?quiet=1")
_IMPORTING = _CONNECT.format("create?fromSrc=-&message=&repo=name&tag=tag")


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
    conditions = (*conditions_of(question.archive), *store_conditions(question))
    try:
        verdict = _load(version, question)
    except Refusal as refusal:
        reason = why_not_loaded(question, refusal)
        verdict = _verdict(version, _LOAD, VerdictOutcome.REJECTS, reason)
        verdict = verdict._replace(message=refusal.message, rules=refusal.rules)
        cut = cut_in(question.archive, MOBY_READS)
        verdict = verdict if cut is None else undecided(verdict, cut)
    except OutOfWork as stop:
        verdict = undecided(_verdict(version, _LOAD, VerdictOutcome.ACCEPTS, ""), stop.reached)
    return verdict._replace(command=command, conditions=(*conditions, *verdict.conditions))


def _verdict(
    version: ContainerdStoreVersion, action: str, outcome: VerdictOutcome, reason: str
) -> Verdict:
    return Verdict(engine=version.name, action=action, outcome=outcome, reason=reason)


def _load(version: ContainerdStoreVersion, question: Question) -> Verdict:
    archive = question.archive
    check_is_file(question, f"{_LOADING}read {question.quoted_path}: is a directory")
    error = stream_error(archive.compression, archive.tar, archive.size, MOBY_READS)
    imported = import_index(archive, question.host, error, remote=True)
    top = read_top(imported.top)
    walk(imported, top, _find_or_skip, _keep_all)
    # Each descriptor becomes an image, under its name or under one derived from its digest.
    for child in top:
        _store(child)
    problems = [
        problem
        for child in _without_other_names(top)
        if (problem := _unpack_image(question, imported, child))
    ]
    printed = [message for message, _ in problems if message]
    if problems:
        verdict = _verdict(version, _LOAD, VerdictOutcome.ACCEPTS_BROKEN, problems[0][1])
        return verdict._replace(message=printed[0] if printed else None)
    verdict = _verdict(version, _LOAD, VerdictOutcome.ACCEPTS, IS_LOADED)
    return verdict._replace(conditions=(EMPTY_STORE,))


def _without_other_names(top: Sequence[Child]) -> Iterable[Child]:
    """The first descriptor of each image: under other names it ends in the same way."""
    found: dict[object, Child] = {}
    for child in top:
        found.setdefault((child.digest, child.media_type, child.size, child.platform), child)
    return found.values()


def _keep_all(_child: Child) -> bool:
    return True


def _find_or_skip(store: ContentStore, digest: str) -> Content | None:
    """Find content; missing content is ignored, but its digest must be valid."""
    error = _invalid_digest(digest)
    if error is not None:
        raise Refusal(
            error,
            f"a descriptor has the digest {digest!r}, which is not a valid digest",
            ("OCI007",),
        )
    return store.get(digest)


def _invalid_digest(digest: str) -> str | None:
    """Containerd's error for looking up content by an invalid digest."""
    return f"InvalidArgument: {quote(digest)} failed validation" if digest_error(digest) else None


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
    unpacking = _Unpacking(question, imported.store, stored)
    try:
        found = []
        for manifest in _manifests(imported.store, child, stored):
            found.append(manifest)
            unpacking.unpack(manifest)
        unpacking.check_container(found)
    except _UnpackFailedError as error:
        reason = (
            "docker load exits 0 and prints *Error unpacking image*; the image cannot start: "
            f"{error}"
        )
        reason = as_encrypted(question.archive, reason)
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
    """The manifests of an image whose content is in the archive (walkImageManifests).

    Raises:
        _UnpackFailedError: The image has another media type, or a descriptor an invalid digest.
    """
    if child.media_type in MANIFEST_TYPES:
        if store.get(child.digest) is not None:
            yield child
        return
    if child.media_type not in INDEX_TYPES:
        raise _UnpackFailedError(
            f"error walking manifest for {stored}: descriptor is neither a manifest or index",
        )
    seen: set[tuple[str, str]] = set()
    pending = [child]
    while pending:
        here = pending.pop()
        error = _invalid_digest(here.digest)
        if error is not None:
            raise _UnpackFailedError(error)
        content = store.get(here.digest)
        if content is None or (here.digest, here.media_type) in seen:
            continue
        seen.add((here.digest, here.media_type))
        if here.media_type in MANIFEST_TYPES:
            yield here
            manifest = decode_manifest(content.raw)
            pending += reversed((manifest.config, *manifest.layers))
        elif here.media_type in INDEX_TYPES:
            pending += reversed(decode_index(content.raw))


class _Unpacking:
    """The unpacking of one image, and the creation of a container from it.

    Args:
        question: What is asked.
        store: The content.
        stored: The name that the image is stored under.
    """

    def __init__(self, question: Question, store: ContentStore, stored: str) -> None:
        self._work = Work(question.limits.simulated)
        self._host = question.host
        self._store = store
        self._stored = stored
        self._unpacked: set[str] = set()

    def unpack(self, descriptor: Child) -> None:
        """Unpack the image of a manifest, if it is an image and for the host (LoadImage)."""
        manifest = self._manifest(descriptor)
        if _is_pseudo(descriptor, manifest):
            return
        if self._store.get(manifest.config.digest) is None and descriptor.platform:
            if preference(descriptor.platform, self._host) is None:
                return
            raise self._missing(manifest)
        if preference(self._platform(descriptor, manifest), self._host) is None:
            return
        self._extract(manifest)
        self._unpacked.add(descriptor.digest)

    def check_container(self, found: Sequence[Child]) -> None:
        """Create a container from the manifest that suits the host best (GetImage, CreateLayer).

        Raises:
            _NotUnpackedError: No container can be created.
        """
        if not found:
            raise _NotUnpackedError("none of its manifests is in the archive")
        best = min(found, key=self._rank)
        manifest = self._manifest(best)
        if manifest.layers and not any(is_layer_type(each.media_type) for each in manifest.layers):
            raise _NotUnpackedError("none of its layers is an image layer")
        raw = self._config(manifest)
        try:
            check_docker_image(raw)
        except GoJsonError as error:
            raise _undecoded(error) from None
        if best.digest in self._unpacked:
            return
        try:
            self._extract(manifest)
        except _UnpackFailedError as error:
            raise _NotUnpackedError(f"docker create cannot unpack it: {error}") from None

    def _rank(self, descriptor: Child) -> int:
        rank = preference(self._platform(descriptor, self._manifest(descriptor)), self._host)
        return sys.maxsize if rank is None else rank

    def _manifest(self, descriptor: Child) -> ImageManifest:
        content = self._store.get(descriptor.digest)
        return decode_manifest(b"{}" if content is None else content.raw)

    def _config(self, manifest: ImageManifest) -> bytes:
        content = self._store.get(manifest.config.digest)
        if content is None:
            raise self._missing(manifest)
        return content.raw

    @staticmethod
    def _missing(manifest: ImageManifest) -> _NotUnpackedError:
        return _NotUnpackedError(f"its config {manifest.config.digest} is not in the archive")

    def _platform(self, descriptor: Child, manifest: ImageManifest) -> Platform:
        """The platform of a descriptor, else of its config (ImagePlatform)."""
        if descriptor.platform is not None:
            return descriptor.platform
        try:
            return decode_platform(self._config(manifest))
        except GoJsonError as error:
            raise _undecoded(error) from None

    def _extract(self, manifest: ImageManifest) -> None:
        """Unpack all layers (containerd client, image.go, Unpack)."""
        try:
            config = decode_image(self._config(manifest))
        except GoJsonError as error:
            raise _undecoded(error) from None
        layers = [layer for layer in manifest.layers if is_layer_type(layer.media_type)]
        if len(layers) != len(config.diff_ids):
            raise _UnpackFailedError("mismatched image rootfs and manifest layers")
        if config.platform.os_features:
            features = ", ".join(config.platform.os_features)
            raise _UnpackFailedError(f"the snapshotter does not support the features {features}")
        self._apply(layers, config.diff_ids)

    def _apply(self, layers: Sequence[Child], diff_ids: Sequence[str]) -> None:
        doing = f"apply layer error for {quote(self._stored)}"
        privileges = privileges_on(self._host)
        unpacking = Layers(self._store, layers)
        for position, (layer, diff_id) in enumerate(zip(layers, diff_ids, strict=True)):
            try:
                digest = unpacking.unpack(position, self._work, privileges)
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


def _undecoded(error: GoJsonError) -> _NotUnpackedError:
    return _NotUnpackedError(f"its config cannot be decoded: {error}")


def _is_pseudo(descriptor: Child, manifest: ImageManifest) -> bool:
    """Whether it is an attestation, or something else that is not an image."""
    if descriptor.annotations.get(REFERENCE_TYPE) == ATTESTATION:
        return True
    platform = descriptor.platform
    if platform is not None and platform.os == platform.architecture == "unknown":
        return True
    types = [layer.media_type for layer in manifest.layers]
    return bool(types) and not any(map(is_layer_type, types))


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
    except OutOfWork as stop:
        verdict = undecided(_verdict(version, _IMPORT, VerdictOutcome.ACCEPTS, ""), stop.reached)
    return verdict._replace(command=command, conditions=conditions)


def _import(question: Question) -> None:
    """Store the stream as a layer, then unpack it."""
    archive = question.archive
    check_is_file(question, f"{_IMPORTING}read {question.quoted_path}: is a directory")
    damage = drain_error(archive.compression, archive.size)
    if damage is not None:
        # The whole stream is decompressed for its digest, before anything is unpacked.
        raise Refusal(
            f"{_DAEMON}{damage}",
            "the compressed stream is damaged: get an intact copy",
            ("ARC004", "ARC006", "ARC007"),
        )
    error = stream_error(archive.compression, archive.tar, archive.size, MOBY_READS)
    try:
        apply_layer(
            archive.tar,
            error,
            Work(question.limits.simulated),
            privileges=privileges_on(question.host),
        )
    except ApplyError as fault:
        name = f"docker.io/library/{_IMPORTED_NAME}"
        digest = digest_of(archive)
        raise Refusal(
            f"{_DAEMON}failed to unpack image: apply layer error for {quote(name)}: failed to "
            f"extract layer {digest}: mount callback failed on <tmp>: {fault}",
            f"the archive cannot be unpacked: {fault}",
            (*DAMAGED, *ROOT_NOT_EXTRACTED),
        ) from None
