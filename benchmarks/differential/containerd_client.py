"""containerd 1.6: ``ctr image import``, where the client unpacks (import.go, image.go).

It has no profile; it is compared with the containerd of Debian 12. The importer is that of
containerd 2, but the archive is not decompressed, images without a name are not unpacked, and the
manifest to unpack is selected for each name.
"""

from __future__ import annotations

import re

from checker.model.compression import CompressionKind
from checker.model.limits import Limits
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, Platform, digest_error
from checker.model.work import Work
from checker.verdicts import Engine, Question, Verdict, VerdictOutcome
from checker_engines.answers.refusal import Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.documents import (
    Child,
    ImageManifest,
    check_nature,
    decode_image_of_old,
    decode_index,
    decode_manifest,
)
from checker_engines.containerd.images import check_target, name_of
from checker_engines.containerd.importer import import_index
from checker_engines.containerd.platforms import runs_on
from checker_engines.containerd.stream import conditions_of, stream_error
from checker_engines.containerd.unpack import (
    Layers,
    UnpackError,
    chain_id,
    not_found,
)
from checker_engines.containerd.walk import read_top, walk
from checker_engines.golang.fmt import quote
from checker_engines.golang.json import GoJsonError

_NAME = "containerd-1.6"
_ACTION = "ctr import"
_SHORT_READ = re.compile(r"short read: expected \d+ bytes but got \d+")
_PLAIN = frozenset({CompressionKind.NONE})
NAME_MOVES = (
    "an image whose name another image takes is unpacked before containerd removes its content, "
    "which no name refers to then"
)
"""A condition: which of both comes first differs from run to run."""


def engines() -> tuple[Engine, ...]:
    """The actions that are predicted."""
    return (Engine(_NAME, _ACTION, _judge),)


def _judge(question: Question) -> Verdict:
    outcome, reason, message = VerdictOutcome.ACCEPTS, "the image is stored and unpacked", None
    conditions = conditions_of(question.archive)
    try:
        named = _import(question)
        if len({name for name, _ in named}) < len(named):
            conditions = (*conditions, NAME_MOVES)
        if not named:
            outcome, reason = VerdictOutcome.ACCEPTS_BROKEN, "no image in the archive has a name"
    except Refusal as refusal:
        outcome, reason = VerdictOutcome.REJECTS, refusal.reason
        message = f"ctr: {refusal.message}"
    return Verdict(
        engine=_NAME,
        action=_ACTION,
        outcome=outcome,
        reason=reason,
        message=message,
        conditions=conditions,
        command=f"ctr image import {question.quoted_path}",
    )


def _import(question: Question) -> set[tuple[str, str]]:
    """Import an archive and unpack images with a name; their names and digests."""
    archive, host = question.archive, question.host
    check_is_file(question, f"read {question.quoted_path}: is a directory")
    error = stream_error(archive.compression, archive.tar, archive.size, _PLAIN)
    try:
        imported = import_index(archive, host, error, remote=False, platform_of=_platform_of)
    except Refusal as refusal:
        message = _SHORT_READ.sub("failed to read expected number of bytes", refusal.message)
        raise Refusal(message, refusal.reason, refusal.rules) from None
    top = read_top(imported.top)
    walk(imported, top, _find, lambda child: _is_kept(child, question))
    named = [child for child in top if name_of(child)]
    for child in named:
        check_target(child)
    unpacked: set[str] = set()
    for child in named:
        _unpack(question, imported.store, child, unpacked)
    return {(name_of(child), child.digest) for child in named}


def _platform_of(raw: bytes) -> Platform:
    """The platform of a config, which must match its type completely."""
    return decode_image_of_old(raw).platform


def _is_kept(child: Child, question: Question) -> bool:
    return child.platform is None or runs_on(child.platform, question.host)


def _unpack(question: Question, store: ContentStore, target: Child, unpacked: set[str]) -> None:
    manifest = _manifest_of(question, store, target)
    config = store.get(manifest.config.digest)
    if config is None:
        raise Refusal(
            f"failed to resolve rootfs: {_unread(manifest.config.digest)}",
            f"the config {manifest.config.digest} is not in the archive",
            ("OCI008",),
        )
    try:
        diff_ids = decode_image_of_old(config.raw).diff_ids
    except GoJsonError as error:
        raise Refusal(
            f"failed to resolve rootfs: {error}",
            f"the config {manifest.config.digest} cannot be decoded: {error}",
            ("CFG001",),
        ) from None
    # Layers of any media type count; one without a processor is refused when it is unpacked.
    layers = list(manifest.layers)
    if len(layers) != len(diff_ids):
        raise Refusal(
            "mismatched image rootfs and manifest layers",
            f"the manifest lists {len(layers)} layers, its config {len(diff_ids)} diff_ids",
            ("CFG003",),
        )
    unpacking = Layers(store, layers)
    for position, diff_id in enumerate(diff_ids):
        chain = chain_id(diff_ids[: position + 1])
        if chain not in unpacked:
            _extract(unpacking, position, diff_id)
            unpacked.add(chain)


def _extract(layers: Layers, position: int, diff_id: str) -> None:
    try:
        digest = layers.unpack(position, Work(Limits().simulated))
    except UnpackError as error:
        code = "" if error.missing else ": unknown"
        raise Refusal(
            f"failed to extract layer {diff_id}: {error}{code}",
            f"layer {position} cannot be unpacked: {error}",
        ) from None
    if digest != diff_id:
        raise Refusal(
            f"wrong diff id calculated on extraction {quote(digest)}",
            f"layer {position} has the diffID {digest}, the config says {diff_id}",
            ("LYR001",),
        )


def _manifest_of(question: Question, store: ContentStore, target: Child) -> ImageManifest:
    """The manifest that is unpacked for a name (images/image.go, Manifest).

    Raises:
        Refusal: There is none, or it cannot be reached.
    """
    here, seen = target, {target.digest}
    while here.media_type in INDEX_TYPES:
        content = _checked(store, here)
        fitting = [c for c in decode_index(content.raw) if _is_kept(c, question)]
        # Those with a platform come first; matching ones are equivalent.
        fitting.sort(key=lambda child: child.platform is None)
        if not fitting or fitting[0].digest in seen:
            raise _no_match(target)
        here = fitting[0]
        seen.add(here.digest)
    if here.media_type not in MANIFEST_TYPES:
        raise Refusal(
            f"unexpected media type {here.media_type} for {here.digest}: not found",
            f"{here.digest} is neither an index nor a manifest",
            ("OCI011",),
        )
    manifest = decode_manifest(_checked(store, here).raw)
    if here is not target and here.platform is None and not _config_fits(question, store, manifest):
        raise _no_match(target)
    return manifest


def _find(store: ContentStore, digest: str) -> Content:
    content = store.get(digest)
    if content is None:
        raise Refusal(_unread(digest), f"{digest!r} is not in the archive")
    return content


def _unread(digest: str) -> str:
    """The error of reading missing content: the daemon validates digests (contentserver.go)."""
    if digest_error(digest) is not None:
        return f"{quote(digest)} failed validation: invalid argument"
    return not_found(digest)


def _config_fits(question: Question, store: ContentStore, manifest: ImageManifest) -> bool:
    content = _find(store, manifest.config.digest)
    try:
        config = decode_image_of_old(content.raw)
    except GoJsonError as error:
        raise Refusal(
            str(error), f"the config {manifest.config.digest} cannot be decoded: {error}"
        ) from None
    return runs_on(config.platform, question.host)


def _checked(store: ContentStore, descriptor: Child) -> Content:
    content = store.get(descriptor.digest)
    if content is None:
        raise Refusal(_unread(descriptor.digest), f"{descriptor.digest} is not in the archive")
    try:
        check_nature(content.raw, descriptor.media_type)
    except GoJsonError as error:
        raise Refusal(
            f"manifest: invalid desc {descriptor.digest}: {error}",
            f"{descriptor.digest} does not match its media type {descriptor.media_type}: {error}",
            ("OCI011",),
        ) from None
    return content


def _no_match(target: Child) -> Refusal:
    return Refusal(
        f"no match for platform in manifest {target.digest}: not found",
        f"the index {target.digest} has no image for this platform",
    )
