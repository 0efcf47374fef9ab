"""containerd 2: ``ctr image import``, by the transfer service (core/transfer/local, import.go)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from checker.model.archive import Archive
from checker.model.image import Image
from checker.model.names import CONFIG_TYPES
from checker.model.work import OutOfWork, Work
from checker.records import NamedTuple
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.advice import IS_LOADED, why_not_loaded
from checker_engines.answers.conditions import EMPTY_STORE, one_platform
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    LAYER_DAMAGED,
    LAYER_NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.answers.source import check_is_file
from checker_engines.answers.undecided import undecided
from checker_engines.containerd import decisions
from checker_engines.containerd.apply import privileges_on
from checker_engines.containerd.content_store import ContentStore
from checker_engines.containerd.documents import Child, decode_rootfs_config
from checker_engines.containerd.images import check_target, name_of
from checker_engines.containerd.importer import import_index
from checker_engines.containerd.platforms import runs_on
from checker_engines.containerd.snapshotters import store_conditions
from checker_engines.containerd.stream import (
    conditions_of,
    cut_in,
    stream_error,
)
from checker_engines.containerd.unpack import (
    Layers,
    UnpackError,
    chain_id,
    is_layer_type,
)
from checker_engines.containerd.versions import VERSIONS, Version
from checker_engines.containerd.walk import (
    FoundManifest,
    Keep,
    find_or_refuse,
    keep_for,
    read_top,
    walk,
)
from checker_engines.filesystem.privileges import Privileges
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError
from checker_engines.golang.tar import INVALID_HEADER, not_a_tar_error

_ACTION = "ctr import"
_NO_NAME = (
    "ctr exits 0 but creates no image, because no image in the archive has a name; give it one: "
    "`ctr image import --index-name name:tag {archive}`"
)


def no_name(question: Question) -> str:
    """Why ``ctr image import`` creates no image, if none has a name."""
    return _NO_NAME.format(archive=question.quoted_path)


def engines() -> Iterator[Engine]:
    """The actions of all versions."""
    for version in VERSIONS:
        yield from engines_of(version)


def engines_of(version: Version) -> Iterator[Engine]:
    """The actions of a version: ``ctr image import``."""
    follows = f"ctr {version.follows}, transfer service"
    yield Engine(version.name, _ACTION, partial(import_, version), follows, decisions.import_)


def import_(version: Version, question: Question) -> Verdict:
    """Predict what ``ctr image import`` does."""
    command = f"ctr image import {question.quoted_path}"
    conditions = (
        *conditions_of(question.archive),
        *_platform_conditions(question),
        *store_conditions(question),
    )
    try:
        verdict = _import(version, question)
    except OutOfWork as stop:
        verdict = Verdict(
            engine=version.name,
            action=_ACTION,
            outcome=VerdictOutcome.ACCEPTS,
            reason="",
            conditions=conditions,
            command=command,
        )
        return undecided(verdict, stop.reached)
    except Refusal as refusal:
        verdict = Verdict(
            engine=version.name,
            action=_ACTION,
            outcome=VerdictOutcome.REJECTS,
            reason=why_not_loaded(question, refusal),
            message=f"ctr: {refusal.message}",
            conditions=conditions,
            rules=refusal.rules,
            command=command,
        )
        cut = cut_in(question.archive, version.decompresses)
        return verdict if cut is None else undecided(verdict, cut)
    return verdict._replace(command=command, conditions=(*conditions, *verdict.conditions))


def _platform_conditions(question: Question) -> Iterator[str]:
    """What depends on the platforms that are imported, which are that of the host by default."""
    archive, host = question.archive, question.host
    listed = () if archive.oci is None else archive.oci.indexes
    absent = [
        descriptor.platform
        for index in listed
        for descriptor in index.manifests
        if descriptor.platform and archive.members.blob_of(descriptor.digest) is None
    ]
    absent += [image.platform for image in archive.images if image.platform and _is_cut(image)]
    others = dict.fromkeys(str(each) for each in absent if not runs_on(each, host))
    if others:
        yield one_platform(tuple(others))


def _is_cut(image: Image) -> bool:
    return image.config is None or any(layer.blob is None for layer in image.layers)


def _import(version: Version, question: Question) -> Verdict:
    stored = store_images(version, question, keep_for(question.host))
    if not stored.named:
        return _broken(version, no_name(question))
    if stored.not_unpacked:
        return _broken(version, stored.not_unpacked[0])
    return Verdict(
        engine=version.name,
        action=_ACTION,
        outcome=VerdictOutcome.ACCEPTS,
        reason=IS_LOADED,
        conditions=(EMPTY_STORE,),
    )


class StoredImages(NamedTuple):
    """What an import has stored.

    Attributes:
        top: The images of the archive.
        named: Those of them that have a name.
        not_unpacked: Why images are stored, but not unpacked, one sentence each.
    """

    top: tuple[Child, ...]
    named: tuple[Child, ...]
    not_unpacked: tuple[str, ...]


def store_images(version: Version, question: Question, keep: Keep) -> StoredImages:
    """Import an archive with the transfer service, and unpack what is for the host.

    Args:
        version: The version.
        question: What is asked.
        keep: The descriptors that are followed.

    Raises:
        Refusal: The archive is refused.
    """
    archive, host = question.archive, question.host
    check_is_file(question, f"read {question.quoted_path}: is a directory")
    _refuse_unknown_compression(version, archive)
    error = stream_error(archive.compression, archive.tar, archive.size, version.decompresses)
    imported = import_index(archive, host, error, remote=False)
    top = read_top(imported.top)
    found = walk(imported, top, find_or_refuse, keep)
    ignored = [reason for each in found if (reason := _unpack(question, imported.store, each))]
    named = tuple(child for child in top if name_of(child))
    for child in named:
        check_target(child)
    return StoredImages(top, named, tuple(ignored))


def _refuse_unknown_compression(version: Version, archive: Archive) -> None:
    kind = archive.compression.kind
    if kind not in version.decompresses:
        raise Refusal(
            not_a_tar_error(archive.size) or INVALID_HEADER,
            f"containerd does not support {kind}: decompress the archive first",
        )


def _broken(version: Version, reason: str) -> Verdict:
    return Verdict(
        engine=version.name, action=_ACTION, outcome=VerdictOutcome.ACCEPTS_BROKEN, reason=reason
    )


def _unpack(question: Question, store: ContentStore, found: FoundManifest) -> str | None:
    """Unpack an image; the reason if it was skipped (core/unpack, unpacker.go)."""
    manifest = found.manifest
    layers = [layer for layer in manifest.layers if is_layer_type(layer.media_type)]
    if manifest.config.media_type not in CONFIG_TYPES or not layers:
        return None if not manifest.layers else _not_an_image(found)
    content = find_or_refuse(store, manifest.config.digest)
    try:
        config = decode_rootfs_config(b"" if content is None else content.raw)
    except GoJsonError as error:
        raise Refusal(
            f"unmarshal image config: {error}",
            f"the config {manifest.config.digest} cannot be decoded: {error}",
            BAD_CONFIG,
        ) from None
    if len(layers) != len(config.diff_ids):
        raise Refusal(
            f"number of layers and diffIDs don't match: {len(layers)} != {len(config.diff_ids)}",
            f"the manifest lists {len(layers)} layers, its config {len(config.diff_ids)} diff_ids",
            OTHER_LAYER_COUNT,
        )
    if config.rootfs_type not in ("", "layers"):
        return f"the image is stored, but not unpacked: rootfs.type is {config.rootfs_type!r}"
    if not runs_on(config.platform, question.host):
        return None
    work = Work(question.limits.simulated)
    _extract(store, layers, config.diff_ids, work, privileges_on(question.host))
    return None


def _not_an_image(found: FoundManifest) -> str:
    return f"{found.descriptor.digest} is stored, but not unpacked: it is not a container image"


def _extract(
    store: ContentStore,
    layers: Sequence[Child],
    diff_ids: Sequence[str],
    work: Work,
    privileges: Privileges,
) -> None:
    unpacking = Layers(store, layers)
    for position, (layer, diff_id) in enumerate(zip(layers, diff_ids, strict=True)):
        try:
            digest = unpacking.unpack(position, work, privileges)
        except UnpackError as error:
            raise Refusal(
                f"failed to extract layer ({layer.media_type} {layer.digest}) to overlayfs as "
                f'"extract-<n>-<id> {chain_id(diff_ids[: position + 1])}": {error}',
                f"layer {position} cannot be unpacked: {error}",
                (*LAYER_DAMAGED, *LAYER_NOT_EXTRACTED, "OCI008", "OCI009"),
            ) from None
        if digest != diff_id:
            raise Refusal(
                f"wrong diff id {quote(digest)} calculated on extraction {quote(diff_id)}, "
                f"desc {quote(layer.digest)}",
                f"layer {position} has the diffID {digest}, the config says {diff_id}",
                OTHER_LAYER,
            )
